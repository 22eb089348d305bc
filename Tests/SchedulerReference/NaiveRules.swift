import Foundation
import SuccessiveHalving

/// Who runs on, and when the ladder grows, as the papers say it.
extension NaiveScheduler {
  /// Stopping-type schedulers: whether a trial that has just completed a rung runs on.
  func runsOn(_ trial: Int, after rung: Int) -> Bool {
    switch specification.algorithm {
    case .medianStopping: !isWorseThanMedian(trial, at: rung)
    case .curveStopping: !isHopeless(trial, at: rung)
    default:
      completed(rung, in: 0) < eta
        || ranked(rung, in: 0).prefix(completed(rung, in: 0) / eta).contains { $0.trial == trial }
    }
  }

  private func isWorseThanMedian(_ trial: Int, at rung: Int) -> Bool {
    let averages = trials.indices
      .filter { $0 != trial && !trials[$0].isErased && trials[$0].losses.count > rung }
      .map { trials[$0].losses[...rung].reduce(0, +) / Double(rung + 1) }
      .map { $0.isFinite ? $0 : .infinity }
      .sorted()
    guard averages.count >= specification.options[.minTrials]?.integer ?? 0, !averages.isEmpty else { return false }
    let (low, high) = (averages[(averages.count - 1) / 2], averages[averages.count / 2])
    let median = averages.count.isMultiple(of: 2) ? low / 2 + high / 2 : low
    return (trials[trial].losses[...rung].min() ?? 0) > median
  }

  /// Least squares from scratch, point by point in the order in which trials were trained to the end.
  private func isHopeless(_ trial: Int, at rung: Int) -> Bool {
    guard finished.count >= specification.options[.minTrials]?.integer ?? 0,
      let top = trials[finished.first ?? 0].losses.indices.last
    else { return false }
    var (n, mx, my, sxx, sxy, syy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    var best = Double.infinity
    for other in finished {
      let (x, y) = (trials[other].losses[rung], trials[other].losses[top])
      n += 1
      let (dx, dy) = (x - mx, y - my)
      mx += dx / n
      my += dy / n
      sxx += dx * (x - mx)
      sxy += dx * (y - my)
      syy += dy * (y - my)
      best = min(best, y)
    }
    let x = trials[trial].losses[rung]
    let isFlat = !(sxx > 0)
    guard n - (isFlat ? 1 : 2) >= 1 else { return false }
    let slope = isFlat ? 0 : sxy / sxx
    let spread = 1 + 1 / n + (isFlat ? 0 : (x - mx) * (x - mx) / sxx)
    let variance = max(0, syy - slope * sxy) / (n - (isFlat ? 1 : 2)) * spread
    let score = (best - (my + slope * (x - mx))) / variance.squareRoot()
    return 0.5 * erfc(-score / 2.0.squareRoot()) < specification.options[.stopProbability]?.number ?? 0
  }

  /// PASHA: the two highest rungs ranked, ε from all pairs that criss-cross, and a rung more if they disagree.
  mutating func growIfUnsettled() {
    let now = ranked(top, in: 0)
    var distances: [Double] = []
    for (i, a) in now.enumerated() {
      for b in now[(i + 1)...] where isNoise(a.trial, b.trial) { distances.append(abs(a.loss - b.loss)) }
    }
    if let percentile = Self.percentile90(distances.sorted()) { epsilon = percentile }
    let members = Set(now.map(\.trial))
    let before = ranked(top - 1, in: 0).filter { members.contains($0.trial) }
    for (place, one) in now.enumerated() {
      let group = before.filter { abs($0.loss - before[place].loss) <= epsilon }.map(\.trial)
      // A trial is in its own group, whatever ε is.
      guard group.contains(one.trial) || before[place].trial == one.trial else {
        top += 1
        return
      }
    }
  }

  /// As numpy.percentile(…, 90) has it.
  private static func percentile90(_ sorted: [Double]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let ninths = 9 * (sorted.count - 1)
    let low = sorted[ninths / 10]
    guard ninths % 10 > 0, sorted[ninths / 10 + 1] > low else { return low }
    return low + (sorted[ninths / 10 + 1] - low) * Double(ninths % 10) / 10
  }

  private func isNoise(_ a: Int, _ b: Int) -> Bool {
    let orders = (0...top).map { rung -> Int in
      let (x, y) = (trials[a].losses[rung], trials[b].losses[rung])
      return x.isFinite && y.isFinite ? (x < y ? -1 : x > y ? 1 : 0) : 0
    }
    guard let now = orders.last, now != 0 else { return false }
    return (0..<top).contains { middle in
      orders[middle] == -now && (0..<middle).contains { orders[$0] == now }
    }
  }
}
