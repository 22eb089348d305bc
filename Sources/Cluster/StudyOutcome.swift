public import Search
public import Training
public import TuningTypes

/// What is left when a study's driver has ended.
public struct StudyOutcome: Sendable {
  public let tuner: Tuner
  public let reason: StopReason
  public let workers: Int
  /// Seconds that the study has run, over all its runs.
  public let time: Double
  /// Some rank does not answer: the ranks can't leave together.
  let someAreSilent: Bool

  public init(tuner: Tuner, reason: StopReason, workers: Int, time: Double) {
    self.init(tuner: tuner, reason: reason, workers: workers, time: time, someAreSilent: false)
  }

  init(tuner: Tuner, reason: StopReason, workers: Int, time: Double, someAreSilent: Bool) {
    self.tuner = tuner
    self.reason = reason
    self.workers = workers
    self.time = time
    self.someAreSilent = someAreSilent
  }
}

/// A study that had to stop for a fault of the place where it runs. What its journal holds is safe.
public struct StudyHalted: UserError, Sendable {
  public var exitStatus: ExitStatus { .badFolder }

  public let cause: PlaceFault
  public let folder: String
  /// What the study had come to.
  public let outcome: StudyOutcome
  /// The journal is not under its name any more.
  public var losesJournal: Bool { cause.losesJournal }
  /// Some rank does not answer: the ranks can't leave together.
  let someAreSilent: Bool

  public var description: String {
    let what = cause.isAboutFolder ? ", because its folder could not be written to" : ""
    let remedy = cause.losesJournal ? "Once its journal is back" : "Once that is mended"
    return "the study has stopped\(what). \(remedy): ash-mpi resume \(folder.shellWord)"
  }
}
