public import TuningTypes

/// What a trainer has around it while it works on one job.
public struct TrainingContext: Sendable {
  /// Where this trial's checkpoint lies.
  public let checkpoint: CheckpointSlot
  public let worker: WorkerID
  /// The worker's number on its own node, from 0.
  public let localWorker: Int
  /// The file for what a trainer that is another program has to say about this job; nil where nobody wants it.
  public let logPath: String?
  /// The study's folder, where the log lies below it.
  package let studyFolder: String?
  /// How many workers its node has.
  package let localWorkers: Int
  /// This rank among those that are the worker.
  public let rank: WorkerRank
  /// How to join the job that the worker's first rank has begun; nil on that one.
  package let rendezvous: Rendezvous?
  /// A program that has served jobs before is to be replaced: others that it works with may be gone.
  package let renews: Bool
  private let demanded: @Sendable () -> JobDemand
  private let warning: @Sendable (String) -> Void
  private let progress: @Sendable (Double, TrainingReport) -> Void
  private let meeting: @Sendable (Rendezvous) -> Void

  public init(
    checkpoint: CheckpointSlot, worker: WorkerID, localWorker: Int, rank: WorkerRank = .alone(on: "localhost"),
    logPath: String? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    warn: @escaping @Sendable (String) -> Void = { _ in },
    progress: @escaping @Sendable (_ resource: Double, TrainingReport) -> Void = { _, _ in }
  ) {
    self.checkpoint = checkpoint
    self.worker = worker
    self.localWorker = localWorker
    self.rank = rank
    localWorkers = 1
    self.logPath = logPath
    studyFolder = nil
    rendezvous = nil
    renews = false
    demanded = { isInterrupted() ? .interruption : .none }
    warning = warn
    self.progress = progress
    meeting = { _ in }
  }

  /// What surrounds a job of a study that has a folder.
  package init(
    checkpoint: CheckpointSlot, worker: WorkerID, localWorker: Int, of localWorkers: Int, rank: WorkerRank,
    rendezvous: Rendezvous?, renews: Bool, logPath: String, studyFolder: String,
    demand: @escaping @Sendable () -> JobDemand, warn: @escaping @Sendable (String) -> Void,
    progress: @escaping @Sendable (Double, TrainingReport) -> Void,
    meet: @escaping @Sendable (Rendezvous) -> Void
  ) {
    self.checkpoint = checkpoint
    self.worker = worker
    self.localWorker = localWorker
    self.localWorkers = localWorkers
    self.rank = rank
    self.rendezvous = rendezvous
    self.renews = renews
    self.logPath = logPath
    self.studyFolder = studyFolder
    demanded = demand
    warning = warn
    self.progress = progress
    meeting = meet
  }

  /// Says what the loss is after so many units of resource, counted from the trial's start.
  ///
  /// Where the study stops trials early, it decides by what is reported at the rungs, and a trial that has lost ends here: its
  /// last report is its result. Report what is cheap to know, as often as that is: what is between the rungs travels at most ten
  /// times a second. Everything reported is the result's learning curve, unless the trainer returns one.
  ///
  /// - Throws: ``TrainingFailure/interrupted`` where the job is to stop. Save the checkpoint before the report.
  public func report(_ resource: Double, loss: Double, metrics: [TrainingReport.Metric] = [])
    throws(TrainingFailure)
  {
    note(resource, TrainingReport(loss: loss, metrics: metrics))
    if isInterrupted { throw .interrupted }
  }

  /// The same for those that look at ``isInterrupted`` themselves.
  package func note(_ resource: Double, _ report: TrainingReport) { progress(resource, report) }

  /// The study wants the job to stop: checkpoint at the next unit of resource and throw
  /// ``TrainingFailure/interrupted``.
  public var isInterrupted: Bool { demanded() != .none }

  /// What is asked of the job, for those that tell the ways to end apart.
  package var demand: JobDemand { demanded() }

  /// Has the worker's other ranks join the job. On the first rank, once a job.
  package func meet(_ rendezvous: Rendezvous) { meeting(rendezvous) }

  /// Tells the person who runs the study of something that is odd but no failure.
  public func warn(_ message: String) { warning(message) }
}
