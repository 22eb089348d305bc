internal import Randomness
internal import StudyFile
internal import Training
internal import TuningTypes

/// What goes wrong on purpose in a synthetic study, so that a cluster can be tried for it.
///
/// All of it follows from the trial's seed, never from timing: a trial is invalid or not, diverges at a rung or not, and a
/// job fails at its first attempt or its second.
struct SyntheticFaults: Sendable {
  /// The share of trials whose configuration is refused.
  var invalid = 0.0
  /// The share of attempts that fail.
  var failure = 0.0
  /// The share of jobs that give no number.
  var divergence = 0.0
  /// The worker on which every job fails, as on a broken node.
  var failingWorker: WorkerID?

  static let keys = ["invalid_probability", "failure_probability", "diverge_probability", "failing_worker"]

  /// - Throws: `StudyError`.
  init(_ section: StudySection) throws(StudyError) {
    invalid = try Self.probability("invalid_probability", section)
    failure = try Self.probability("failure_probability", section)
    divergence = try Self.probability("diverge_probability", section)
    if let number = try section.integer("failing_worker") {
      guard number >= 0 else {
        throw section.error("failing_worker", "is \(number)", "Give the number of a worker; they count from 0.")
      }
      failingWorker = WorkerID(number)
    }
  }

  private static func probability(_ key: String, _ section: StudySection) throws(StudyError) -> Double {
    let value = try section.number(key) ?? 0
    guard (0...1).contains(value) else { throw section.error(key, "is \(value)", "Give a number from 0 to 1.") }
    return value
  }

  /// - Throws: `TrainingFailure.invalid` where the trial is to be.
  func expectValid(_ job: Job) throws(TrainingFailure) {
    if invalid > 0, draw(job, resource: 0, attempt: 0) < invalid { throw .invalid("invalid by invalid_probability") }
  }

  /// - Throws: `TrainingFailure.failed` where the attempt is to fail.
  func expectSuccess(_ job: Job, on worker: WorkerID) throws(TrainingFailure) {
    if worker == failingWorker { throw .failed("worker \(worker) is the failing_worker") }
    if failure > 0, draw(job, resource: job.resource.rawValue, attempt: job.attempt) < failure {
      throw .failed("attempt \(job.attempt) fails by failure_probability")
    }
  }

  func diverges(_ job: Job) -> Bool {
    divergence > 0 && draw(job, resource: job.resource.rawValue, attempt: 0) < divergence
  }

  private func draw(_ job: Job, resource: Int, attempt: Int) -> Double {
    let seed = CounterGenerator.mix(job.seed &+ UInt64(attempt))
    var generator = CounterGenerator(seed: seed, purpose: .syntheticFaults, index: UInt64(resource))
    return generator.uniform()
  }
}
