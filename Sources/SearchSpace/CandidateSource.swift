internal import Elementary
package import Randomness

/// Draws places of the search space around points: a point at random, then each hyperparameter from a kernel around it that is wider
/// than the one that judges.
package struct CandidateSource: Sendable {
  private let axes: [ModelAxis]
  /// A point each.
  private let rows: [Float]
  /// By axis, of ordered ones.
  private let bandwidths: [Double]
  /// By axis, of unordered ones: the probability that the point's value stays.
  private let stays: [Double]
  /// By point and axis, of ordered ones: the normal distribution's share below [0, 1], and within it.
  private let below: [Float]
  private let within: [Float]
  private let count: Int

  package init(_ rows: [Float], over axes: [ModelAxis], bandwidths: [Double], factor: Double) {
    self.axes = axes
    self.rows = rows
    let count = rows.count / axes.count
    self.count = count
    self.bandwidths = bandwidths.map { $0 * factor }
    stays = axes.map { axis in
      let smoothing = Double(axis.scale.count) / Double(count + 1)
      return axis.scale.isUnordered ? 1 - min(1, factor * smoothing / (1 + smoothing)) : 0
    }
    var below = [Float](repeating: 0, count: rows.count)
    var within = below
    let width = axes.count
    let slopes = self.bandwidths.map { $0 > 0 ? Float(1 / ($0 * 2.0.squareRoot())) : 0 }
    for start in stride(from: 0, to: rows.count, by: 8) {
      var (mean, slope) = (SIMD8<Float>.zero, SIMD8<Float>.zero)
      for lane in 0..<min(8, rows.count - start) {
        mean[lane] = rows[start + lane]
        slope[lane] = slopes[(start + lane) % width]
      }
      let (left, right) = (errorFunction(mean * slope), errorFunction((1 - mean) * slope))
      for lane in 0..<min(8, rows.count - start) {
        below[start + lane] = 0.5 - 0.5 * left[lane]
        within[start + lane] = 0.5 * (left[lane] + right[lane])
      }
    }
    self.below = below
    self.within = within
  }

  /// Draws a point. One number.
  package func pickPoint(_ generator: inout CounterGenerator) -> Int {
    min(Int(generator.uniform() * Double(count)), count - 1)
  }

  /// Draws a place on an axis, in [0, 1). One number; O(1).
  package func place(_ axis: Int, around point: Int, _ generator: inout CounterGenerator) -> Double {
    let unit = generator.uniform()
    let at = point * axes.count + axis
    let centre = rows[at]
    guard centre >= 0 else { return unit }
    if axes[axis].scale.isUnordered {
      let stays = stays[axis]
      let values = Double(axes[axis].scale.count)
      return unit < stays ? (Double(centre) + 0.5) / values : min((unit - stays) / (1 - stays), Self.mostPlace)
    }
    let share = Double(below[at]) + unit * Double(within[at])
    guard share > 0, share < 1 else { return share > 0 ? Self.mostPlace : 0 }
    return min(max(Double(centre) + bandwidths[axis] * normalQuantile(share), 0), Self.mostPlace)
  }

  private static let mostPlace = 1 - 0x1p-53
}
