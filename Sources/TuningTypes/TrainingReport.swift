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
