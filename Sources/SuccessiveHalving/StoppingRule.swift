internal import TuningTypes

/// Decides at a rung whether a trial runs on: what ``EarlyStopping`` asks of its rules.
///
/// A rule keeps its own order of the trials; their losses stay in the bracket's rungs, which every call brings along.
protocol StoppingRule: Sendable {
  /// Whether a trial that has just completed a rung, not the top one, runs on if its loss is finite. Called once for
  /// each, so that the rule can take note of it.
  mutating func letsRunOn(_ trial: TrialID, after rung: Int, _ rungs: [Rung]) -> Bool

  /// Takes note of a trial that has completed the top rung with a finite loss.
  mutating func finish(_ trial: TrialID, _ rungs: [Rung])

  /// Forgets a trial in a rung below the one it is in flight to; it is still there.
  mutating func willErase(_ trial: TrialID, from rung: Int, _ rungs: [Rung])

  /// Follows ``willErase(_:from:_:)`` when the trial is gone.
  mutating func didErase(from rung: Int, _ rungs: [Rung])

  /// The trials trained to the end, in the order in which they were, where the rule depends on it.
  var finished: [TrialID] { get }

  /// Says what contradicts the rungs, or nil. O(n log n).
  func violation(_ rungs: [Rung]) -> String?
}

extension SchedulerOption {
  /// Of median and curve stopping: how many other trials there must be to compare with. 5 by default.
  public static let minTrials = SchedulerOption("min_trials", .integer)
}

/// The trials of the rungs by some value, of which the best so many make the top. Nobody is ever taken out of it.
struct RungOrders: Sendable {
  private var orders: [TopSet<RankedTrial>] = []

  private struct Statuses: TopSetStatuses {
    let members: RungMembers

    func isErased(_ element: RankedTrial) -> Bool { !members.contains(element.trial) }
    func isTaken(_ element: RankedTrial) -> Bool { false }
  }

  func count(in rung: Int) -> Int { orders.indices.contains(rung) ? orders[rung].count : 0 }

  /// O(log n), as are all that follow.
  mutating func insert(_ trial: RankedTrial, in rung: Int, _ rungs: [Rung], top: Int) {
    while orders.count <= rung { orders.append(TopSet()) }
    orders[rung].insert(trial, Statuses(members: rungs[rung].members))
    resize(rung, rungs, to: top)
  }

  mutating func willErase(_ trial: RankedTrial, from rung: Int, _ rungs: [Rung]) {
    orders[rung].willErase(trial, Statuses(members: rungs[rung].members))
  }

  mutating func resize(_ rung: Int, _ rungs: [Rung], to top: Int) {
    guard orders.indices.contains(rung) else { return }
    orders[rung].resize(to: top, Statuses(members: rungs[rung].members))
  }

  mutating func worstOfTop(in rung: Int, _ rungs: [Rung]) -> RankedTrial? {
    guard orders.indices.contains(rung) else { return nil }
    return orders[rung].worst(Statuses(members: rungs[rung].members))
  }

  mutating func bestBelowTop(in rung: Int, _ rungs: [Rung]) -> RankedTrial? {
    guard orders.indices.contains(rung) else { return nil }
    return orders[rung].bestBelow(Statuses(members: rungs[rung].members))
  }

  func violation(_ rungs: [Rung]) -> String? {
    for (rung, order) in orders.enumerated() {
      if let violation = order.violation(Statuses(members: rungs[rung].members)) { return "rung \(rung): \(violation)" }
    }
    return nil
  }
}
