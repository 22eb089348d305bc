public import TuningTypes

/// The trials that have completed one rung, and which of them is to be promoted next.
///
/// Of *n* completed trials (the diverged and the promoted among them) the best ⌊n/η⌋ make the top of the rung; a
/// diverged trial is never in it. Promotable is the best trial of the top that was not promoted yet, ties going to
/// the lower trial.
///
/// Each method is O(log n) in the worst case but for the growth of arrays, and never sorts; see ``TopSet`` and
/// ``RungMembers``.
///
/// Source: Li et al., *A System for Massively Parallel Hyperparameter Tuning*, Algorithm 2 (`get_job`).
public struct Rung: Sendable {
  public let reductionFactor: Int
  public let promotion: PromotionRule
  /// Whether nobody is promoted from here, as from the top rung of a bounded bracket. It then keeps no order.
  public let isTop: Bool
  /// How many trials the top has room for where that is fixed, and no share of the completed.
  let fixedQuota: Int?
  /// Whether the rung itself ranks its trials. Where a rule outside decides who goes on, it only keeps the losses.
  let keepsOrder: Bool

  /// Trials that have completed the rung: *n*.
  public private(set) var completed = 0
  /// Those of them that have gone on to the rung above.
  public private(set) var promoted = 0

  private(set) var members = RungMembers()
  private(set) var top = TopSet<RankedTrial>()

  public init(reductionFactor: Int, promotion: PromotionRule = .eager, isTop: Bool = false) {
    self.init(
      reductionFactor: reductionFactor, promotion: promotion, isTop: isTop, fixedQuota: nil, keepsOrder: !isTop)
  }

  init(reductionFactor: Int, promotion: PromotionRule, isTop: Bool, fixedQuota: Int?, keepsOrder: Bool) {
    precondition(reductionFactor >= 2, "a reduction factor is at least 2")
    self.reductionFactor = reductionFactor
    self.promotion = promotion
    self.isTop = isTop
    self.fixedQuota = fixedQuota
    self.keepsOrder = keepsOrder
  }

  /// How many trials the top has room for: ⌊n/η⌋, unless it is fixed.
  public var quota: Int { fixedQuota ?? completed / reductionFactor }

  /// The trial to be promoted next, or nil. O(1).
  public var promotable: TrialID? {
    // (promoted + 1)·η ≤ completed, without the product.
    if promotion == .delayed, promoted >= quota { return nil }
    return top.best?.trial
  }

  /// The loss with which `trial` completed the rung, or nil where it did not. O(1).
  public func loss(of trial: TrialID) -> Loss? { members.loss(of: trial) }

  /// Takes in a trial that has not been here before, and says whether one is promotable then. O(log n).
  @discardableResult
  public mutating func complete(_ trial: TrialID, loss: Loss) -> Bool {
    members.insert(trial, loss: loss)
    completed += 1
    guard keepsOrder else { return false }
    if loss.isFinite { top.insert(RankedTrial(trial: trial, loss: loss), members) }
    top.resize(to: quota, members)
    return promotable != nil
  }

  /// Promotes the promotable trial and names it, or gives nil where there is none. O(log n).
  public mutating func promoteBest() -> TrialID? {
    guard promotable != nil, let best = top.takeBest(members) else { return nil }
    members.markPromoted(best.trial)
    promoted += 1
    return best.trial
  }

  /// Lets a trial go on that something else than the rung's own order has chosen. O(1).
  mutating func promote(_ trial: TrialID) {
    precondition(!keepsOrder && !isTop, "the rung chooses by itself")
    members.markPromoted(trial)
    promoted += 1
  }

  /// Takes out a trial as if it never had been here. Amortised O(log n).
  public mutating func erase(_ trial: TrialID) {
    guard let loss = members.loss(of: trial) else { preconditionFailure("trial \(trial) is not in this rung") }
    let isRanked = loss.isFinite && keepsOrder
    if isRanked { top.willErase(RankedTrial(trial: trial, loss: loss), members) }
    if members.isPromoted(trial) { promoted -= 1 }
    members.remove(trial)
    completed -= 1
    if keepsOrder { top.resize(to: quota, members) }
  }
}
