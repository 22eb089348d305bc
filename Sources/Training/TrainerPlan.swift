public import Files
public import Text
public import TuningTypes

/// A trainer as the study file describes it, before it exists on any worker.
public protocol TrainerPlan: Sendable {
  /// The metrics that a report will carry besides the loss, or nil if only running it can tell.
  var metricNames: [String]? { get }

  /// Whether the trainer reports losses while it trains, with ``TrainingContext/report(_:loss:metrics:)``: then a stopping-type
  /// scheduler trains each trial in one job, and stops it when it loses. Nil if only running it can tell.
  var reportsWhileTraining: Bool? { get }

  /// Whether what a trainer takes to start is spent on every job, as by a program that trains one job, and not on its first alone.
  var startsWithEachJob: Bool { get }

  /// What becomes of the ranks of a worker that has several (`worker: {ranks: 2}`).
  var useOfRanks: RankUse { get }

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
  func makeTrainer(sharedData: SharedBytes) throws -> sending any Trainer

  /// Writes the best trial's model into `folder`, for `predict`, and measures what a study should see only once, such
  /// as the test error. Nothing where the trainer keeps no model, or its checkpoint is a folder.
  func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedBytes, folder: String) throws
    -> [TrainingReport.Metric]

  /// What a person needs to train a job by hand: its seed as the trainer was given it and, where the trainer is another
  /// program, a line for a shell. Stands in `best/configuration.json` and the summary.
  func instructions(for job: Job) -> [JSONValue.Member]

  /// What a simulated study runs in the trainer's place; nil where nothing but training can tell losses and times.
  func makeSimulatedTrainer(sharedData: SharedBytes) throws -> (any SimulatedTrainer)?
}

extension TrainerPlan {
  public var metricNames: [String]? { nil }
  public var reportsWhileTraining: Bool? { nil }
  public var startsWithEachJob: Bool { false }
  public var useOfRanks: RankUse { .one }
  public var resourceUnit: String { "units" }
  public func loadSharedData() throws -> [UInt8] { [] }
  public func loadSharedData(note: (String) -> Void) throws -> [UInt8] { try loadSharedData() }
  public func instructions(for job: Job) -> [JSONValue.Member] { job.seedInstruction }

  public func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedBytes, folder: String) throws
    -> [TrainingReport.Metric]
  { [] }

  public func makeSimulatedTrainer(sharedData: SharedBytes) throws -> (any SimulatedTrainer)? { nil }
}

/// What a trainer makes of the ranks that are one worker.
public struct RankUse: Hashable, Sendable {
  private let number: Int

  /// A worker is one rank.
  public static let one = RankUse(number: 0)
  /// The first rank trains, on the cores of all of them; the others sleep.
  public static let cores = RankUse(number: 1)
  /// Each rank has a process, and these train a trial together.
  package static let processes = RankUse(number: 2)
  /// The first rank starts a program that starts processes for all of them, on whatever nodes they are.
  package static let launcher = RankUse(number: 3)
}
