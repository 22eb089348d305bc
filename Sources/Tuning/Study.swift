public import SearchSpace
public import SuccessiveHalving
public import TuningTypes

/// A study as its file describes it, complete and checked.
public struct Study: Sendable {
  public var name: String
  public var seed: UInt64
  public var objective: Objective
  public var space: SearchSpace
  public var scheduler: SchedulerSpecification
  public var sampler: SamplerSpecification
  public var budget: Budget
  /// How often a job that failed is tried again.
  public var retries: Int
  /// A finite space is sampled with repetition, as a journal says that was begun by the first versions of this program.
  package var mayRepeatConfigurations = false
  /// Configurations that are tried before any that the sampler gives.
  public var startWith: [Configuration]
  /// The trainer's section, for the module that knows trainers.
  public var trainer: StudySection
  /// The whole study as it stands in the file, overrides applied.
  public var document: StudySection
  /// The `key=value` pairs that replaced values of the file.
  public var overrides: [String]

  /// When a study ends by itself. The first limit that is reached ends it.
  public struct Budget: Hashable, Sendable {
    public var configurations: Int?
    /// Seconds, over all runs of the study.
    public var time: Double?
    /// A value of the objective's metric that is good enough.
    public var target: Double?

    public init(configurations: Int? = nil, time: Double? = nil, target: Double? = nil) {
      self.configurations = configurations
      self.time = time
      self.target = target
    }
  }

  public enum SamplerSpecification: Hashable, Sendable {
    case random
    /// Levels for each parameter by name; `default` for those that are not named.
    case grid(levels: [String: Int], default: Int?, isShuffled: Bool)
    case sobol

    public static let names = ["random", "grid", "sobol"]
  }

  /// How many configurations there can be at most: the budget, or all that the sampler has.
  public func configurationLimit(of sampler: any Sampler) -> Int? {
    Self.configurationLimit(budget: budget, startWith: startWith, sampler: sampler)
  }

  static func configurationLimit(budget: Budget, startWith: [Configuration], sampler: any Sampler) -> Int? {
    let available = sampler.count.map { $0 + startWith.count }
    return [budget.configurations, available].compactMap { $0 }.min()
  }

  /// The sampler that draws this study's configurations.
  public func makeSampler() throws(SearchSpaceError) -> any Sampler {
    try sampler.makeSampler(over: space, seed: seed, startWith: startWith, mayRepeat: mayRepeatConfigurations)
  }
}

extension Study.SamplerSpecification {
  /// - Parameters:
  ///   - startWith: what a study begins with; of a finite space it is not given again.
  ///   - mayRepeat: as the first versions of this program sampled: finite spaces too with repetition.
  func makeSampler(
    over space: SearchSpace, seed: UInt64, startWith: [Configuration], mayRepeat: Bool
  ) throws(SearchSpaceError) -> any Sampler {
    let sampler: any Sampler =
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
