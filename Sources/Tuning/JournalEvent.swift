public import TuningTypes

/// One line of the journal. Times are seconds since the study began.
public enum JournalEvent: Hashable, Sendable {
  /// The header: what the study is, as JSON.
  case study(JSONValue)
  case dispatch(Job, worker: WorkerID, time: Double)
  case result(Result)
  case failure(Failure)
  /// The study goes on after it was interrupted, with so many workers, and these `key=value` pairs besides those that it
  /// had.
  case resume(time: Double, workers: Int? = nil, overrides: [String] = [])
  /// From here on no job starts that trains more than this, since there is not the time; nil: any may.
  case horizon(Resource?, time: Double)
  case stop(StopReason, time: Double)

  public static let version = 1

  /// A trial has reached a rung.
  public struct Result: Hashable, Sendable {
    public var job: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    public var rung: RungIndex
    public var resource: Resource
    public var worker: WorkerID
    public var loss: Loss
    /// How long the worker took.
    public var seconds: Double
    public var time: Double
    public var metrics: [TrainingReport.Metric]
    public var curve: LearningCurve
  }

  /// A job has ended without a loss.
  public struct Failure: Hashable, Sendable {
    public var job: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    public var rung: RungIndex
    public var worker: WorkerID
    public var attempt: Int
    public var kind: FailureKind
    /// No try is left.
    public var isFinal: Bool
    public var reason: String
    public var time: Double
  }
}

public enum FailureKind: String, Hashable, Sendable, CaseIterable { case failed, invalid }

/// Why a study ends.
public enum StopReason: String, Hashable, Sendable, CaseIterable {
  /// The configurations are used up and every promotion is done.
  case configurations
  case time
  case target
  /// Nearly every configuration makes no sense to the trainer.
  case invalid
  /// Somebody has asked for it.
  case signal
  /// The end of the batch job, or of the time that the command line gives, is near.
  case walltime
  /// No worker is left.
  case workers

  /// The study is done, as opposed to stopped on the way.
  public var isFinished: Bool {
    switch self {
    case .configurations, .time, .target, .invalid: true
    case .signal, .walltime, .workers: false
    }
  }
}
