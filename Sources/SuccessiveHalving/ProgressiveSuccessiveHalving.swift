public import TuningTypes

extension SchedulerAlgorithm {
  /// ASHA that raises its maximum resource only when it has to; see ``ProgressiveSuccessiveHalving``.
  public static let progressiveSuccessiveHalving = SchedulerAlgorithm(
    name: "pasha", canDoWithoutTop: true, expectsAtMost: true,
    make: { ProgressiveSuccessiveHalving(ladder: $0.ladder) })
}

/// Progressive ASHA (PASHA): ASHA that trains further only when the ranking of the best is not settled.
///
/// At first the ladder ends at rung 1. Whenever a trial completes the top rung as it stands, the trials there are ranked by
/// their losses in it and in the rung below. If the two rankings agree, training further would tell nothing new, and the
/// ladder stays as it is; if not, it grows by a rung, up to R where there is one. What the agreement allows for is
/// ``SoftRanking``. In all else this is ASHA, restricted to the rungs that there are.
///
/// Complexity: as ASHA, and for a report in the top rung O(m·(rungs + log m)) besides, with *m* trials in it: the few
/// that got there. Reports further down cost nothing more.
///
/// Source: Bohdal et al., *PASHA: Efficient HPO and NAS with Progressive Resource Allocation* (ICLR 2023,
/// arXiv 2207.06940).
public struct ProgressiveSuccessiveHalving: TrialScheduler {
  private var bracket: Bracket
  /// The top rung as it stands.
  private var top: Int
  private var ranking = SoftRanking()

  public init(ladder: LadderSpecification) {
    bracket = Bracket(ladder: ladder)
    top = min(1, ladder.topRung.rawValue)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    for rung in (0..<min(top, bracket.rungs.count)).reversed() {
      if let assignment = bracket.promoteBest(from: rung) { return assignment }
    }
    return canStart ? bracket.start() : nil
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    if rung.rawValue == top, top < bracket.ladder.topRung.rawValue {
      ranking.add(trial, top: top, bracket.rungs)
      if !ranking.isSettled {
        top += 1
        ranking.startAgain()
      }
    }
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    // It is in flight, and so in no ranking, which is of the top rung.
    _ = bracket.erase(trial)
    checkIfEnabled()
  }
}

extension ProgressiveSuccessiveHalving {
  public var specification: SchedulerSpecification {
    SchedulerSpecification(valid: .progressiveSuccessiveHalving, ladder: bracket.ladder)
  }

  public var startedCount: Int { bracket.ledger.records.count }
  public var runningCount: Int { bracket.ledger.runningCount }
  /// Never: there is always room for a new trial.
  public var isExhausted: Bool { false }
  public var brackets: [BracketSummary] { [bracket.summary] }
  /// With the top rung as it stands, and ε.
  public var state: SchedulerState {
    SchedulerState(specification, bracket.trialStates, rest: [UInt64(top), ranking.epsilon.bitPattern])
  }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.assignment(of: trial) }
  /// The ladder may grow: only R itself is the end.
  public func canStillPromote(_ trial: TrialID) -> Bool { bracket.canStillPromote(trial) }

  public func checkInvariants() {
    bracket.checkInvariants()
    precondition(bracket.rungs.count <= top + 1, "a trial trains further than the ladder reaches")
    precondition(top <= bracket.ladder.topRung.rawValue, "the ladder is higher than R")
    let isOpen = top < bracket.ladder.topRung.rawValue
    let ranked = isOpen && top < bracket.rungs.count ? bracket.rungs[top].completed : 0
    precondition(ranking.count == ranked, "\(ranking.count) are ranked, and \(ranked) have completed the top rung")
    precondition(ranking.isSettled, "the ranking is not settled, and the ladder has not grown")
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}
