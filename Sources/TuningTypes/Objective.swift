/// What the study minimises or maximises.
public struct Objective: Hashable, Sendable {
  public enum Mode: String, Sendable, CaseIterable { case min, max }

  /// The metric's name as the trainer reports it; `validation_loss` and `loss` both name the reported loss itself.
  public let metric: String
  public let mode: Mode
  /// Whether the study goes by the loss itself, whatever metrics a trainer reports besides.
  public let isLoss: Bool

  public init(metric: String = "validation_loss", mode: Mode = .min) {
    self.metric = metric
    self.mode = mode
    isLoss = metric == "validation_loss" || metric == "loss"
  }

  /// The loss by which a trial with this report is ranked, or nil if the trainer did not report the metric.
  ///
  /// This is the one place where maximising becomes minimising.
  public func loss(of report: TrainingReport) -> Loss? {
    let value: Double
    if let metric = report.metrics.first(where: { $0.name == metric }) {
      value = metric.value
    } else if isLoss {
      value = report.loss
    } else {
      return nil
    }
    return Loss(mode == .min ? value : -value)
  }

  /// The metric's own value for a loss that ``loss(of:)`` gave.
  public func value(of loss: Loss) -> Double { mode == .min || loss.value.isNaN ? loss.value : -loss.value }

  /// The loss for a value of the metric itself, such as the study's target.
  public func loss(ofValue value: Double) -> Loss { Loss(mode == .min ? value : -value) }
}
