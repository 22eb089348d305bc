package import TuningTypes

/// A sampler that a study can name.
public enum SamplerSpecification: Hashable, Sendable {
  case random
  /// Levels for each parameter by name; `default` for those that are not named.
  case grid(levels: [String: Int], default: Int?, isShuffled: Bool)
  case sobol
  case kde(KernelDensityOptions)
  case gp(GaussianProcessOptions)
  /// A Gaussian process as long as it learns most, then densities; see ``automaticChoice(in:)``.
  case auto

  public static let names = ["random", "grid", "sobol", "kde", "gp", "auto"]

  /// Whether results change what it draws.
  public var learns: Bool {
    switch self {
    case .random, .grid, .sobol: false
    case .kde, .gp, .auto: true
    }
  }

  /// The share of the results that count as good.
  package var goodFraction: Double {
    if case .kde(let options) = self { options.goodFraction } else { KernelDensityOptions().goodFraction }
  }

  /// Whether its model is made beside the search; see ``ModelRequest``.
  public var learnsBesideSearch: Bool {
    switch self {
    case .random, .grid, .sobol, .kde: false
    case .gp, .auto: true
    }
  }

  /// What `auto` chooses for a search space, and why, in words; nil where the sampler is another.
  public func automaticChoice(in space: SearchSpace) -> String? {
    guard case .auto = self else { return nil }
    let after = "densities (kde), which cost the same after a million results"
    if space.hasConditions { return "\(after): the space has conditions, which a Gaussian process does not know" }
    return
      "a Gaussian process (gp) for the first \(GaussianProcessOptions.automaticSwitch) configurations, which learns most from few results; "
      + "then \(after)"
  }

  /// About how long the driver takes for a suggestion, in seconds: measured on one core of 2024. 0 where it is made beside the driver.
  public func secondsPerSuggestion(in space: SearchSpace) -> Double {
    let options: KernelDensityOptions
    switch self {
    case .random, .grid, .sobol, .gp: return 0
    case .kde(let given): options = given
    case .auto: options = KernelDensityOptions()
    }
    let candidates = (1 - options.randomFraction) * Double(options.candidates) / 24
    return candidates * (10e-6 + 4e-6 * Double(space.parameters.count))
  }
}

extension SamplerSpecification {
  /// - Parameters:
  ///   - startWith: what a study begins with; of a finite space it is not given again.
  ///   - mayRepeat: as the first versions of this program sampled: finite spaces too with repetition.
  ///   - earlier: what a sampler that learns begins with.
  ///   - modelFrom: the lowest resource that is modelled, where the options don't say one.
  package func makeSampler(
    over space: SearchSpace, seed: UInt64, startWith: [Configuration], mayRepeat: Bool,
    earlier: [EarlierStudy] = [], modelFrom: Resource? = nil
  ) throws(SearchSpaceError) -> any Sampler {
    let sequence: any SequenceSampler =
      switch self {
      case .random, .kde, .gp, .auto: RandomSampler(space: space, seed: seed)
      case .grid(let levels, let defaultLevels, let isShuffled):
        try GridSampler(space: space, levels: levels, defaultLevels: defaultLevels, shuffledBy: isShuffled ? seed : nil)
      case .sobol: try SobolSampler(space: space, seed: seed)
      }
    let distinct = mayRepeat ? nil : DistinctSampler(sequence, over: space, excluding: startWith, seed: seed)
    let sampler: any SequenceSampler = distinct ?? sequence
    var process: GaussianProcessOptions
    switch self {
    case .random, .grid, .sobol: return sampler
    case .kde(var options):
      options.modelFrom = options.modelFrom ?? modelFrom
      return KernelDensitySampler(
        space: space, seed: seed, random: sampler, options: options, earlier: earlier, firstSuggested: startWith.count)
    case .gp(let options): process = options
    case .auto: process = GaussianProcessOptions(automaticIn: space)
    }
    process.modelFrom = process.modelFrom ?? modelFrom
    return GaussianProcessSampler(
      space: space, seed: seed, random: sampler, options: process, earlier: earlier, firstSuggested: startWith.count)
  }
}
