internal import Randomness
internal import SuccessiveHalving
public import TuningTypes

/// The best result so far.
public struct Incumbent: Hashable, Sendable {
  public let job: Job
  public let loss: Loss
  public let report: TrainingReport

  public init(job: Job, loss: Loss, report: TrainingReport) {
    self.job = job
    self.loss = loss
    self.report = report
  }
}

extension Tuner {
  /// How much has happened.
  public struct Counts: Hashable, Sendable {
    /// Trials started, without those whose configuration was invalid.
    public internal(set) var configurations = 0
    /// Jobs dispatched, tries again included.
    public internal(set) var jobs = 0
    public internal(set) var results = 0
    /// Jobs that ended without a result, each try counted.
    public internal(set) var failures = 0
    /// Seconds of training behind the results, over all workers.
    public internal(set) var trainingSeconds = 0.0
    /// Units of resource behind the results.
    public internal(set) var trainedUnits = 0
    /// Why the last failed job failed.
    public internal(set) var lastFailure: String?
  }

  /// A job that has not ended: in flight, or waiting to be tried again.
  ///
  /// Numbers alone, which cost nothing to copy; the configuration follows from the trial. See ``Tuner/job(of:)``.
  struct JobRecord: Sendable {
    let id: JobID
    let assignment: Assignment
    /// Which try this is, from 1.
    var attempt = 1
    /// Where it failed last.
    var lastWorker: WorkerID?
  }

  struct WorkerRecord: Sendable {
    enum State: Hashable, Sendable {
      case absent
      case idle
      case running
      case setAside
      case lost

      var isInService: Bool {
        switch self {
        case .idle, .running: true
        case .absent, .setAside, .lost: false
        }
      }
    }

    var state = State.absent
    /// The job in flight, while the worker is running.
    var job: JobRecord?
    var failuresInARow = 0
    /// The study's successes when this worker's run of failures began.
    var successesElsewhereBefore = 0
  }
}
