/// Why a study ends.
public enum StopReason: String, Hashable, Sendable, CaseIterable {
  /// The configurations are used up and every promotion is done.
  case configurations
  case time
  case target
  /// Nearly every configuration makes no sense to the trainer.
  case invalid
  /// Jobs failed, one after the other, and none has ever succeeded.
  case failures
  /// Somebody has asked for it.
  case signal
  /// The end of the batch job, or of the time that the command line gives, is near.
  case walltime
  /// No worker is left.
  case workers
  /// The place where it runs has a fault, such as a full disk. A journal never says so: it can't be written then.
  case place

  /// The study is done, as opposed to stopped on the way.
  public var isFinished: Bool {
    switch self {
    case .configurations, .time, .target, .invalid: true
    case .failures, .signal, .walltime, .workers, .place: false
    }
  }
}
