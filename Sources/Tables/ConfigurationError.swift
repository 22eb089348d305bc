/// A hyperparameter that makes no sense.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The hyperparameter's name, as in a study file.
  public var key: String
  public var value: String
  /// What it has to be.
  public var rule: String

  public init(key: String, value: String, rule: String) {
    self.key = key
    self.value = value
    self.rule = rule
  }

  public var description: String { "\(key) is \(value): it must be \(rule)." }
}
