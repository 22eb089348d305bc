internal import TuningTypes

extension SchedulerAlgorithm {
  /// Vizier's median stopping rule; see ``MedianRule``.
  public static let medianStopping = SchedulerAlgorithm(
    name: "median", options: [.minTrials], isStoppingType: true, survivors: { $1 / 2 },
    complete: { specification throws(SchedulerError) in try specification.completeCount(.minTrials, default: 5) },
    make: { EarlyStopping(specification: $0, rule: MedianRule(minTrials: $0.integer(.minTrials))) })
}

/// The median stopping rule: a trial stops at a rung if the best of its losses so far is strictly worse than the median of
/// the other trials' running averages up to that rung.
///
/// The running average of a trial at rung *k* is the mean of its losses at rungs 0 to *k*; of a diverged one it is worse
/// than any number. Of an even number of trials the median is the mean of the middle two. Nobody is stopped before there
/// are `minTrials` others.
///
/// Source: Golovin et al., *Google Vizier: A Service for Black-Box Optimization* (KDD 2017), section 3.2.2. What differs:
/// Vizier compares with *completed* trials; here, as in Syne Tune, with every other trial that has reached the rung, be it
/// running, stopped or finished, so that the first hundreds of a parallel search are judged too. Steps are the rungs: list
/// `resources: [1, 2, 3, …]` to have a decision after each.
struct MedianRule: StoppingRule {
  let minTrials: Int
  /// By running average; the top is the lower half, the middle one included.
  private var orders = RungOrders()

  init(minTrials: Int) { self.minTrials = minTrials }

  var finished: [TrialID] { [] }

  mutating func letsRunOn(_ trial: TrialID, after rung: Int, _ rungs: [Rung]) -> Bool {
    let others = orders.count(in: rung)
    let median = others >= minTrials ? median(of: others, in: rung, rungs) : nil
    orders.insert(average(of: trial, upTo: rung, rungs), in: rung, rungs, top: (others + 2) / 2)
    guard let median, let best = (0...rung).compactMap({ rungs[$0].loss(of: trial) }).min() else { return true }
    return !(median < best)
  }

  func finish(_ trial: TrialID, _ rungs: [Rung]) {}

  mutating func willErase(_ trial: TrialID, from rung: Int, _ rungs: [Rung]) {
    orders.willErase(average(of: trial, upTo: rung, rungs), from: rung, rungs)
  }

  mutating func didErase(from rung: Int, _ rungs: [Rung]) {
    orders.resize(rung, rungs, to: (orders.count(in: rung) + 1) / 2)
  }

  func violation(_ rungs: [Rung]) -> String? { orders.violation(rungs) }

  private mutating func median(of count: Int, in rung: Int, _ rungs: [Rung]) -> Loss? {
    guard let lower = orders.worstOfTop(in: rung, rungs)?.loss else { return nil }
    guard count.isMultiple(of: 2), let upper = orders.bestBelowTop(in: rung, rungs)?.loss else { return lower }
    // Halves first: the sum of two losses may be none.
    return Loss(lower.value / 2 + upper.value / 2)
  }

  private func average(of trial: TrialID, upTo rung: Int, _ rungs: [Rung]) -> RankedTrial {
    let sum = (0...rung).reduce(0.0) { $0 + (rungs[$1].loss(of: trial)?.value ?? .nan) }
    return RankedTrial(trial: trial, loss: Loss(sum / Double(rung + 1)))
  }
}
