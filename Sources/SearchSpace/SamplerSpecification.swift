package import TuningTypes

/// A sampler that a study can name.
public enum SamplerSpecification: Hashable, Sendable {
  case random
  /// Levels for each parameter by name; `default` for those that are not named.
  case grid(levels: [String: Int], default: Int?, isShuffled: Bool)
  case sobol

  public static let names = ["random", "grid", "sobol"]
}

extension SamplerSpecification {
  /// - Parameters:
  ///   - startWith: what a study begins with; of a finite space it is not given again.
  ///   - mayRepeat: as the first versions of this program sampled: finite spaces too with repetition.
  package func makeSampler(
    over space: SearchSpace, seed: UInt64, startWith: [Configuration], mayRepeat: Bool
  ) throws(SearchSpaceError) -> any SequenceSampler {
    let sampler: any SequenceSampler =
      switch self {
      case .random: RandomSampler(space: space, seed: seed)
      case .grid(let levels, let defaultLevels, let isShuffled):
        try GridSampler(space: space, levels: levels, defaultLevels: defaultLevels, shuffledBy: isShuffled ? seed : nil)
      case .sobol: try SobolSampler(space: space, seed: seed)
      }
    if mayRepeat { return sampler }
    return DistinctSampler(sampler, over: space, excluding: startWith, seed: seed) ?? sampler
  }
}
