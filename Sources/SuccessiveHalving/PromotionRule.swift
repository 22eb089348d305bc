/// When a promotable trial of a rung is promoted.
public enum PromotionRule: String, Hashable, Sendable, CaseIterable {
  /// As soon as it is among the best ⌊completed/η⌋ of its rung (ASHA, Algorithm 2).
  case eager
  /// Only while, besides, (promoted + 1)·η ≤ completed, so that no rung passes on more than its share.
  ///
  /// Source: D-ASHA of Li et al., *Hyper-Tune: Towards Efficient Hyper-parameter Tuning at Scale* (VLDB 2022).
  case delayed
}
