internal import Elementary

/// The axes in the order in which the kernel goes through them: ordered ones first.
struct AxisOrder: Sendable {
  /// The axes' numbers, by column.
  let axes: [Int]
  /// How many of them are ordered.
  let orderedCount: Int

  init(_ axes: [BanditAxis]) {
    let ordered = axes.indices.filter { !axes[$0].isUnordered }
    self.axes = ordered + axes.indices.filter { axes[$0].isUnordered }
    orderedCount = ordered.count
  }

  var width: Int { axes.count }
}

/// The Matérn kernel of smoothness 5/2, s·(1 + √5·r + 5/3·r²)·e^(−√5·r), with a length scale for each axis.
///
/// r² is the sum of what the axes add: (Δ/ℓ)² where values are ordered, 1/ℓ² where they are not and differ.
///
/// Source: Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), 4.2.1; the unordered axes as in TensorFlow
/// Probability's `FeatureScaledWithCategorical`.
struct MaternKernel: Sendable {
  let order: AxisOrder
  let signalVariance: Double
  /// By column: 1/ℓ where the axis is ordered, else 1/ℓ².
  let factors: [Double]

  init(_ hyperparameters: KernelHyperparameters, order: AxisOrder) {
    self.order = order
    signalVariance = hyperparameters.signalVariance
    factors = order.axes.enumerated().map { column, axis in
      let square = hyperparameters.squaredLengthScales[axis]
      return column < order.orderedCount ? 1 / square.squareRoot() : 1 / square
    }
  }

  /// Points, one after the other, as the kernel reads them: in its order, in length scales where they are ordered; filled up with
  /// zeros to a multiple of four.
  func rows(_ points: [Double]) -> [Double] {
    guard order.width > 0 else { return [] }
    let count = points.count / order.width
    var rows = [Double](repeating: 0, count: 4 * CholeskyFactor.panelCount(rows: count) * order.width)
    for point in 0..<count {
      let start = point * order.width
      for column in 0..<order.width {
        let coordinate = points[start + order.axes[column]]
        rows[start + column] = column < order.orderedCount ? coordinate * factors[column] : coordinate
      }
    }
    return rows
  }

  /// Four of these rows, a lane each, by column.
  func lanes(_ rows: [Double], from first: Int, into lanes: inout [Lanes]) {
    let start = first * order.width
    for column in 0..<order.width {
      lanes[column] = Lanes(
        rows[start + column], rows[start + order.width + column], rows[start + 2 * order.width + column],
        rows[start + 3 * order.width + column])
    }
  }

  /// r² between four places and the first `count` rows.
  @inline(__always)
  func squaredDistances(
    _ places: Span<Lanes>, _ rows: Span<Double>, count: Int, into distances: inout MutableSpan<Lanes>
  ) {
    let (width, ordered) = (order.width, order.orderedCount)
    let factors = factors.span
    for k in 0..<count {
      let row = rows.extracting(k * width..<(k + 1) * width)
      var sum = Lanes.zero
      for column in 0..<ordered {
        let difference = places[column] - row[column]
        sum += difference * difference
      }
      for column in ordered..<width {
        sum += Lanes.zero.replacing(with: factors[column], where: places[column] .!= row[column])
      }
      distances[k] = sum
    }
  }

  /// The kernel at r², and minus its derivative by r².
  @inline(__always)
  func covariance(_ squaredDistance: Lanes) -> (value: Lanes, slope: Lanes) {
    let distance = (squaredDistance * 5).squareRoot()
    let decay = exponential(-distance) * signalVariance
    let linear = distance + 1
    return ((linear + squaredDistance * (5.0 / 3)) * decay, linear * decay * (5.0 / 6))
  }

  /// The kernel between four places and the first `count` rows.
  @inline(__always)
  func covariances(_ places: Span<Lanes>, _ rows: Span<Double>, count: Int, into values: inout MutableSpan<Lanes>) {
    squaredDistances(places, rows, count: count, into: &values)
    for k in 0..<count { values[k] = covariance(values[k]).value }
  }
}

// MARK: - Between all points

/// The kernel between all points, without noise: the lower triangle in panels, as ``CholeskyFactor`` has it.
struct CovarianceMatrix: Sendable {
  let count: Int
  /// Rows that fill up the last panel are those of the identity.
  private(set) var values: [Lanes]
  /// Minus the derivatives by r²; empty where they were not wanted.
  private(set) var slopes: [Lanes]
  private let signalVariance: Double

  /// - Complexity: O(count² · axes).
  init(_ kernel: MaternKernel, rows: [Double], count: Int, withSlopes: Bool = false) {
    self.count = count
    signalVariance = kernel.signalVariance
    let panelCount = CholeskyFactor.panelCount(rows: count)
    let size = CholeskyFactor.offset(ofPanel: panelCount)
    values = Array(repeating: .zero, count: size)
    slopes = Array(repeating: .zero, count: withSlopes ? size : 0)
    var places = [Lanes](repeating: .zero, count: kernel.order.width)
    var distances = [Lanes](repeating: .zero, count: 4 * panelCount)
    for panel in 0..<panelCount {
      kernel.lanes(rows, from: 4 * panel, into: &places)
      let (start, width) = (CholeskyFactor.offset(ofPanel: panel), 4 * panel + 4)
      var panelDistances = distances.mutableSpan
      kernel.squaredDistances(places.span, rows.span, count: width, into: &panelDistances)
      for k in 0..<width {
        let (value, slope) = kernel.covariance(panelDistances[k])
        values[start + k] = value
        if withSlopes { slopes[start + k] = slope }
      }
    }
    for row in count..<4 * panelCount {
      let start = CholeskyFactor.offset(ofPanel: row / 4)
      for k in 0..<4 * panelCount { values[start + k][row % 4] = 0 }
      values[start + row] = .zero
      values[start + row][row % 4] = 1
    }
  }

  /// The factor of the matrix with noise on its diagonal, and what was added beyond the noise because there was none without.
  ///
  /// - Complexity: O(count³).
  func factor(noiseVariance: Double) -> (factor: CholeskyFactor, jitter: Double) {
    let leastPivot = 1e-13 * (signalVariance + noiseVariance)
    for share in [0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1] {
      let jitter = share * signalVariance
      var matrix = values
      for row in 0..<count {
        matrix[CholeskyFactor.offset(ofPanel: row / 4) + row][row % 4] += noiseVariance + jitter
      }
      if let factor = CholeskyFactor(of: matrix, count: count, leastPivot: leastPivot) { return (factor, jitter) }
    }
    preconditionFailure("coordinates are finite")
  }
}
