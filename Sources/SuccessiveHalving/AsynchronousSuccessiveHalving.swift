public import TuningTypes

extension SchedulerAlgorithm {
  /// Promotion-type asynchronous successive halving; see ``AsynchronousSuccessiveHalving``.
  public static let asynchronousSuccessiveHalving = SchedulerAlgorithm(
    name: "asha", promotions: [.eager, .delayed], canDoWithoutTop: true, showsThreshold: true,
    make: { AsynchronousSuccessiveHalving(ladder: $0.ladder, promotion: $0.promotion) })
}

/// Promotion-type asynchronous successive halving (ASHA): promote whenever a rung allows it, else start a new trial.
///
/// From the highest rung down, the first that has a promotable trial promotes its best; the top rung of a bounded
/// bracket never does. Where none has, a new trial starts in rung 0, if there may be one; else the worker waits.
///
/// Complexity: `nextJob(canStart:)` and `complete(_:rung:loss:)` are O(log n) of the trials in one rung; rungs in
/// which nothing has changed since they were last found to have nothing promotable are not looked at again.
///
/// Source: Li et al., *A System for Massively Parallel Hyperparameter Tuning* (arXiv 1810.05934), Algorithm 2; it is
/// Algorithm 1 of the workshop paper before it, *Parallelizing Hyperband for Large-Scale Tuning*.
public struct AsynchronousSuccessiveHalving: TrialScheduler {
  private(set) var bracket: Bracket
  /// No rung above this one has a promotable trial.
  private var highestPromotable = -1

  public init(ladder: LadderSpecification, promotion: PromotionRule = .eager) {
    bracket = Bracket(ladder: ladder, promotion: promotion)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    while highestPromotable >= 0 {
      if let assignment = bracket.promoteBest(from: highestPromotable) { return assignment }
      highestPromotable -= 1
    }
    return canStart ? bracket.start() : nil
  }

  public mutating func nextJob(canStart: Bool, atMost limit: Resource) -> Assignment? {
    defer { checkIfEnabled() }
    for rung in stride(from: highestPromotable, through: 0, by: -1) where bracket.cost(above: rung) <= limit {
      if let assignment = bracket.promoteBest(from: rung) { return assignment }
    }
    return canStart && bracket.ladder.resources[0] <= limit ? bracket.start() : nil
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    if bracket.complete(trial, rung: rung, loss: loss) { highestPromotable = max(highestPromotable, rung.rawValue) }
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    let rung = bracket.erase(trial)
    if let highest = (0..<rung.rawValue).last(where: { bracket.hasPromotable(in: $0) }) {
      highestPromotable = max(highestPromotable, highest)
    }
    checkIfEnabled()
  }
}

extension AsynchronousSuccessiveHalving {
  public var specification: SchedulerSpecification {
    SchedulerSpecification(
      valid: .asynchronousSuccessiveHalving, ladder: bracket.ladder, promotion: bracket.promotion)
  }

  public var startedCount: Int { bracket.ledger.records.count }
  public var runningCount: Int { bracket.ledger.runningCount }
  /// Never: there is always room for a new trial.
  public var isExhausted: Bool { false }
  public var brackets: [BracketSummary] { [bracket.summary] }
  public var state: SchedulerState { SchedulerState(specification, bracket.trialStates) }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.assignment(of: trial) }
  public func canStillPromote(_ trial: TrialID) -> Bool { bracket.canStillPromote(trial) }

  public func checkInvariants() {
    bracket.checkInvariants()
    for (number, rung) in bracket.rungs.enumerated() {
      precondition(number <= highestPromotable || rung.promotable == nil, "rung \(number) waits unseen")
    }
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}
