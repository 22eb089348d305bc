internal import Elementary

/// How losses become the labels that a Gaussian process learns from: higher is better, their mean is about zero, and differences
/// between good ones count for more than differences between bad ones.
///
/// Source: Vizier's default warper (`output_warpers.py`).
package enum LabelWarping {
  /// - Parameter losses: not finite: infeasible.
  /// - Returns: 0 where all losses are the same, −1 where all are infeasible.
  package static func labels(losses: [Double]) -> [Double] {
    // What no loss comes near, and a sum or a difference of which is finite.
    let bound = Double.greatestFiniteMagnitude / 64
    let labels = losses.map { $0.isFinite ? -min(max($0, -bound), bound) : .nan }
    let feasible = labels.filter { !$0.isNaN }
    guard let first = feasible.first else { return labels.map { _ in -1 } }
    if feasible.count == labels.count, feasible.allSatisfy({ $0 == first }) { return labels.map { _ in 0 } }
    return infeasibleWarped(logarithmWarped(halfRankWarped(labels)))
  }

  /// Labels below the median become normal quantiles by their rank, as spread out as those above it are; NaN stays.
  package static func halfRankWarped(_ labels: [Double]) -> [Double] {
    let sorted = labels.filter { !$0.isNaN }.sorted()
    guard sorted.count > 1 else { return labels }
    let middle = sorted.count / 2
    let median = sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
    let unique = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
    let below = unique.prefix { $0 < median }.count
    let denominator = Double(below) + (unique[below] == median ? 0.5 : 0)
    let deviation = spread(of: Array(unique[below...]), around: median) ?? spread(of: unique, around: median) ?? 1
    return labels.map { label in
      // NaN is not below it either.
      guard label < median, let rank = unique.firstIndex(of: label) else { return label }
      return normalQuantile(0.5 * (Double(rank) + 0.5) / denominator) * deviation + median
    }
  }

  /// The root of the mean square distance; nil where all are equal.
  private static func spread(of values: [Double], around centre: Double) -> Double? {
    // In units of the largest distance, whose square may be beyond a double.
    let largest = values.reduce(0) { max($0, abs($1 - centre)) }
    guard largest > 0 else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - centre) / largest * (($1 - centre) / largest) }
    return largest * (squares / Double(values.count)).squareRoot()
  }

  /// Labels from −0.5 to 0.5, stretched at the upper end; NaN stays.
  package static func logarithmWarped(_ labels: [Double]) -> [Double] {
    let feasible = labels.filter { !$0.isNaN }
    guard let least = feasible.min(), let most = feasible.max(), least < most else {
      return labels.map { $0.isNaN ? $0 : 0.5 }
    }
    return labels.map { label in
      label.isNaN ? label : 0.5 - logarithm(1 + 0.5 * ((most - label) / (most - least))) / logarithm(1.5)
    }
  }

  /// NaN becomes worse than everything; then all are shifted so that their mean, by the estimated share of infeasible ones, is zero.
  package static func infeasibleWarped(_ labels: [Double]) -> [Double] {
    let feasible = labels.filter { !$0.isNaN }
    guard let least = feasible.min(), let most = feasible.max() else { return labels }
    let infeasible = least - (0.5 * (most - least) + 1)
    let share = (0.5 + Double(feasible.count)) / (1 + Double(labels.count))
    let mean = feasible.reduce(0, +) / Double(feasible.count)
    let shift = -mean * share - infeasible * (1 - share)
    return labels.map { ($0.isNaN ? infeasible : $0) + shift }
  }
}
