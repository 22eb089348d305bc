internal import Elementary

/// How probable labels are under a Gaussian process, as a function of its hyperparameters.
///
/// Source: Rasmussen and Williams (2006), equations 5.8 and 5.9.
package struct MarginalLikelihood {
  private let order: AxisOrder
  private let points: [Double]
  /// Filled up with zeros to whole panels.
  private let labels: [Double]
  private let count: Int
  private var last: Evaluation?

  /// What the gradient needs of the value.
  private struct Evaluation {
    let hyperparameters: KernelHyperparameters
    let matrix: CovarianceMatrix
    let rows: [Double]
    let factor: CholeskyFactor
    let jitter: Double
    let weights: [Double]
  }

  /// - Parameters:
  ///   - points: one after the other, a coordinate for each axis.
  ///   - labels: one for each point.
  package init(points: [Double], labels: [Double], axes: [BanditAxis]) {
    order = AxisOrder(axes)
    self.points = points
    count = labels.count
    self.labels = labels + Array(repeating: 0, count: 4 * CholeskyFactor.panelCount(rows: count) - count)
  }

  /// The logarithm of the labels' probability density.
  ///
  /// - Complexity: O(points² · axes + points³).
  package mutating func value(_ hyperparameters: KernelHyperparameters) -> Double {
    let kernel = MaternKernel(hyperparameters, order: order)
    let rows = kernel.rows(points)
    let matrix = CovarianceMatrix(kernel, rows: rows, count: count, withSlopes: true)
    let (factor, jitter) = matrix.factor(noiseVariance: hyperparameters.noiseVariance)
    let weights = factor.solve(labels)
    last = Evaluation(
      hyperparameters: hyperparameters, matrix: matrix, rows: rows, factor: factor, jitter: jitter, weights: weights)
    return Self.value(labels: labels, weights: weights, factor: factor)
  }

  static func value(labels: [Double], weights: [Double], factor: CholeskyFactor) -> Double {
    var value = -0.5 * Double(factor.count) * 1.837_877_066_409_345_5  // ln 2π
    for pivot in factor.diagonal { value -= logarithm(pivot) }
    for (label, weight) in zip(labels, weights) { value -= 0.5 * label * weight }
    return value
  }

  /// The derivatives of the last value by the hyperparameters' logarithms.
  ///
  /// - Complexity: O(points² · axes + points³).
  package func gradient() -> [Double] {
    guard let last else { preconditionFailure("a gradient is that of a value") }
    let (weights, factor) = (last.weights, last.factor)
    let inverse = factor.inverse()
    // Of K⁻¹, the trace; of the weights α = K⁻¹·y, α·α and y·α.
    var (trace, square, fit) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      trace += inverse[CholeskyFactor.offset(ofPanel: i / 4) + i][i % 4]
      square += weights[i] * weights[i]
      fit += weights[i] * labels[i]
    }
    let noise = last.hyperparameters.noiseVariance
    // The trace of (αᵀα − K⁻¹)·K is y·α − n; without what is on the diagonal alone it belongs to the signal.
    let signal = 0.5 * (fit - Double(count) - (noise + last.jitter) * (square - trace))
    var gradient = [signal, 0.5 * noise * (square - trace)] + Array(repeating: 0, count: order.width)
    let sums = scaleSums(last, inverse: inverse)
    for column in 0..<order.width { gradient[2 + order.axes[column]] = sums[column] }
    return gradient
  }

  /// By column: the sum over all pairs of points of (α·α − K⁻¹) times the kernel's slope times what the axis adds to r².
  private func scaleSums(_ last: Evaluation, inverse: [Lanes]) -> [Double] {
    let kernel = MaternKernel(last.hyperparameters, order: order)
    var places = [Lanes](repeating: .zero, count: order.width)
    var sums = places
    let (all, weights) = (last.rows.span, last.weights.span)
    let (slopes, inverse) = (last.matrix.slopes.span, inverse.span)
    let factors = kernel.factors.span
    let (width, ordered) = (order.width, order.orderedCount)
    for panel in 0..<last.factor.panelCount {
      kernel.lanes(last.rows, from: 4 * panel, into: &places)
      let places = places.span
      var sums = sums.mutableSpan
      let start = CholeskyFactor.offset(ofPanel: panel)
      let row = 4 * panel
      let own = Lanes(weights[row], weights[row + 1], weights[row + 2], weights[row + 3])
      for k in 0..<row + 4 {
        var pull = (own * weights[k] - inverse[start + k]) * slopes[start + k]
        // Pairs in the triangle above the diagonal come again below it.
        if k > row { for lane in 0..<k - row { pull[lane] = 0 } }
        let point = all.extracting(k * width..<(k + 1) * width)
        for column in 0..<ordered {
          let difference = places[column] - point[column]
          sums[column] += pull * difference * difference
        }
        for column in ordered..<width {
          sums[column] += pull * Lanes.zero.replacing(with: factors[column], where: places[column] .!= point[column])
        }
      }
    }
    return sums.map(\.total)
  }
}
