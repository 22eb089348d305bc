internal import TuningTypes

/// A scheduler's state as a value: equal for equal states, however they came about.
///
/// Tests compare it between a scheduler and another that got the same results. Heaps and pages of memory differ where
/// calls came in another order; what is here does not.
public struct SchedulerState: Hashable, Sendable {
  /// What a trial has done. Which trials of a rung were promoted, what is in flight, and every count follow from it.
  struct Trial: Hashable, Sendable {
    /// The position of the trial's bracket.
    let bracket: Int
    let record: TrialLedger.Record
    /// The bits of the losses with which it completed rungs, from the bottom up: −0 is not 0 here.
    let losses: [UInt64]
  }

  let specification: SchedulerSpecification
  let trials: [Trial]
  /// What does not follow from the trials, as numbers: each scheduler says which.
  let rest: [UInt64]

  init(_ specification: SchedulerSpecification, _ trials: [Trial], rest: [UInt64] = []) {
    self.specification = specification
    self.trials = trials
    self.rest = rest
  }
}

extension Bracket {
  /// What a trial has done. O(rungs).
  func state(of trial: TrialID, bracket: Int = 0) -> SchedulerState.Trial {
    let record = ledger.records[trial.rawValue]
    let losses = rungs[..<record.completedRungs].compactMap { $0.loss(of: trial)?.value.bitPattern }
    return SchedulerState.Trial(bracket: bracket, record: record, losses: losses)
  }

  /// What all trials have done, of a scheduler with one bracket. O(trials · rungs of each).
  var trialStates: [SchedulerState.Trial] { ledger.records.indices.map { state(of: TrialID($0)) } }
}
