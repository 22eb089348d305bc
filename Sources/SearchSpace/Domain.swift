public import TuningTypes

/// The values that a hyperparameter may take, and how [0, 1) maps onto them.
public enum Domain: Hashable, Sendable {
  case float(FloatDomain)
  case integer(IntegerDomain)
  /// Values without an order. ``SearchSpace`` rejects an empty list and values that occur twice.
  case categorical([ParameterValue])
  /// Values from low to high. ``SearchSpace`` rejects an empty list and values that occur twice.
  case ordinal([ParameterValue])

  /// How the range between `min` and `max` is measured.
  public enum Scale: String, Hashable, Sendable, CaseIterable {
    case linear
    /// Equal factors are equally likely.
    case log
  }

  /// The value at `unit` in [0, 1): uniform numbers give values that are uniform on the domain's scale. O(1).
  ///
  /// - Precondition: `unit` is in [0, 1), and a list of values isn't empty.
  public func value(at unit: Double) -> ParameterValue {
    switch DrawingRule(self).cell(at: unit) {
    case .real(let number): .real(number)
    case .integer(let number): .integer(number)
    case .listed(let position): listedValues[position]
    case .absent: preconditionFailure("every domain has a value everywhere")
    }
  }

  /// The values of a list; empty where there is a range.
  var listedValues: [ParameterValue] {
    switch self {
    case .float, .integer: []
    case .categorical(let values), .ordinal(let values): values
    }
  }

  /// Whether `value` is in the domain, in whatever form: 4.0 is in a domain of whole numbers.
  public func contains(_ value: ParameterValue) -> Bool { normalized(value) != nil }

  /// The domain's own form of `value` (`64` is 64.0 in a float domain, `4.0` is 4 in one of whole numbers, a stepped
  /// value that is off by rounding is put right), or nil where the domain doesn't hold it. O(number of listed values).
  public func normalized(_ value: ParameterValue) -> ParameterValue? {
    switch self {
    case .float(let domain): value.number.flatMap(domain.normalized).map(ParameterValue.real)
    case .integer(let domain): value.wholeNumber.flatMap(domain.normalized).map(ParameterValue.integer)
    case .categorical(let values), .ordinal(let values): values.first { $0.isSame(as: value) }
    }
  }

  /// Equally spaced values, lowest first, both ends included; a single level is the middle.
  ///
  /// - Parameter levels: how many; nil for the domain's own grid: every listed, stepped or constant value, and whole
  ///   numbers where they are at most ``IntegerDomain/naturalGridLimit``. Fewer come back where the domain has fewer,
  ///   or where neighbours round to the same whole number.
  /// - Throws: ``SearchSpaceError`` (`levels`) where nil leaves the number open, or where it is not in 1…100,000, or
  ///   where a categorical domain is to be thinned out.
  public func grid(levels: Int?) throws(SearchSpaceError) -> [ParameterValue] {
    if let levels, !(1...Self.mostLevels).contains(levels) {
      throw SearchSpaceError(
        key: "levels", problem: "\(levels) levels are not possible",
        advice: "give a whole number from 1 to \(Self.mostLevels)")
    }
    switch self {
    case .float(let domain): return try domain.grid(levels: levels).map(ParameterValue.real)
    case .integer(let domain): return try domain.grid(levels: levels).map(ParameterValue.integer)
    case .ordinal(let values):
      return Self.spread(levels ?? values.count, over: values.count).map { values[$0] }
    case .categorical(let values):
      guard let levels, levels != values.count else { return values }
      throw SearchSpaceError(
        key: "levels", problem: "a categorical hyperparameter has no \(levels) equally spaced levels",
        advice: "leave its levels out (all \(values.count) values are tried), or list fewer values")
    }
  }

  /// A range with no step between its values: hitting one value exactly is pure luck.
  var isContinuous: Bool {
    if case .float(let domain) = self { domain.step == nil && domain.min < domain.max } else { false }
  }

  /// What the domain's own type can't ensure: that listed values are some, finite and different.
  func check() throws(SearchSpaceError) {
    let values: [ParameterValue]
    switch self {
    case .float, .integer: return
    case .categorical(let listed), .ordinal(let listed): values = listed
    }
    guard !values.isEmpty else {
      throw SearchSpaceError(key: "values", problem: "the list of values is empty", advice: "list at least one value")
    }
    var seen: [Identity: ParameterValue] = [:]
    for value in values {
      if case .real(let number) = value, !number.isFinite {
        throw SearchSpaceError(
          key: "values", problem: "\(value) is not a finite number", advice: "leave it out or quote it as text")
      }
      if let twin = seen.updateValue(value, forKey: Identity(value)) {
        throw SearchSpaceError(
          key: "values", problem: "\(value.quoted) occurs twice" + (twin == value ? "" : " (as \(twin.quoted))"),
          advice: "list every value once")
      }
    }
  }
}

extension Domain {
  static let mostLevels = 100_000

  /// Which of `count` equal parts of [0, 1) holds `unit`.
  static func slot(at unit: Double, of count: Int) -> Int {
    precondition(unit >= 0 && unit < 1, "a point of the search space has its coordinates in [0, 1)")
    return Swift.min(Int(unit * Double(count)), count - 1)
  }

  /// At most `levels` equally spaced positions in 0..<count, both ends included, ascending, each once.
  static func spread(_ levels: Int, over count: Int) -> [Int] {
    guard levels < count else { return Array(0..<count) }
    guard levels > 1 else { return [(count - 1) / 2] }
    return (0..<levels).map { level in
      // Rounded to nearest; full width, as level · (count − 1) may pass 2⁶³.
      let product = level.multipliedFullWidth(by: count - 1)
      let (quotient, remainder) = (levels - 1).dividingFullWidth(product)
      return quotient + (remainder * 2 >= levels - 1 ? 1 : 0)
    }
  }
}

/// What is equal for values that are the same as a person reads them; see ``ParameterValue/isSame(as:)``.
private enum Identity: Hashable {
  case number(Double, whole: Int?)
  case other(ParameterValue)

  init(_ value: ParameterValue) {
    self = value.number.map { .number($0, whole: value.wholeNumber) } ?? .other(value)
  }
}

extension ParameterValue {
  /// Equal as a person reads them: numbers by what they amount to, everything else exactly.
  func isSame(as other: ParameterValue) -> Bool {
    if self == other { return true }
    guard let a = number, let b = other.number else { return false }
    return a == b && wholeNumber == other.wholeNumber
  }

  /// As it stands in a message: text in quotation marks, so that "4" and 4 differ.
  var quoted: String {
    if case .text(let text) = self { "\"\(text)\"" } else { description }
  }
}
