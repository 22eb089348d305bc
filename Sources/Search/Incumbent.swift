public import TuningTypes

/// The best result so far.
public struct Incumbent: Hashable, Sendable {
  public let job: Job
  public let loss: Loss
  public let report: TrainingReport

  public init(job: Job, loss: Loss, report: TrainingReport) {
    self.job = job
    self.loss = loss
    self.report = report
  }
}
