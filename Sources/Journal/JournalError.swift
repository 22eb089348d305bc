public import TuningTypes

/// A journal that cannot be read, and where.
public struct JournalError: UserError, Hashable, Sendable {
  public var path: String
  public var line: Int
  public var problem: String
  /// What to do about it, where there is something to do.
  public var advice: String?

  public init(path: String, line: Int, problem: String, advice: String? = nil) {
    self.path = path
    self.line = line
    self.problem = problem
    self.advice = advice
  }

  public var description: String { "\(path):\(line): \(problem)" + (advice.map { ". \($0)" } ?? "") }
}
