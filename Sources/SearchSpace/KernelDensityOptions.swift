public import TuningTypes

/// The settings of ``KernelDensitySampler``, with the defaults that are BOHB's, where it has them.
public struct KernelDensityOptions: Hashable, Sendable {
  /// The share of the configurations that are drawn at random.
  public var randomFraction = 1.0 / 3
  /// The share of a level's results that count as good.
  public var goodFraction = 0.15
  /// How many configurations are drawn for each that is suggested; a sixteenth of them while little is known.
  public var candidates = 24
  /// How much wider the kernels are from which candidates are drawn than those that judge them.
  public var bandwidthFactor = 3.0
  /// The narrowest kernel, as a share of a hyperparameter's range.
  public var minBandwidth = 0.01

  /// The lowest resource whose results are trusted unseen; nil leaves that to the study, see `SearchPlan`.
  public var modelFrom: Resource?
  /// When results of lower resources count.
  public enum LowerRungs: String, CaseIterable, Hashable, Sendable {
    /// As far as they are found to agree with those that are trusted.
    case proven
    /// The same, and all of them until that can be measured.
    case always
    case never
  }

  public var lowerRungs = LowerRungs.proven

  public init() {}
}
