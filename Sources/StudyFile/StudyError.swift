public import TuningTypes

/// What is wrong with a study, where, and what to do about it: one line for a person.
public struct StudyError: UserError, Hashable, Sendable {
  /// The file at fault, or the option (`--set budget.time`).
  public var source: String
  public var line: Int?
  /// The key at fault as a path from the top, such as `search_space.learning_rate.min`.
  public var key: String?
  public var problem: String
  public var advice: String

  public init(source: String, line: Int? = nil, key: String? = nil, problem: String, advice: String) {
    self.source = source
    self.line = line
    self.key = key
    self.problem = problem
    self.advice = advice
  }

  public var description: String {
    var text = source
    if let line { text += ":\(line)" }
    text += ": "
    if let key { text += "\(key): " }
    return "\(text)\(problem). \(advice)"
  }
}
