public import TuningTypes

/// Turns a configuration, a resource and a checkpoint into a validation loss.
///
/// A trainer belongs to one worker, which gives it one job at a time, on a thread of its own.
public protocol Trainer: Sendable {
  /// Trains one trial up to `job.resource` and evaluates it.
  ///
  /// Training continues from the trial's checkpoint where there is a sound one, and leaves one behind. Continuing gives
  /// bit for bit what training in one go gives.
  ///
  /// - Throws: ``TrainingFailure``; any other error counts as ``TrainingFailure/failed(_:)``.
  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport

  /// No job comes any more: ends whatever the trainer kept going between jobs. Called once, where ``train(_:in:)`` was.
  func finish()

  /// Training takes microseconds, so that handing it to another thread would cost more than it does.
  var finishesInstantly: Bool { get }
}

extension Trainer {
  public func finish() {}
  public var finishesInstantly: Bool { false }
}

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
    _ job: Job, in folder: StudyFolder, worker: WorkerID, localWorker: Int,
    isInterrupted: @escaping @Sendable () -> Bool, warn: @escaping @Sendable (String) -> Void
  ) {
    checkpoint = folder.checkpoints.slot(for: job.trial)
    self.worker = worker
    self.localWorker = localWorker
    logPath = folder.log(of: job)
    studyFolder = folder.path
    interruption = isInterrupted
    warning = warn
  }

  /// The study wants the job to stop: checkpoint at the next unit of resource and throw
  /// ``TrainingFailure/interrupted``.
  public var isInterrupted: Bool { interruption() }

  /// Tells the person who runs the study of something that is odd but no failure.
  public func warn(_ message: String) { warning(message) }
}

/// What a trainer reports of one job.
public struct TrainingReport: Hashable, Sendable {
  public struct Metric: Hashable, Sendable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// The validation loss; lower is better. NaN or infinite says that training diverged.
  public var loss: Double
  public var metrics: [Metric]
  /// How the loss went on the way there, where the trainer knows.
  public var curve: LearningCurve

  public init(loss: Double, metrics: [Metric] = [], curve: LearningCurve = LearningCurve()) {
    self.loss = loss
    self.metrics = metrics
    self.curve = curve
  }
}

/// The ways in which a job ends without a loss.
public enum TrainingFailure: Error, Hashable, Sendable {
  /// This configuration makes no sense; it is replaced by another and never tried again.
  case invalid(String)
  /// Something broke; the job is tried again.
  case failed(String)
  /// Stopped because the study asked; the checkpoint holds what was trained.
  case interrupted
}

/// A trainer as the study file describes it, before it exists on any worker.
public protocol TrainerPlan: Sendable {
  /// The metrics that a report will carry besides the loss, or nil if only running it can tell.
  var metricNames: [String]? { get }

  /// What a unit of resource is, in the plural: `epochs`.
  var resourceUnit: String { get }

  /// Reads whatever all workers share, once for the whole study, on rank 0.
  ///
  /// - Throws: ``StudyError``, or another ``UserError``, where the data is unusable.
  func loadSharedData() throws -> [UInt8]

  /// The same, for a person who is there: `note` is told what was done to the data, such as rows left out.
  func loadSharedData(note: (String) -> Void) throws -> [UInt8]

  /// Makes the trainer of one worker, on the worker's own node.
  ///
  /// - Parameter sharedData: what ``loadSharedData()`` gave, in memory that all ranks of a node share.
  /// - Throws: where no trial could succeed there, such as ``StudyError`` for a program that is missing.
  func makeTrainer(sharedData: SharedMemory) throws -> any Trainer

  /// Writes the best trial's model into `folder`, for `predict`, and measures what a study should see only once, such
  /// as the test error. Nothing where the trainer keeps no model, or its checkpoint is a folder.
  func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedMemory, folder: String) throws
    -> [TrainingReport.Metric]

  /// What a person needs to train a job by hand: its seed as the trainer was given it and, where the trainer is another
  /// program, a line for a shell. Stands in `best/configuration.json` and the summary.
  func instructions(for job: Job) -> [JSONValue.Member]

  /// What a simulated study runs in the trainer's place; nil where nothing but training can tell losses and times.
  func makeSimulatedTrainer(sharedData: SharedMemory) throws -> (any SimulatedTrainer)?
}

extension TrainerPlan {
  public var metricNames: [String]? { nil }
  public var resourceUnit: String { "units" }
  public func loadSharedData() throws -> [UInt8] { [] }
  public func loadSharedData(note: (String) -> Void) throws -> [UInt8] { try loadSharedData() }
  public func instructions(for job: Job) -> [JSONValue.Member] { job.seedInstruction }

  public func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedMemory, folder: String) throws
    -> [TrainingReport.Metric]
  { [] }

  public func makeSimulatedTrainer(sharedData: SharedMemory) throws -> (any SimulatedTrainer)? { nil }
}

/// Read-only memory that somebody else keeps alive.
// @unchecked: the memory is never written after it was shared, and `owner` keeps it mapped.
public struct SharedMemory: @unchecked Sendable {
  public let bytes: UnsafeRawBufferPointer
  public let owner: AnyObject

  public init(bytes: UnsafeRawBufferPointer, owner: AnyObject) {
    self.bytes = bytes
    self.owner = owner
  }

  /// Shares a copy of `bytes` within this process.
  public init(copying bytes: [UInt8]) {
    final class Storage {
      let buffer: UnsafeMutableRawBufferPointer
      init(_ bytes: [UInt8]) {
        buffer = .allocate(byteCount: bytes.count, alignment: 64)
        buffer.copyBytes(from: bytes)
      }
      deinit { buffer.deallocate() }
    }
    let storage = Storage(bytes)
    self.init(bytes: UnsafeRawBufferPointer(storage.buffer), owner: storage)
  }
}
