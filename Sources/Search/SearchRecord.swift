public import SearchSpace
public import TuningTypes

/// What the search has decided, or what has come of it, as the journal records it: enough to make the tuner again, see
/// ``Tuner/replay(_:)``. Times are seconds since the study began.
public enum SearchRecord: Hashable, Sendable {
  case dispatch(Job, worker: WorkerID, time: Double)
  case result(Result)
  /// A trial has reported at a rung while it trains.
  case report(Report)
  case failure(Failure)
  /// The study goes on after it was interrupted, with so many workers, and these `key=value` pairs besides those that it
  /// had.
  case resume(time: Double, workers: Int? = nil, overrides: [String] = [], site: RunSite = RunSite())
  /// From here on no job starts that trains more than this, since there is not the time; nil: any may.
  case horizon(Resource?, time: Double)
  /// A model that was made beside the search suggests what is tried next.
  case model(ModelAnswer, time: Double)
  case stop(StopReason, time: Double)

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

    package init(
      job: JobID, trial: TrialID, bracket: BracketIndex, rung: RungIndex, resource: Resource, worker: WorkerID,
      loss: Loss, seconds: Double, time: Double, metrics: [TrainingReport.Metric], curve: LearningCurve
    ) {
      (self.job, self.trial, self.bracket, self.rung) = (job, trial, bracket, rung)
      (self.resource, self.worker, self.loss) = (resource, worker, loss)
      (self.seconds, self.time, self.metrics, self.curve) = (seconds, time, metrics, curve)
    }
  }

  /// What a trial reported at a rung, or beyond it, while its job trained on.
  public struct Report: Hashable, Sendable {
    public var job: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    public var rung: RungIndex
    /// What the trial had been trained to when it reported, in whole units: at least the rung's resource.
    public var resource: Resource
    public var worker: WorkerID
    public var loss: Loss
    /// The trial has lost: its job is told to stop, and this report is its result.
    public var isStopped: Bool
    public var time: Double
    public var metrics: [TrainingReport.Metric]

    package init(
      job: JobID, trial: TrialID, bracket: BracketIndex, rung: RungIndex, resource: Resource, worker: WorkerID,
      loss: Loss, isStopped: Bool, time: Double, metrics: [TrainingReport.Metric]
    ) {
      (self.job, self.trial, self.bracket, self.rung) = (job, trial, bracket, rung)
      (self.resource, self.worker, self.loss, self.isStopped) = (resource, worker, loss, isStopped)
      (self.time, self.metrics) = (time, metrics)
    }
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

    package init(
      job: JobID, trial: TrialID, bracket: BracketIndex, rung: RungIndex, worker: WorkerID, attempt: Int,
      kind: FailureKind, isFinal: Bool, reason: String, time: Double
    ) {
      (self.job, self.trial, self.bracket, self.rung, self.worker) = (job, trial, bracket, rung, worker)
      (self.attempt, self.kind, self.isFinal) = (attempt, kind, isFinal)
      (self.reason, self.time) = (reason, time)
    }
  }
}
