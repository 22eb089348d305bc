/// How well a model does on one part of a data set.
public struct Evaluation: Hashable, Sendable {
  /// The mean over the rows: cross-entropy in nats; for a regression the squared error in units of the target's variance in
  /// the training part, so that 1 is what predicting the mean gives. Not finite where the model is broken.
  public var loss: Double
  /// Classification: the share of the rows that are put into a wrong class. Regression: the root mean squared error in
  /// the target's own unit.
  public var error: Double
  /// How many rows it is about; with none, loss and error are NaN.
  public var count: Int

  package init(loss: Double, error: Double, count: Int) { (self.loss, self.error, self.count) = (loss, error, count) }
}
