extension Configuration {
  /// The number that a hyperparameter has.
  ///
  /// - Throws: ``HyperparameterError`` where the configuration has none of that name, or it is no number.
  public func number(_ name: String) throws(HyperparameterError) -> Double {
    guard let number = try value(name).number else { throw wrong(name, "a number") }
    return number
  }

  /// The whole number that a hyperparameter has.
  ///
  /// - Throws: ``HyperparameterError`` where the configuration has none of that name, or it is no whole number.
  public func integer(_ name: String) throws(HyperparameterError) -> Int {
    guard let number = try value(name).wholeNumber else { throw wrong(name, "a whole number") }
    return number
  }

  /// The text that a hyperparameter has.
  ///
  /// - Throws: ``HyperparameterError`` where the configuration has none of that name, or it is no text.
  public func text(_ name: String) throws(HyperparameterError) -> String {
    guard case .text(let text) = try value(name) else { throw wrong(name, "a text") }
    return text
  }

  /// Whether a hyperparameter is true.
  ///
  /// - Throws: ``HyperparameterError`` where the configuration has none of that name, or it is neither true nor false.
  public func flag(_ name: String) throws(HyperparameterError) -> Bool {
    guard case .flag(let flag) = try value(name) else { throw wrong(name, "true or false") }
    return flag
  }

  private func value(_ name: String) throws(HyperparameterError) -> ParameterValue {
    if let value = self[name] { return value }
    let names = entries.map(\.name)
    let advice = nearestName(to: name, among: names).map { "Did you mean '\($0)'?" }
    throw HyperparameterError(
      name: name, problem: "the configuration has no such hyperparameter",
      advice: advice ?? "It has: \(names.joined(separator: ", ")).")
  }

  private func wrong(_ name: String, _ kind: String) -> HyperparameterError {
    HyperparameterError(
      name: name, problem: "is '\(self[name]?.description ?? "")', not \(kind)",
      advice: "Look at its domain in search_space.")
  }
}

/// A hyperparameter that a trainer asks for, and that the search space does not have like that.
public struct HyperparameterError: UserError, Hashable, Sendable {
  public let name: String
  public let problem: String
  public let advice: String

  public var description: String { "\(name): \(problem). \(advice)" }
}
