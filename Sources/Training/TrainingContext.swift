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
  private let interruption: @Sendable () -> Bool
  private let warning: @Sendable (String) -> Void

  public init(
    checkpoint: CheckpointSlot, worker: WorkerID, localWorker: Int, logPath: String? = nil,
    isInterrupted: @escaping @Sendable () -> Bool = { false },
    warn: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.checkpoint = checkpoint
    self.worker = worker
    self.localWorker = localWorker
    self.logPath = logPath
    studyFolder = nil
    interruption = isInterrupted
    warning = warn
  }

  /// What surrounds a job of a study that has a folder.
  package init(
    checkpoint: CheckpointSlot, worker: WorkerID, localWorker: Int, logPath: String, studyFolder: String,
    isInterrupted: @escaping @Sendable () -> Bool, warn: @escaping @Sendable (String) -> Void
  ) {
    self.checkpoint = checkpoint
    self.worker = worker
    self.localWorker = localWorker
    self.logPath = logPath
    self.studyFolder = studyFolder
    interruption = isInterrupted
    warning = warn
  }

  /// The study wants the job to stop: checkpoint at the next unit of resource and throw
  /// ``TrainingFailure/interrupted``.
  public var isInterrupted: Bool { interruption() }

  /// Tells the person who runs the study of something that is odd but no failure.
  public func warn(_ message: String) { warning(message) }
}
