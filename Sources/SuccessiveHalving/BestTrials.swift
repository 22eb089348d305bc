internal import HeapModule
package import TuningTypes

/// The best *n* of a changing collection of trials, each by the best loss that it has had; ties go to the lower trial.
///
/// Two heaps: the best *n*, of which the worst comes to light, and all others, of which the best does. What has become of a trial
/// since is left in its heap and dropped when it comes to light.
package struct BestTrials: Sendable {
  /// How many are the best.
  package let limit: Int
  /// The best: all trials, where they are no more than the limit.
  package private(set) var top: Set<TrialID> = []
  /// The trials' best losses.
  private var ranks: [TrialID: RankedTrial] = [:]
  private var worstOfTop = Heap<RankedTrial>()
  private var bestOfOthers = Heap<RankedTrial>()

  /// - Parameter limit: at least 1.
  package init(limit: Int) {
    precondition(limit > 0, "the best of none")
    self.limit = limit
  }

  /// Takes down that a trial has had a loss; one that is not finite, or no better than the trial's best, changes nothing.
  ///
  /// - Returns: the trial that is among the best no more.
  /// - Complexity: O(log n), amortised.
  package mutating func note(_ loss: Loss, of trial: TrialID) -> TrialID? {
    let rank = RankedTrial(trial: trial, loss: loss)
    guard loss.isFinite, ranks[trial].map({ rank < $0 }) ?? true else { return nil }
    ranks[trial] = rank
    if top.contains(trial) {
      worstOfTop.insert(rank)
      return nil
    }
    guard top.count == limit, let worst else {
      enter(rank)
      return nil
    }
    guard rank < worst else {
      bestOfOthers.insert(rank)
      return nil
    }
    worstOfTop.removeMax()
    top.remove(worst.trial)
    bestOfOthers.insert(worst)
    enter(rank)
    return worst.trial
  }

  /// Takes a trial out; the best of the others moves up where it was among the best. O(log n), amortised.
  package mutating func remove(_ trial: TrialID) {
    guard ranks.removeValue(forKey: trial) != nil, top.remove(trial) != nil else { return }
    while let next = bestOfOthers.popMin() {
      guard ranks[next.trial] == next, !top.contains(next.trial) else { continue }
      return enter(next)
    }
  }

  private mutating func enter(_ rank: RankedTrial) {
    top.insert(rank.trial)
    worstOfTop.insert(rank)
  }

  /// The worst of the best.
  private var worst: RankedTrial? {
    mutating get {
      while let worst = worstOfTop.max {
        if ranks[worst.trial] == worst, top.contains(worst.trial) { return worst }
        worstOfTop.removeMax()
      }
      return nil
    }
  }
}
