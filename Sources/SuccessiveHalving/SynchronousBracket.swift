internal import TuningTypes

/// One bracket of synchronous successive halving: *n* trials, and the best of each *finished* rung go on.
///
/// What ``SynchronousSuccessiveHalving`` has one of, and ``SynchronousBrackets`` many.
struct SynchronousBracket: Sendable {
  /// *n*: how many trials rung 0 gets.
  let configurations: Int
  private(set) var bracket: Bracket
  /// Whether rung 0 is finished, for good.
  private(set) var isLowestFinished = false
  /// Trials erased so far.
  private(set) var erased = 0

  /// - Parameter survivors: how many go on from rung 0; nil for ⌊n/η⌋.
  init(ladder: LadderSpecification, configurations: Int, survivors: Int? = nil) {
    precondition(configurations >= 1, "the first rung needs a trial")
    self.configurations = configurations
    bracket = Bracket(ladder: ladder, lowestQuota: survivors)
  }

  var startedCount: Int { bracket.ledger.records.count }

  /// Whether rung 0 still takes trials.
  var isFilling: Bool { !isLowestFinished && startedCount - erased < configurations }

  /// Whether nothing will ever be given out again. O(rungs).
  var isExhausted: Bool {
    isLowestFinished && bracket.ledger.runningCount == 0 && bracket.rungs.allSatisfy { $0.promotable == nil }
  }

  /// O(rungs + log n).
  mutating func nextJob(canStart: Bool) -> Assignment? {
    if !isLowestFinished {
      // Until rung 0 is finished nobody is promoted, so every trial that was not erased is in it.
      if canStart, isFilling { return bracket.start() }
      // The rung has to do with what there is. Only a promotion closes it: an answer of nil changes nothing, so that who
      // asks in vain, which no journal records, decides nothing.
      guard bracket.running[0] == 0, let assignment = bracket.promoteBest(from: 0) else { return nil }
      isLowestFinished = true
      return assignment
    }
    for rung in bracket.rungs.indices {
      guard bracket.running[rung] == 0 else { return nil }
      if let assignment = bracket.promoteBest(from: rung) { return assignment }
    }
    return nil
  }

  /// O(log n).
  mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    if !isLowestFinished, bracket.rungs[0].completed == configurations { isLowestFinished = true }
  }

  mutating func erase(_ trial: TrialID) {
    _ = bracket.erase(trial)
    erased += 1
  }

  func canStillPromote(_ trial: TrialID) -> Bool { !isExhausted && bracket.canStillPromote(trial) }

  /// Traps where the parts contradict each other. O(n log n).
  func checkInvariants() {
    bracket.checkInvariants()
    precondition(isLowestFinished || bracket.rungs[0].promoted == 0, "promoted from a rung that is not finished")
    precondition(!isLowestFinished || bracket.running[0] == 0, "a finished rung has a trial in flight")
    precondition(startedCount - erased <= configurations, "too many trials started")
    precondition(erased == bracket.ledger.records.count { $0.phase == .erased }, "erased trials are miscounted")
  }
}
