public import TuningTypes

/// Stopping-type schedulers: a trial runs on, on its worker, until a rule stops it at a rung for good.
///
/// A trial that has reported at rung *k* either goes on to rung *k* + 1 at once or never trains again; nobody waits in a
/// rung to be promoted later. So trainers that cannot checkpoint can be tuned: the next job of a trial goes to the worker
/// that has it in memory. A trial that diverges is stopped. In the tuner's terms going on is another job, which
/// `continueTrial(_:)` gives before anything else, and `nextJob(canStart:)` where the worker was lost meanwhile.
///
/// The rules are ``TopShareRule`` (`stopping`, the stopping-type ASHA), ``MedianRule`` (`median`) and ``CurveRule``
/// (`curve`).
///
/// Complexity: `nextJob(canStart:)` is O(1) but for the few trials that wait for a worker; `complete(_:rung:loss:)` is
/// O(log n), of curve and median stopping besides O(rungs).
public struct EarlyStopping: TrialScheduler {
  public let specification: SchedulerSpecification
  private var bracket: Bracket
  private var rule: any StoppingRule
  /// Trials that are to run on and have no worker, the lowest first: no more than there are workers.
  private var due: [TrialID] = []

  init(specification: SchedulerSpecification, rule: any StoppingRule) {
    self.specification = specification
    self.rule = rule
    bracket = Bracket(ladder: specification.ladder, keepsOrder: false)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    if let trial = due.first { return takeUp(trial) }
    return canStart ? bracket.start() : nil
  }

  public mutating func continueTrial(_ trial: TrialID) -> Assignment? {
    defer { checkIfEnabled() }
    return takeUp(trial)
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    if rung == bracket.ladder.topRung {
      if loss.isFinite { rule.finish(trial, bracket.rungs) }
    } else if rule.letsRunOn(trial, after: rung.rawValue, bracket.rungs), loss.isFinite {
      bracket.makeDue(trial, from: rung)
      due.insert(trial, at: due.firstIndex { trial < $0 } ?? due.endIndex)
    }
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    guard let assignment = bracket.assignment(of: trial) else { preconditionFailure("trial \(trial) is not in flight") }
    for below in 0..<assignment.rung.rawValue { rule.willErase(trial, from: below, bracket.rungs) }
    _ = bracket.erase(trial)
    for below in 0..<assignment.rung.rawValue { rule.didErase(from: below, bracket.rungs) }
    checkIfEnabled()
  }

  private mutating func takeUp(_ trial: TrialID) -> Assignment? {
    guard let assignment = bracket.startDue(trial) else { return nil }
    due.removeAll { $0 == trial }
    return assignment
  }
}

extension EarlyStopping {
  public var letsTrialsRunOn: Bool { true }
  public var startedCount: Int { bracket.ledger.records.count }
  public var runningCount: Int { bracket.ledger.runningCount }
  /// Never: there is always room for a new trial.
  public var isExhausted: Bool { false }
  public var brackets: [BracketSummary] { [bracket.summary] }
  /// With the trials trained to the end, in their order, where the rule depends on it.
  public var state: SchedulerState {
    SchedulerState(specification, bracket.trialStates, rest: rule.finished.map { UInt64($0.rawValue) })
  }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.assignment(of: trial) }

  /// Whether the trial is in flight, or is to run on.
  public func canStillPromote(_ trial: TrialID) -> Bool {
    bracket.ledger.record(of: trial).map { $0.phase == .running || $0.phase == .due } ?? false
  }

  public func checkInvariants() {
    bracket.checkInvariants()
    let waiting = bracket.ledger.records.indices.filter { bracket.ledger.records[$0].phase == .due }
    precondition(due == waiting.map { TrialID($0) }, "\(due) wait for a worker, and it should be \(waiting)")
    if let violation = rule.violation(bracket.rungs) { preconditionFailure(violation) }
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}
