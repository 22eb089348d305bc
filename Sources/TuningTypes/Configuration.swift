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
/// A conditional hyperparameter whose condition does not hold is absent.
public struct Configuration: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let name: String
    public let value: ParameterValue

    public init(_ name: String, _ value: ParameterValue) {
      self.name = name
      self.value = value
    }
  }

  public var entries: [Entry]

  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// The value of the hyperparameter `name`, or nil where the configuration has none. O(number of hyperparameters).
  public subscript(name: String) -> ParameterValue? {
    for entry in entries where entry.name == name { return entry.value }
    return nil
  }
}

extension Configuration: ExpressibleByDictionaryLiteral, CustomStringConvertible {
  public init(dictionaryLiteral elements: (String, ParameterValue)...) {
    self.init(elements.map { Entry($0.0, $0.1) })
  }

  public var description: String {
    entries.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
  }
}
