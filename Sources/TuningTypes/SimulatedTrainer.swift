/// A trainer whose jobs can be foretold: what they would report and how long they would take, without training.
///
/// This is what a simulated cluster runs. It is a pure function of the job, so that the order of events decides nothing.
public protocol SimulatedTrainer: Sendable {
  /// What training to `job.resource` would report, and how long it would take from `job.resumeResource` on.
  func simulate(_ job: Job) -> SimulatedTraining

  /// Whether the real trainer reports losses while it trains.
  var reportsWhileTraining: Bool { get }
}

extension SimulatedTrainer {
  public var reportsWhileTraining: Bool { false }
}

/// What a job would come to.
public struct SimulatedTraining: Hashable, Sendable {
  public var report: TrainingReport
  /// Seconds of training: finite and not negative.
  public var seconds: Double

  public init(report: TrainingReport, seconds: Double) {
    self.report = report
    self.seconds = seconds
  }
}
