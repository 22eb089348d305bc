public import TuningTypes

/// The settings of ``GaussianProcessSampler``.
public struct GaussianProcessOptions: Hashable, Sendable {
  /// The share of the configurations that are drawn at random.
  public var randomFraction = 0.0
  /// The lowest resource whose results are modelled; nil leaves that to the study, see `SearchPlan`.
  public var modelFrom: Resource?

  public init() {}
}
