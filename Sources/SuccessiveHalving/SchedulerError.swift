/// Why a ladder or a scheduler cannot be: the key of the study file at fault, what is wrong with it, and what to do.
///
/// The caller, which knows file and line, completes the message.
public struct SchedulerError: Error, Hashable, Sendable {
  /// A key of the study file. All but `configurations`, which stands under `budget`, stand under `scheduler`.
  public enum Key: String, Hashable, Sendable {
    case algorithm
    case minResource = "min_resource"
    case maxResource = "max_resource"
    case reductionFactor = "reduction_factor"
    case earlyStoppingRate = "early_stopping_rate"
    case resources
    case promotion
    case configurations
    case brackets
    case bracketSize = "bracket_size"
    case topCount = "top_k"
    case minTrials = "min_trials"
    case stopProbability = "stop_probability"
  }

  public let key: Key
  /// What is wrong, with the value: "must be at least 2, and is 1".
  public let problem: String
  /// What to do about it, as a sentence.
  public let advice: String

  public init(_ key: Key, _ problem: String, advice: String) {
    self.key = key
    self.problem = problem
    self.advice = advice
  }
}

extension SchedulerError: CustomStringConvertible {
  public var description: String { "\(key.rawValue): \(problem). \(advice)" }
}
