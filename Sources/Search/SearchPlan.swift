internal import Randomness
public import SearchSpace
public import SuccessiveHalving
public import TuningTypes

/// All that a search needs to know of its study: what is drawn, in which order it is trained, and what ends it.
public struct SearchPlan: Sendable {
  /// From which all randomness of the study follows.
  public var seed: UInt64
  public var objective: Objective
  public var space: SearchSpace
  public var sampler: SamplerSpecification
  public var scheduler: SchedulerSpecification
  public var budget: SearchBudget
  /// How often a job that failed is tried again.
  public var retries: Int
  /// After how many failed jobs a study ends in which none has succeeded.
  public var failureLimit: FailureLimit
  /// Configurations that are tried before any that the sampler gives.
  public var startWith: [Configuration]
  /// What is known from studies that were run before. Their best are in ``startWith``.
  public var earlier: [EarlierStudy] = []
  /// Which checkpoints are kept.
  public var checkpoints: CheckpointRule
  /// A finite space is sampled with repetition, as a journal says that was begun by the first versions of this program.
  package var mayRepeatConfigurations: Bool

  package init(
    seed: UInt64, objective: Objective, space: SearchSpace, sampler: SamplerSpecification,
    scheduler: SchedulerSpecification, budget: SearchBudget, retries: Int, failureLimit: FailureLimit = .workers,
    startWith: [Configuration], checkpoints: CheckpointRule = .promotable, mayRepeatConfigurations: Bool
  ) {
    (self.seed, self.objective, self.space) = (seed, objective, space)
    (self.sampler, self.scheduler, self.budget) = (sampler, scheduler, budget)
    (self.retries, self.failureLimit, self.startWith) = (retries, failureLimit, startWith)
    self.checkpoints = checkpoints
    self.mayRepeatConfigurations = mayRepeatConfigurations
  }
}

/// After how many failed jobs a study ends in which nothing has ever succeeded.
public enum FailureLimit: Hashable, Sendable {
  /// As many as there are workers, and at least 3: a script that cannot work fails on each of them once. They are of two trials at
  /// least, so that a first configuration that fails at each try does not end the study.
  case workers
  case count(Int)
  case never

  func isReached(by failures: Int, ofSeveralTrials: Bool, workers: Int) -> Bool {
    switch self {
    case .workers: failures >= max(3, workers) && ofSeveralTrials
    case .count(let count): failures >= count
    case .never: false
    }
  }
}

/// When a study ends by itself. The first limit that is reached ends it.
public struct SearchBudget: Hashable, Sendable {
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

  /// How many configurations a study can have at most: what the budget allows, or all that there are.
  package func configurationLimit(startWith: [Configuration], sampler: any Sampler) -> Int? {
    let available = sampler.count.map { $0 + startWith.count }
    return [configurations, available].compactMap { $0 }.min()
  }
}

extension SchedulerSpecification {
  /// Where a trial's reports decide whether it trains on: the resources of the rungs, or none where the scheduler stops no trial
  /// while it trains.
  package var rungsOfReports: [Resource] { algorithm.isStoppingType && ladder.isBounded ? ladder.resources : [] }
}

extension SearchPlan {
  /// How many configurations there can be at most: the budget, or all that the sampler has.
  public func configurationLimit(of sampler: any Sampler) -> Int? {
    budget.configurationLimit(startWith: startWith, sampler: sampler)
  }

  /// The sampler that draws this study's configurations.
  public func makeSampler() throws(SearchSpaceError) -> any Sampler {
    try sampler.makeSampler(
      over: space, seed: seed, startWith: startWith, mayRepeat: mayRepeatConfigurations, earlier: earlier,
      modelFrom: lowestModelledResource)
  }

  /// The lowest resource whose results a model trusts unseen, unless the study says it.
  ///
  /// What a little training shows misleads a model: it would have the study try fast starters alone. So that is r·η² or R, or less
  /// where so few configurations are tried that hardly any gets there.
  private var lowestModelledResource: Resource {
    let ladder = scheduler.ladder
    guard !scheduler.algorithm.usesTopAlone, !scheduler.algorithm.needsConfigurations else { return 0 }
    var (resource, configurations) = (ladder.resources.first?.rawValue ?? 1, budget.configurations ?? .max)
    for _ in 0..<2 {
      configurations /= ladder.reductionFactor
      let (next, overflows) = resource.multipliedReportingOverflow(by: ladder.reductionFactor)
      guard configurations >= Self.fewestModelled, !overflows else { break }
      resource = next
    }
    return Resource(ladder.isBounded ? min(resource, ladder.maxResource.rawValue) : resource)
  }

  /// So many configurations should get to a resource that is modelled.
  private static let fewestModelled = 60

  /// The seed of all randomness in a trial's training: a function of the study's seed and the trial alone.
  public func trainingSeed(of trial: TrialID) -> UInt64 {
    var generator = CounterGenerator(seed: seed, purpose: .training, index: UInt64(trial.rawValue))
    return generator.next()
  }
}
