public import TuningTypes

/// The settings of ``GaussianProcessSampler``.
public struct GaussianProcessOptions: Hashable, Sendable {
  /// The share of the configurations that are drawn at random; later ones, which come from densities, have the share that is usual there.
  public var randomFraction = 0.0
  /// From this configuration on densities suggest; nil: none from the start, only where the model is late.
  package var densitiesFrom: Int?
  /// The lowest resource whose results are modelled; nil leaves that to the study, see `SearchPlan`.
  public var modelFrom: Resource?

  public init() {}

  /// So many configurations come from the Gaussian process under `auto`. It learns more from each result than densities do; after
  /// some hundred configurations both know as much.
  static let automaticSwitch = 300

  /// What `auto` goes by: the process first, then densities; only these where the space has conditions, of which it knows nothing.
  package init(automaticIn space: SearchSpace) {
    densitiesFrom = space.hasConditions ? 0 : Self.automaticSwitch
  }
}
