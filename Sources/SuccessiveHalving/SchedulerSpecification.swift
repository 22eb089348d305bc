/// When a promotable trial of a rung is promoted.
public enum PromotionRule: String, Hashable, Sendable, CaseIterable {
  /// As soon as it is among the best ⌊completed/η⌋ of its rung (ASHA, Algorithm 2).
  case eager
  /// Only while, besides, (promoted + 1)·η ≤ completed, so that no rung passes on more than its share.
  ///
  /// Source: D-ASHA of Li et al., *Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale* (VLDB 2022).
  case delayed
}

/// A scheduler that a study can name.
public enum SchedulerAlgorithm: String, Hashable, Sendable, CaseIterable {
  /// Promotion-type asynchronous successive halving; see ``AsynchronousSuccessiveHalving``.
  case asynchronousSuccessiveHalving = "asha"
  /// ASHA in several brackets at once; see ``AsynchronousHyperband``.
  case asynchronousHyperband = "hyperband"
  /// ASHA that raises its maximum resource only when it has to; see ``ProgressiveSuccessiveHalving``.
  case progressiveSuccessiveHalving = "pasha"
  /// Stopping-type ASHA: a trial runs on until it is stopped at a rung; see ``EarlyStopping``.
  case stoppingSuccessiveHalving = "stopping"
  /// Vizier's median stopping rule; see ``EarlyStopping``.
  case medianStopping = "median"
  /// Performance-curve stopping, after Vizier; see ``EarlyStopping``.
  case curveStopping = "curve"
  /// Successive halving with finished rungs; see ``SynchronousSuccessiveHalving``.
  case synchronousSuccessiveHalving = "sha"
  /// Brackets of synchronous successive halving, a new one whenever a worker is idle; see ``SynchronousBrackets``.
  case parallelSuccessiveHalving = "parallel_sha"
  /// Brackets of synchronous successive halving, one after the other; see ``SynchronousBrackets``.
  case synchronousHyperband = "sync_hyperband"
  /// All a little, then the best k to the end; see ``SynchronousSuccessiveHalving``.
  case topK = "top_k"
  /// Every configuration trained to R at once; see ``RandomSearch``.
  case randomSearch = "random"
  /// The same over the points of a grid: only the sampler differs.
  case gridSearch = "grid"

  /// The names by which a study file can choose, in the order in which they are best shown.
  public static var names: [String] { allCases.map(\.rawValue) }

  /// Whether a trial runs on, on its worker, until it is stopped.
  public var isStoppingType: Bool {
    [.stoppingSuccessiveHalving, .medianStopping, .curveStopping].contains(self)
  }

  /// Whether rungs have to be finished, so that how many configurations there are decides who is promoted.
  public var isSynchronous: Bool {
    [.synchronousSuccessiveHalving, .parallelSuccessiveHalving, .synchronousHyperband, .topK].contains(self)
  }

  /// Whether configurations are trained to R at once.
  public var usesTopAlone: Bool { self == .randomSearch || self == .gridSearch }

  private var canDelayPromotions: Bool { self == .asynchronousSuccessiveHalving || self == .asynchronousHyperband }
  private var canDoWithoutTop: Bool {
    [.asynchronousSuccessiveHalving, .synchronousSuccessiveHalving, .progressiveSuccessiveHalving].contains(self)
  }
  private var needsConfigurations: Bool { self == .synchronousSuccessiveHalving || self == .topK }
  private var loopsBrackets: Bool { self == .asynchronousHyperband || self == .synchronousHyperband }

  /// Checks what this scheduler asks of a study.
  func check(
    ladder: LadderSpecification, promotion: PromotionRule, configurations: Int?
  ) throws(SchedulerError) {
    if promotion == .delayed, !canDelayPromotions {
      throw SchedulerError(
        .promotion, "delayed has no meaning for \(rawValue)",
        advice: "Take it out, or use algorithm: asha or hyperband.")
    }
    if !ladder.isBounded, !canDoWithoutTop {
      throw SchedulerError(
        .maxResource,
        "is missing, and \(rawValue) \(usesTopAlone ? "trains every configuration to it" : "needs a top rung to train to")",
        advice: "Set max_resource, or use algorithm: asha, which can do without.")
    }
    if loopsBrackets, ladder.earlyStoppingRate > 0 {
      throw SchedulerError(
        .earlyStoppingRate, "is \(ladder.earlyStoppingRate), and \(rawValue) has a bracket for each",
        advice: "Take it out; 'brackets: [\(ladder.earlyStoppingRate)]' runs this bracket alone.")
    }
    if self == .topK, ladder.resources.count < 2 {
      throw SchedulerError(
        .maxResource, "leaves one rung, and top_k needs a first and a last",
        advice: "Raise max_resource, or lower min_resource.")
    }
    guard needsConfigurations else { return }
    guard let configurations else {
      throw SchedulerError(
        .configurations, "is missing, and \(rawValue) needs it",
        advice: "Set budget.configurations to the number of trials in the first rung, or use algorithm: asha.")
    }
    guard configurations >= 1 else {
      throw SchedulerError(
        .configurations, "must be at least 1, and is \(configurations)",
        advice: "It is the number of trials in the first rung.")
    }
  }

  /// The number of configurations, for the schedulers to which it matters.
  func relevant(_ configurations: Int?) -> Int? { needsConfigurations ? configurations : nil }
}

/// Everything that makes a scheduler: the one validated value from which schedulers are built.
public struct SchedulerSpecification: Hashable, Sendable {
  public let algorithm: SchedulerAlgorithm
  /// The rungs. Random and grid search use its top alone; of top-k it is the lowest and the top; of Hyperband that of
  /// bracket 0.
  public let ladder: LadderSpecification
  /// When to promote; only ASHA, in one bracket or in many, has the choice.
  public let promotion: PromotionRule
  /// *n* of synchronous successive halving and of top-k: how many trials the first rung gets. Nil for the others.
  public let configurations: Int?
  /// What only some schedulers have, with the defaults of this one.
  public let options: SchedulerOptions

  /// Checks that the parts fit.
  ///
  /// - Parameter configurations: how many configurations the study tries, if that is limited. Synchronous successive
  ///   halving and top-k cannot do without it; the others leave that limit to the caller, which says `canStart`.
  /// - Throws: `SchedulerError` where the scheduler lacks something (a maximum resource, a number of configurations), or
  ///   is given something that means nothing to it.
  public init(
    algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule = .eager,
    configurations: Int? = nil, options: SchedulerOptions = SchedulerOptions()
  ) throws(SchedulerError) {
    try algorithm.check(ladder: ladder, promotion: promotion, configurations: configurations)
    self.init(
      valid: algorithm, ladder: algorithm == .topK ? ladder.endsOnly : ladder, promotion: promotion,
      configurations: algorithm.relevant(configurations),
      options: try options.resolved(for: algorithm, ladder: ladder, configurations: configurations))
  }

  init(
    valid algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule = .eager,
    configurations: Int? = nil, options: SchedulerOptions = SchedulerOptions()
  ) {
    self.algorithm = algorithm
    self.ladder = ladder
    self.promotion = promotion
    self.configurations = configurations
    self.options = options
  }

  /// The ladders of the brackets in the order of a loop: one, unless it is Hyperband.
  public var bracketLadders: [LadderSpecification] {
    if algorithm.usesTopAlone { return [ladder.topOnly] }
    return options.brackets?.map { ladder.bracket($0) } ?? [ladder]
  }

  /// A scheduler that has not begun.
  public func makeScheduler() -> any TrialScheduler {
    switch algorithm {
    case .asynchronousSuccessiveHalving: AsynchronousSuccessiveHalving(ladder: ladder, promotion: promotion)
    case .asynchronousHyperband: AsynchronousHyperband(specification: self)
    case .progressiveSuccessiveHalving: ProgressiveSuccessiveHalving(ladder: ladder)
    case .stoppingSuccessiveHalving, .medianStopping, .curveStopping: EarlyStopping(specification: self)
    case .synchronousSuccessiveHalving, .topK: SynchronousSuccessiveHalving(specification: self)
    case .parallelSuccessiveHalving, .synchronousHyperband: SynchronousBrackets(specification: self)
    case .randomSearch: RandomSearch(ladder: ladder, algorithm: .randomSearch)
    case .gridSearch: RandomSearch(ladder: ladder, algorithm: .gridSearch)
    }
  }
}
