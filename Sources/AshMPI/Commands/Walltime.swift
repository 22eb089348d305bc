internal import TuningTypes

/// The time of a Slurm job, in seconds since 1970, as Slurm and `tune.sbatch` give it to the job's steps.
struct Walltime: Sendable {
  private let end: Double
  /// Older Slurms don't say it.
  private let start: Double?
  /// How long before the end a study stops.
  private let margin: Double

  /// - Returns: nil outside a Slurm job.
  init?(margin: Double, environment: [String: String]) {
    guard let end = environment["SLURM_JOB_END_TIME"].flatMap(Double.init) else { return nil }
    self.end = end
    start = environment["SLURM_JOB_START_TIME"].flatMap(Double.init)
    self.margin = margin
  }

  /// Seconds until a study has to stop.
  func left(at now: Double) -> Double { end - margin - now }

  /// - Throws: ``NoTimeToTrain`` where nothing could be trained, now or in another job as long as this one. A job whose first half is
  ///   over has had its time.
  func expectTime(at now: Double) throws {
    guard let start, left(at: now) <= 0, now - start <= (end - start) / 2 else { return }
    throw NoTimeToTrain(walltime: end - start, margin: margin)
  }
}

/// A batch job that is too short for a study to begin.
struct NoTimeToTrain: UserError, Hashable {
  let walltime: Double
  let margin: Double

  var exitStatus: ExitStatus { .usage }
  var description: String {
    "the Slurm job is \(Wording.duration(walltime)) long, and a study stops \(Wording.duration(margin)) before its end (--margin): no "
      + "time is left to train. Give it more: sbatch --time, or a smaller --margin"
  }
}
