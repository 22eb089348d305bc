/// Everything that makes a scheduler: the one validated value from which schedulers are built.
public struct SchedulerSpecification: Hashable, Sendable {
  public let algorithm: SchedulerAlgorithm
  /// The rungs. Random and grid search use its top alone; of top-k it is the lowest and the top; of Hyperband that of
  /// bracket 0.
  public internal(set) var ladder: LadderSpecification
  /// When to promote; only ASHA, in one bracket or in many, has the choice.
  public let promotion: PromotionRule
  /// *n* of synchronous successive halving and of top-k: how many trials the first rung gets. Nil for the others.
  public internal(set) var configurations: Int?
  /// What only some schedulers have, with the defaults of this one.
  public internal(set) var options: SchedulerOptions

  /// Checks that the parts fit.
  ///
  /// - Parameters:
  ///   - promotion: nil for the scheduler's default.
  ///   - configurations: how many configurations the study tries, if that is limited. Synchronous successive halving and
  ///     top-k cannot do without it; the others leave that limit to the caller, which says `canStart`.
  /// - Throws: `SchedulerError` where the scheduler lacks something (a maximum resource, a number of configurations), or
  ///   is given something that means nothing to it.
  public init(
    algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule? = nil,
    configurations: Int? = nil, options: SchedulerOptions = [:]
  ) throws(SchedulerError) {
    self.init(
      valid: algorithm, ladder: ladder, promotion: promotion, configurations: configurations, options: options)
    try checkPromotion()
    try checkTop()
    try algorithm.check(self)
    if algorithm.needsConfigurations { try checkConfigurations() } else { self.configurations = nil }
    try checkOptions()
    try algorithm.complete(&self)
  }

  init(
    valid algorithm: SchedulerAlgorithm, ladder: LadderSpecification, promotion: PromotionRule? = nil,
    configurations: Int? = nil, options: SchedulerOptions = [:]
  ) {
    self.algorithm = algorithm
    self.ladder = ladder
    self.promotion = promotion ?? algorithm.promotions[0]
    self.configurations = configurations
    self.options = options
  }

  /// The ladders of the brackets in the order of a loop: one, unless it is Hyperband.
  public var bracketLadders: [LadderSpecification] { algorithm.ladders(self) }

  /// A scheduler that has not begun.
  public func makeScheduler() -> any TrialScheduler { algorithm.make(self) }
}

extension SchedulerSpecification {
  private func checkPromotion() throws(SchedulerError) {
    guard !algorithm.promotions.contains(promotion) else { return }
    throw SchedulerError(
      .promotion, "\(promotion.rawValue) has no meaning for \(algorithm)",
      advice: "Take it out, or use algorithm: \(Self.alternatives { $0.promotions.contains(promotion) }).")
  }

  private func checkTop() throws(SchedulerError) {
    guard !ladder.isBounded, !algorithm.canDoWithoutTop else { return }
    throw SchedulerError(
      .maxResource,
      "is missing, and \(algorithm) "
        + (algorithm.usesTopAlone ? "trains every configuration to it" : "needs a top rung to train to"),
      advice: "Set max_resource, or use algorithm: asha, which can do without.")
  }

  private func checkConfigurations() throws(SchedulerError) {
    guard let configurations else {
      throw SchedulerError(
        .configurations, "is missing, and \(algorithm) needs it",
        advice: "Set budget.configurations to the number of trials in the first rung, or use algorithm: asha.")
    }
    guard configurations >= 1 else {
      throw SchedulerError(
        .configurations, "must be at least 1, and is \(configurations)",
        advice: "It is the number of trials in the first rung.")
    }
  }

  private func checkOptions() throws(SchedulerError) {
    for option in SchedulerAlgorithm.allOptions where options[option] != nil && !algorithm.options.contains(option) {
      throw SchedulerError(
        option.key, "has no meaning for \(algorithm)",
        advice: "Take it out; it belongs to algorithm: \(Self.alternatives { $0.options.contains(option) }).")
    }
  }

  /// The names of the schedulers that can: "asha or hyperband".
  private static func alternatives(_ can: (SchedulerAlgorithm) -> Bool) -> String {
    SchedulerAlgorithm.allCases.filter(can).map(\.name).joined(separator: " or ")
  }
}
