/// When a promotable trial of a rung is promoted.
public enum PromotionRule: String, Hashable, Sendable, CaseIterable {
  /// As soon as it is among the best ⌊completed/η⌋ of its rung (ASHA, Algorithm 1).
  case eager
  /// Only while, besides, (promoted + 1)·η ≤ completed, so that no rung passes on more than its share.
  ///
  /// Source: D-ASHA of Li et al., *Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale*, section 4.2.
  case delayed
}

/// A scheduler that a study can name.
public enum SchedulerAlgorithm: String, Hashable, Sendable, CaseIterable {
  /// Promotion-type asynchronous successive halving; see ``AsynchronousSuccessiveHalving``.
  case asynchronousSuccessiveHalving = "asha"
  /// Successive halving with finished rungs; see ``SynchronousSuccessiveHalving``.
  case synchronousSuccessiveHalving = "sha"
  /// Every configuration trained to R at once; see ``RandomSearch``.
  case randomSearch = "random"
  /// The same over the points of a grid: only the sampler differs.
  case gridSearch = "grid"

  /// The names by which a study file can choose, in the order in which they are best shown.
  public static var names: [String] { allCases.map(\.rawValue) }
}

/// Everything that makes a scheduler: the one validated value from which schedulers are built.
public struct SchedulerSpecification: Hashable, Sendable {
  public let algorithm: SchedulerAlgorithm
  /// The rungs. Random and grid search use its top alone.
  public let ladder: LadderSpecification
  /// When to promote; only asynchronous successive halving has the choice.
  public let promotion: PromotionRule
  /// *n* of synchronous successive halving: how many trials its first rung gets. Nil for the others.
  public let configurations: Int?

  /// Checks that the parts fit.
  ///
  /// - Parameter configurations: how many configurations the study tries, if that is limited. Synchronous successive
  ///   halving cannot do without it; the others leave that limit to the caller, which says `canStart`.
  /// - Throws: `SchedulerError` where synchronous successive halving has no number of configurations, where random or
  ///   grid search has no maximum resource, and where a promotion rule is given to a scheduler that promotes otherwise.
  public init(
    algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule = .eager,
    configurations: Int? = nil
  ) throws(SchedulerError) {
    if promotion == .delayed, algorithm != .asynchronousSuccessiveHalving {
      throw SchedulerError(
        .promotion, "delayed has no meaning for \(algorithm.rawValue)", advice: "Take it out, or use algorithm: asha.")
    }
    switch algorithm {
    case .asynchronousSuccessiveHalving:
      self.configurations = nil
    case .synchronousSuccessiveHalving:
      guard let configurations else {
        throw SchedulerError(
          .configurations, "is missing, and sha needs it",
          advice: "Set budget.configurations to the number of trials in the first rung, or use algorithm: asha.")
      }
      guard configurations >= 1 else {
        throw SchedulerError(
          .configurations, "must be at least 1, and is \(configurations)",
          advice: "It is the number of trials in the first rung.")
      }
      self.configurations = configurations
    case .randomSearch, .gridSearch:
      guard ladder.isBounded else {
        throw SchedulerError(
          .maxResource, "is missing, and \(algorithm.rawValue) trains every configuration to it",
          advice: "Set max_resource, or use algorithm: asha, which can do without.")
      }
      self.configurations = nil
    }
    self.algorithm = algorithm
    self.ladder = ladder
    self.promotion = promotion
  }

  /// A scheduler that has not begun.
  public func makeScheduler() -> any TrialScheduler {
    switch algorithm {
    case .asynchronousSuccessiveHalving: AsynchronousSuccessiveHalving(ladder: ladder, promotion: promotion)
    case .synchronousSuccessiveHalving:
      SynchronousSuccessiveHalving(ladder: ladder, configurations: configurations ?? 1)
    case .randomSearch: RandomSearch(ladder: ladder, algorithm: .randomSearch)
    case .gridSearch: RandomSearch(ladder: ladder, algorithm: .gridSearch)
    }
  }
}
