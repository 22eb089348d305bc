/// The value of one hyperparameter.
public enum ParameterValue: Hashable, Sendable {
  case integer(Int)
  case real(Double)
  case text(String)
  case flag(Bool)

  /// The value as a number, if it is one.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .text, .flag: nil
    }
  }

  /// The value as a whole number, if it is one exactly (`4` and `4.0` are).
  public var wholeNumber: Int? {
    switch self {
    case .integer(let value): value
    case .real(let value): Int(exactly: value)
    case .text, .flag: nil
    }
  }
}

extension ParameterValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .integer(let value): String(value)
    case .real(let value): String(value)
    case .text(let value): value
    case .flag(let value): String(value)
    }
  }
}

extension ParameterValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByBooleanLiteral
{
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
  public init(stringLiteral value: String) { self = .text(value) }
  public init(booleanLiteral value: Bool) { self = .flag(value) }
}

/// Values for the hyperparameters of one trial, in the order of the search space.
///
/// A conditional hyperparameter whose condition does not hold is absent. What all configurations of a search space have in
/// common, the names and the listed values, stands in one place; a configuration itself is a row of plain numbers, so that
/// to draw one, to copy it and to drop it costs little.
// @unchecked: nobody but the draft that makes a row writes to it, and no draft is left when a configuration is there.
public struct Configuration: @unchecked Sendable {
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let value: ParameterValue

    public init(_ name: String, _ value: ParameterValue) {
      self.name = name
      self.value = value
    }
  }

  @usableFromInline let row: Row

  @inlinable init(_ row: Row) { self.row = row }

  /// The configuration of these values, in this order.
  public init(_ entries: [Entry] = []) {
    guard !entries.isEmpty else {
      self = .none
      return
    }
    let parameters = entries.map { entry in
      Layout.Parameter(name: entry.name, values: entry.value.number == nil ? [entry.value] : [])
    }
    var draft = Draft(of: Layout(parameters))
    for (position, entry) in entries.enumerated() {
      draft[position] = draft.layout.cell(of: entry.value, at: position) ?? .absent
    }
    self = draft.finish()
  }

  /// The configuration of no values: that of a job that goes on has none of its own.
  private static let none = Configuration(Row.make(.empty) { _ in .absent })

  /// The values of the active hyperparameters, with their names. O(number of hyperparameters).
  public var entries: [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(layout.count)
    for position in 0..<layout.count {
      if let value = layout.value(of: self[position], at: position) {
        entries.append(Entry(layout.parameters[position].name, value))
      }
    }
    return entries
  }

  /// The value of the hyperparameter `name`, or nil where the configuration has none. O(number of hyperparameters).
  public subscript(name: String) -> ParameterValue? {
    guard let position = layout.parameters.firstIndex(where: { $0.name == name }) else { return nil }
    return layout.value(of: self[position], at: position)
  }
}

extension Configuration: Hashable {
  public static func == (a: Configuration, b: Configuration) -> Bool {
    if a.row === b.row { return true }
    guard a.layout === b.layout else { return a.entries == b.entries }
    return (0..<a.layout.count).allSatisfy { a[$0] == b[$0] }
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

extension Configuration: ExpressibleByDictionaryLiteral, CustomStringConvertible {
  public init(dictionaryLiteral elements: (String, ParameterValue)...) {
    self.init(elements.map { Entry($0.0, $0.1) })
  }

  public var description: String {
    entries.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
  }
}
