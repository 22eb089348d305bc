internal import Foundation

/// The density of a hyperparameter's values over the cells of a grid: a kernel a cell that is hit, and a wide prior.
///
/// Parzen estimates as in Watanabe, Bansal and Hutter, *PED-ANOVA* (IJCAI 2023), with the kernel widths and priors of
/// Optuna 5.
struct DensityEstimate {
  /// By cell; they add up to 1.
  let masses: [Double]

  /// - Parameters:
  ///   - counts: how many values fell into each cell.
  ///   - isOrdered: neighbouring cells are alike.
  /// - Complexity: O(cells²).
  init(counts: [Int], isOrdered: Bool) {
    masses = isOrdered ? Self.ordered(counts) : Self.unordered(counts)
  }

  private static func ordered(_ counts: [Int]) -> [Double] {
    let total = Double(counts.reduce(0, +))
    var masses = [Double](repeating: 0, count: counts.count)
    let width = kernelWidth(counts)
    for (cell, count) in counts.enumerated() where count > 0 {
      add(normal(mean: Double(cell), deviation: width, cells: counts.count), Double(count) / (total + 1), to: &masses)
    }
    let prior = normal(
      mean: Double(counts.count - 1) / 2, deviation: Double(counts.count), cells: counts.count)
    add(prior, 1 / (total + 1), to: &masses)
    return masses
  }

  private static func unordered(_ counts: [Int]) -> [Double] {
    let total = Double(counts.reduce(0, +))
    let cells = Double(counts.count)
    let kernels = Double(counts.count { $0 > 0 } + 1)
    var masses = [Double](repeating: 1 / cells / (total + 1), count: counts.count)
    for (cell, count) in counts.enumerated() where count > 0 {
      for other in masses.indices {
        let mass = (1 / kernels + (other == cell ? 1 : 0)) / (cells / kernels + 1)
        masses[other] += mass * Double(count) / (total + 1)
      }
    }
    return masses
  }

  /// Scott's rule on the cells' numbers, with quartiles as Optuna counts them; never below half a cell at 1.64 deviations.
  static func kernelWidth(_ counts: [Int]) -> Double {
    let hit = counts.indices.filter { counts[$0] > 0 }
    let total = counts.reduce(0, +)
    guard total > 0 else { return 0.5 / 1.64 }
    let mean = hit.reduce(0.0) { $0 + Double(counts[$1]) * Double($1) } / Double(total)
    let squares = hit.reduce(0.0) { sum, cell in
      sum + Double(counts[cell]) * (Double(cell) - mean) * (Double(cell) - mean)
    }
    let deviation = (squares / Double(max(1, total - 1))).squareRoot()
    var sums: [Int] = []
    for cell in hit { sums.append((sums.last ?? 0) + counts[cell]) }
    let first = sums.firstIndex { $0 >= total / 4 } ?? 0
    let third = sums.firstIndex { $0 > total * 3 / 4 } ?? hit.count
    let quartiles = Double(hit[min(hit.count - 1, third)] - hit[first])
    return max(1.059 * min(quartiles / 1.34, deviation) * pow(Double(total), -0.2), 0.5 / 1.64)
  }

  /// A normal distribution's mass in each cell, cut off at the ends of the grid.
  private static func normal(mean: Double, deviation: Double, cells: Int) -> [Double] {
    let below = { (edge: Double) in 0.5 * (1 + erf((edge - mean) / deviation / 2.0.squareRoot())) }
    let edges = (0...cells).map { below(Double($0) - 0.5) }
    let inside = edges[cells] - edges[0]
    return (0..<cells).map { (edges[$0 + 1] - edges[$0]) / inside }
  }

  private static func add(_ masses: [Double], _ weight: Double, to sum: inout [Double]) {
    for cell in sum.indices { sum[cell] += masses[cell] * weight }
  }
}
