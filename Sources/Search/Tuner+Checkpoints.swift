internal import SuccessiveHalving
public import TuningTypes

/// Whose checkpoints stay.
extension Tuner {
  /// Whether the trial is in flight or may train on, so that its checkpoint matters to the search. O(1).
  public func needsCheckpoint(of trial: TrialID) -> Bool { scheduler.canStillPromote(trial) }

  /// Whether the trial's checkpoint stays: it matters to the search, or the study keeps it. O(1).
  public func keepsCheckpoint(of trial: TrialID) -> Bool { isKept(trial) || needsCheckpoint(of: trial) }

  /// Whose checkpoints stay when the study has finished; nil: all that are there. O(those that stay).
  public var checkpointsKeptAtEnd: Set<TrialID>? {
    switch plan.checkpoints {
    case .promotable: []
    case .all: nil
    case .best: bestTrials?.top ?? []
    }
  }

  private func isKept(_ trial: TrialID) -> Bool {
    plan.checkpoints == .all || bestTrials?.top.contains(trial) ?? false
  }

  /// Takes down a trial's loss, and lets go whose checkpoint was kept until then as one of the best.
  mutating func rank(_ trial: TrialID, _ loss: Loss, into actions: inout [Action]) {
    guard let displaced = bestTrials?.note(loss, of: trial) else { return }
    // A job that was told to stop may still write; its trial is released when it has ended.
    guard !stoppedInFlight.contains(displaced) else { return }
    release(displaced, into: &actions)
  }

  /// Forgets a trial that will not train again, and its checkpoint, unless the study keeps that.
  mutating func release(_ trial: TrialID, into actions: inout [Action]) {
    guard !needsCheckpoint(of: trial) else { return }
    trials.release(trial)
    if !isKept(trial) { discardCheckpoint(of: trial, into: &actions) }
  }

  /// Forgets a trial that makes no sense.
  mutating func forgetInvalid(_ trial: TrialID, into actions: inout [Action]) {
    trials.release(trial)
    if plan.checkpoints != .all { discardCheckpoint(of: trial, into: &actions) }
  }

  private mutating func discardCheckpoint(of trial: TrialID, into actions: inout [Action]) {
    bestTrials?.remove(trial)
    actions.append(.discardCheckpoint(trial))
  }
}
