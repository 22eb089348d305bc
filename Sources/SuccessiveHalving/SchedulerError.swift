/// Why a ladder or a scheduler cannot be: the key of the study file at fault, what is wrong with it, and what to do.
///
/// The caller, which knows file and line, completes the message.
public struct SchedulerError: Error, Hashable, Sendable {
  /// A key of the study file. All but `configurations`, which stands under `budget`, stand under `scheduler`. Keys that only
  /// some schedulers have are those of their options (``SchedulerOption``).
  public struct Key: RawRepresentable, Hashable, Sendable {
    public static let minResource = Key("min_resource")
    public static let maxResource = Key("max_resource")
    public static let reductionFactor = Key("reduction_factor")
    public static let earlyStoppingRate = Key("early_stopping_rate")
    public static let resources = Key("resources")
    public static let promotion = Key("promotion")
    public static let configurations = Key("configurations")

    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    init(_ name: String) { self.init(rawValue: name) }
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
