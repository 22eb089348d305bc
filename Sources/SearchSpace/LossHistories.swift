internal import Randomness
package import TuningTypes

/// The losses of trials at all their resources, by which the order at one resource can be compared with that at another.
///
/// Of more than a fixed number of trials those with the smallest hashes are kept: a random sample, and, whatever the order in which
/// results came, the same.
package struct LossHistories: Sendable {
  private var losses: [TrialID: [Entry]] = [:]
  private var greatestHash = UInt64.max
  private let limit: Int

  private struct Entry: Sendable {
    let resource: Resource
    let loss: Double
  }

  package init(limit: Int = 16_384) { self.limit = limit }

  /// Amortised O(1).
  package mutating func add(_ trial: TrialID, resource: Resource, loss: Loss, seed: UInt64) {
    guard TrialSample.hash(of: trial, seed: seed) <= greatestHash else { return }
    losses[trial, default: []].append(Entry(resource: resource, loss: loss.isFinite ? loss.value : .infinity))
    while losses.count > limit {
      greatestHash /= 2
      losses = losses.filter { TrialSample.hash(of: $0.key, seed: seed) <= greatestHash }
    }
  }

  /// Kendall's τ of trials' losses at two resources: 1 where both order all pairs alike, 0 where no better than by chance, and how many
  /// of the trials have both. Equal losses agree with nothing.
  ///
  /// - Complexity: O(trials²).
  package func agreement(
    of lower: Resource, with upper: Resource, among trials: [TrialID]
  ) -> (tau: Double, trials: Int) {
    var pairs: [(lower: Double, upper: Double)] = []
    for trial in trials {
      guard let known = losses[trial], let first = known.last(where: { $0.resource == lower }),
        let second = known.last(where: { $0.resource == upper })
      else { continue }
      pairs.append((first.loss, second.loss))
    }
    guard pairs.count > 1 else { return (0, pairs.count) }
    var sum = 0
    for i in 1..<pairs.count {
      for j in 0..<i {
        let (a, b) = (pairs[i], pairs[j])
        if a.lower == b.lower || a.upper == b.upper { continue }
        sum += (a.lower < b.lower) == (a.upper < b.upper) ? 1 : -1
      }
    }
    return (Double(sum) / Double(pairs.count * (pairs.count - 1) / 2), pairs.count)
  }
}
