internal import Glibc
internal import TuningTypes

extension SchedulerAlgorithm {
  /// Performance-curve stopping, after Vizier; see ``CurveRule``.
  public static let curveStopping = SchedulerAlgorithm(
    name: "curve", options: [.minTrials, .stopProbability], isStoppingType: true, expectsAtMost: true,
    survivors: { $1 },
    complete: { specification throws(SchedulerError) in
      try specification.completeCount(.minTrials, default: 5)
      let probability = specification.options[.stopProbability]?.number ?? 0.05
      guard probability > 0, probability < 1 else {
        throw SchedulerError(
          SchedulerOption.stopProbability.key, "must be between 0 and 1, and is \(probability)",
          advice: "The default is 0.05: stop what becomes the best with less than 5 % probability.")
      }
      specification.options[.stopProbability] = .number(probability)
    },
    make: {
      let rule = CurveRule(minTrials: $0.integer(.minTrials), stopProbability: $0.number(.stopProbability))
      return EarlyStopping(specification: $0, rule: rule)
    })
}

extension SchedulerOption {
  /// Of curve stopping: below which probability of becoming the best a trial is stopped. 0.05 by default.
  public static let stopProbability = SchedulerOption("stop_probability", .number)
}

/// Performance-curve stopping: a trial stops at a rung if its curve makes it improbable that it becomes the best.
///
/// For each rung a straight line is fitted through the trials that were trained to the end: their loss at the top rung
/// over their loss at this one (least squares). It predicts the final loss of a trial from its loss here, with the
/// variance of a prediction, s²·(1 + 1/n + (x − x̄)²/S_xx). The trial stops if the probability of a final loss below the
/// best final loss so far is less than `stopProbability`. Nobody is stopped before `minTrials` have been trained to the
/// end; where the line is not determined or its numbers leave the range of a `Double`, the trial runs on.
///
/// Source: Golovin et al., *Google Vizier: A Service for Black-Box Optimization* (KDD 2017), section 3.2.1, which gives the
/// decision (regression on the performance curves, then the probability of exceeding the best) but neither kernel nor
/// threshold. What differs: Vizier's regression is a Gaussian process over whole curves with a kernel that measures how
/// similar they are; this is linear regression on the last point, with a normal predictive distribution, which costs O(1)
/// a decision and needs no matrix. Both learn from completed trials only.
struct CurveRule: StoppingRule {
  let minTrials: Int
  let stopProbability: Double
  /// For each rung below the top.
  private var lines: [LineFit] = []
  /// Sums of floating-point numbers depend on their order, so it is kept.
  private(set) var finished: [TrialID] = []
  private var best = Loss.diverged

  init(minTrials: Int, stopProbability: Double) {
    self.minTrials = minTrials
    self.stopProbability = stopProbability
  }

  func letsRunOn(_ trial: TrialID, after rung: Int, _ rungs: [Rung]) -> Bool {
    guard finished.count >= minTrials, let loss = rungs[rung].loss(of: trial), loss.isFinite,
      let probability = lines[rung].probability(ofLessThan: best.value, at: loss.value)
    else { return true }
    return !(probability < stopProbability)
  }

  mutating func finish(_ trial: TrialID, _ rungs: [Rung]) {
    guard let top = rungs.last, let final = top.loss(of: trial) else { return }
    finished.append(trial)
    best = min(best, final)
    while lines.count < rungs.count - 1 { lines.append(LineFit()) }
    for rung in lines.indices {
      if let loss = rungs[rung].loss(of: trial) { lines[rung].add(loss.value, final.value) }
    }
  }

  // Only trials in flight are erased, and those were not trained to the end.
  func willErase(_ trial: TrialID, from rung: Int, _ rungs: [Rung]) {}
  func didErase(from rung: Int, _ rungs: [Rung]) {}

  func violation(_ rungs: [Rung]) -> String? {
    guard let top = rungs.last, top.isTop else {
      return finished.isEmpty ? nil : "\(finished) are not trained to the end"
    }
    let trained = finished.allSatisfy { top.loss(of: $0)?.isFinite == true }
    return trained ? nil : "\(finished) are not all trained to the end"
  }
}

/// A straight line through points, fitted by least squares, and what it predicts. O(1) a point.
///
/// Means and co-moments are updated point by point, which keeps the digits that sums of squares would lose (Welford,
/// *Note on a method for calculating corrected sums of squares and products*, Technometrics 4(3), 1962).
struct LineFit: Sendable {
  private var count = 0.0
  private var meanX = 0.0
  private var meanY = 0.0
  private var sxx = 0.0
  private var sxy = 0.0
  private var syy = 0.0

  mutating func add(_ x: Double, _ y: Double) {
    count += 1
    let (dx, dy) = (x - meanX, y - meanY)
    meanX += dx / count
    meanY += dy / count
    sxx += dx * (x - meanX)
    sxy += dx * (y - meanY)
    syy += dy * (y - meanY)
  }

  /// The probability that the value at `x` is less than `limit`; nil where there are too few points, or points too far.
  func probability(ofLessThan limit: Double, at x: Double) -> Double? {
    // Where all x are the same, they say nothing, and the mean is all there is.
    let slope = sxx > 0 ? sxy / sxx : 0
    let freedom = sxx > 0 ? count - 2 : count - 1
    guard freedom >= 1 else { return nil }
    let leverage = sxx > 0 ? (x - meanX) * (x - meanX) / sxx : 0
    let variance = max(0, syy - slope * sxy) / freedom * (1 + 1 / count + leverage)
    let score = (limit - (meanY + slope * (x - meanX))) / variance.squareRoot()
    return score.isNaN ? nil : 0.5 * erfc(-score / 2.0.squareRoot())
  }
}
