public import TuningTypes

/// Synchronous successive halving (SHA): *n* trials, and the best ⌊n_k/η⌋ of each *finished* rung go on. The baseline.
///
/// Rung 0 is finished when *n* trials have completed it, or when no further one can start and none is in flight: then
/// it has to do with what there is. Rung *k* is finished when the rung below is, all that it passes on have been
/// passed on, and all of them have completed rung *k*. Of a finished rung with n_k trials, the diverged among them,
/// the best ⌊n_k/η⌋ go on that have not diverged.
///
/// A trial that is erased before rung 0 is finished is replaced by a new one. Later nobody new starts; but where the
/// erased trial had taken a place among the best ⌊n_k/η⌋ of those that remain, the next best trial of that rung goes
/// on in its stead.
///
/// Complexity: `nextJob(canStart:)` is O(rungs + log n), `complete(_:rung:loss:)` is O(log n).
///
/// Source: Jamieson and Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization*; in the
/// form with brackets, Li et al., *Hyperband*, Algorithm 1, and *A System for Massively Parallel Hyperparameter
/// Tuning*, section 3.1.
public struct SynchronousSuccessiveHalving: TrialScheduler {
  /// *n*: how many trials rung 0 gets.
  public let configurations: Int
  private var bracket: Bracket
  /// Whether rung 0 is finished, for good.
  private var isLowestFinished = false
  /// Trials erased so far.
  private var erased = 0

  /// - Precondition: `configurations` ≥ 1.
  public init(ladder: LadderSpecification, configurations: Int) {
    precondition(configurations >= 1, "the first rung needs a trial")
    self.configurations = configurations
    bracket = Bracket(ladder: ladder, promotion: .eager)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    if !isLowestFinished {
      // Until rung 0 is finished nobody is promoted, so every trial that was not erased is in it.
      if canStart, startedCount - erased < configurations { return bracket.start() }
      guard bracket.running[0] == 0, bracket.rungs[0].completed > 0 else { return nil }
      isLowestFinished = true
    }
    for rung in bracket.rungs.indices {
      guard bracket.running[rung] == 0 else { return nil }
      if let assignment = bracket.promoteBest(from: rung) { return assignment }
    }
    return nil
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    if !isLowestFinished, bracket.rungs[0].completed == configurations { isLowestFinished = true }
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    _ = bracket.erase(trial)
    erased += 1
    checkIfEnabled()
  }
}

extension SynchronousSuccessiveHalving {
  public var specification: SchedulerSpecification {
    SchedulerSpecification(
      valid: .synchronousSuccessiveHalving, ladder: bracket.ladder, promotion: .eager, configurations: configurations)
  }

  public var startedCount: Int { bracket.ledger.records.count }
  public var runningCount: Int { bracket.ledger.runningCount }
  /// O(rungs).
  public var isExhausted: Bool {
    isLowestFinished && runningCount == 0 && bracket.rungs.allSatisfy { $0.promotable == nil }
  }
  public var brackets: [BracketSummary] { [bracket.summary] }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.assignment(of: trial) }
  public func canStillPromote(_ trial: TrialID) -> Bool { !isExhausted && bracket.canStillPromote(trial) }

  public func checkInvariants() {
    bracket.checkInvariants()
    precondition(isLowestFinished || bracket.rungs[0].promoted == 0, "promoted from a rung that is not finished")
    precondition(!isLowestFinished || bracket.running[0] == 0, "a finished rung has a trial in flight")
    precondition(startedCount - erased <= configurations, "too many trials started")
    precondition(erased == bracket.ledger.records.count { $0.phase == .erased }, "erased trials are miscounted")
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}

extension SynchronousSuccessiveHalving {
  public func snapshot() -> [UInt8] {
    SchedulerSnapshot(specification, bracket.histories, isLowestFinished: isLowestFinished).bytes
  }

  init(restored bracket: Bracket, configurations: Int, isLowestFinished: Bool) {
    self.configurations = configurations
    self.bracket = bracket
    self.isLowestFinished = isLowestFinished
    erased = bracket.ledger.records.count { $0.phase == .erased }
  }
}
