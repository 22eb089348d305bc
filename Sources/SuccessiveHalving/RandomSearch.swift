public import TuningTypes

extension SchedulerAlgorithm {
  /// Every configuration trained to R at once; see ``RandomSearch``.
  public static let randomSearch = SchedulerAlgorithm(
    name: "random", usesTopAlone: true, ladders: { [$0.ladder.topOnly] },
    make: { RandomSearch(ladder: $0.ladder) })
}

/// Random search: every configuration is trained to the maximum resource *R* at once, in a bracket of a single rung.
///
/// Grid search is the same scheduler: that its configurations are the points of a grid is the sampler's doing. This
/// is also the bracket with the highest early-stopping rate of Hyperband. O(1) all of it.
///
/// Source: Bergstra and Bengio, *Random Search for Hyper-Parameter Optimization*.
public struct RandomSearch: TrialScheduler {
  public let specification: SchedulerSpecification
  private var bracket: Bracket

  /// - Parameters:
  ///   - ladder: a bounded one; only its top is used.
  ///   - algorithm: the name to go by: `.randomSearch` or `.gridSearch`.
  public init(ladder: LadderSpecification, algorithm: SchedulerAlgorithm = .randomSearch) {
    precondition(ladder.isBounded, "random search trains to a maximum resource")
    precondition(algorithm.usesTopAlone, "\(algorithm) is no random search")
    specification = SchedulerSpecification(valid: algorithm, ladder: ladder)
    bracket = Bracket(ladder: ladder.topOnly)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    return canStart ? bracket.start() : nil
  }

  public mutating func nextJob(canStart: Bool, atMost limit: Resource) -> Assignment? {
    nextJob(canStart: canStart && bracket.ladder.resources[0] <= limit)
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    _ = bracket.erase(trial)
    checkIfEnabled()
  }
}

extension RandomSearch {
  public var startedCount: Int { bracket.ledger.records.count }
  public var runningCount: Int { bracket.ledger.runningCount }
  /// Never: there is always room for a new trial.
  public var isExhausted: Bool { false }
  public var brackets: [BracketSummary] { [bracket.summary] }
  public var state: SchedulerState { SchedulerState(specification, bracket.trialStates) }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.assignment(of: trial) }
  public func canStillPromote(_ trial: TrialID) -> Bool { bracket.canStillPromote(trial) }
  public func checkInvariants() { bracket.checkInvariants() }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}

extension LadderSpecification {
  /// The ladder with no rung but its top.
  var topOnly: LadderSpecification {
    LadderSpecification(
      validResources: [maxResource], reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate,
      isBounded: isBounded)
  }
}
