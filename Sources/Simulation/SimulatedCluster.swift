internal import Randomness
internal import TuningTypes

/// A cluster that exists in numbers only: how many workers it has, and what goes wrong on them.
///
/// Whatever chance decides is a function of the study's seed and of a job or a worker alone, never of the order of events.
///
/// Source of the stragglers and the dropped jobs: Li et al., *A System for Massively Parallel Hyperparameter Tuning*,
/// appendix A.1.
public struct SimulatedCluster: Hashable, Sendable {
  public var workers: Int
  /// σ: a job's training takes (1 + |z|) times as long, z normal with this standard deviation.
  public var stragglers = 0.0
  /// The probability that a running job is dropped, per second, below 1. Its worker goes on with another.
  public var dropProbability = 0.0
  /// The probability that a worker is lost for good, per second, below 1.
  public var lossProbability = 0.0
  /// Seconds between a dispatch and the beginning of the job.
  public var dispatchLatency = 0.0
  /// Seconds that a job takes to write its checkpoint, and as many to read one where it goes on from one.
  public var checkpointCost = 0.0
  /// Whether a promoted trial goes on from its checkpoint; if not, it is trained from scratch.
  public var resumesFromCheckpoints = true

  /// - Precondition: there is at least one worker.
  public init(workers: Int) {
    precondition(workers >= 1, "a cluster has a worker")
    self.workers = workers
  }
}

extension SimulatedCluster {
  /// Seconds from the beginning of a job to its end.
  func duration(of job: Job, training seconds: Double, seed: UInt64) -> Double {
    var duration = seconds
    if stragglers > 0 {
      var generator = CounterGenerator(seed: seed, purpose: .stragglers, index: Self.stream(of: job))
      duration *= 1 + abs(stragglers * generator.normal())
    }
    if checkpointCost > 0 { duration += job.resumeResource > 0 ? 2 * checkpointCost : checkpointCost }
    return duration
  }

  /// Seconds from the beginning of a job to the moment when it would be dropped; infinite where jobs are not.
  func timeToDrop(of job: Job, seed: UInt64) -> Double {
    guard dropProbability > 0 else { return .infinity }
    var generator = CounterGenerator(seed: seed, purpose: .drops, index: Self.stream(of: job))
    return generator.waitingTime(probability: dropProbability)
  }

  /// Seconds from the beginning of the study to the moment when a worker is lost; infinite where workers are not.
  func timeToLoss(of worker: Int, seed: UInt64) -> Double {
    guard lossProbability > 0 else { return .infinity }
    var generator = CounterGenerator(seed: seed, purpose: .workerLoss, index: UInt64(worker))
    return generator.waitingTime(probability: lossProbability)
  }

  /// Each try of a job has luck of its own.
  private static func stream(of job: Job) -> UInt64 { UInt64(job.id.rawValue) << 16 | UInt64(job.attempt & 0xFFFF) }
}
