internal import Elementary

/// A Gaussian process over the search space, given what was observed: what it expects at a place, and how sure it is.
///
/// Its mean is zero before anything is observed. It can also be told where further observations will be made (``condition(on:)``):
/// these make it surer there and change nothing of what it expects.
///
/// Source: Rasmussen and Williams (2006), algorithm 2.1.
package struct GaussianProcess: Sendable {
  package let hyperparameters: KernelHyperparameters
  package let logMarginalLikelihood: Double
  private let kernel: MaternKernel
  /// How many points have a label; further ones follow.
  private let observedCount: Int
  /// The points as the kernel reads them.
  private var rows: [Double]
  private var factor: CholeskyFactor
  /// By point that has a label: what it adds to the mean for each unit of covariance.
  private let weights: [Double]
  /// What the kernel has on its diagonal.
  private let diagonal: Double

  /// - Parameters:
  ///   - points: one after the other, a coordinate for each axis.
  ///   - labels: one for each point; higher is better.
  /// - Complexity: O(points³).
  package init(points: [Double], labels: [Double], axes: [BanditAxis], hyperparameters: KernelHyperparameters) {
    self.hyperparameters = hyperparameters
    kernel = MaternKernel(hyperparameters, order: AxisOrder(axes))
    observedCount = labels.count
    rows = kernel.rows(points)
    let matrix = CovarianceMatrix(kernel, rows: rows, count: labels.count)
    let jitter: Double
    (factor, jitter) = matrix.factor(noiseVariance: hyperparameters.noiseVariance)
    diagonal = hyperparameters.signalVariance + hyperparameters.noiseVariance + jitter
    let padded = labels + Array(repeating: 0, count: 4 * factor.panelCount - labels.count)
    weights = factor.solve(padded)
    logMarginalLikelihood = MarginalLikelihood.value(labels: padded, weights: weights, factor: factor)
  }

  /// How many points it knows, with a label or without.
  package var count: Int { factor.count }

  /// Takes a place into account that is being observed: it is surer there from now on.
  ///
  /// - Complexity: O(points²).
  package mutating func condition(on point: [Double]) {
    let own = kernel.rows(point)
    var places = [Lanes](repeating: .zero, count: kernel.order.width)
    for column in places.indices { places[column] = Lanes(repeating: own[column]) }
    var covariances = [Lanes](repeating: .zero, count: factor.count)
    var span = covariances.mutableSpan
    kernel.covariances(places.span, rows.span, count: factor.count, into: &span)
    let at = factor.count * kernel.order.width
    if factor.count % 4 == 0 { rows.append(contentsOf: repeatElement(0, count: 4 * kernel.order.width)) }
    for column in 0..<kernel.order.width { rows[at + column] = own[column] }
    factor.append(covariances.map(\.x), diagonal: diagonal, leastPivot: 1e-13 * diagonal)
  }
}

// MARK: - At a place

extension GaussianProcess {
  /// What it expects at four places, a lane each.
  struct Posterior {
    var mean: Lanes
    /// How unsure it is.
    var deviation: Lanes
    /// How unsure it is when places without a label are left out.
    var observedDeviation: Lanes
  }

  /// What it expects of the function at a place, and its standard deviation there; without the noise.
  ///
  /// - Complexity: O(points²).
  package func posterior(at place: [Double]) -> (mean: Double, deviation: Double) {
    var scratch = Scratch()
    let found = posterior(at: place.map { Lanes(repeating: $0) }, &scratch)
    return (found.mean.x, found.deviation.x)
  }

  /// Memory for intermediate results.
  struct Scratch {
    var places: [Lanes] = []
    var sides: [Lanes] = []
  }

  /// - Parameter coordinates: of four places, by axis.
  func posterior(at coordinates: [Lanes], _ scratch: inout Scratch) -> Posterior {
    let (width, padded) = (kernel.order.width, 4 * factor.panelCount)
    if scratch.sides.count != padded { scratch.sides = Array(repeating: .zero, count: padded) }
    if scratch.places.count != width { scratch.places = Array(repeating: .zero, count: width) }
    return posterior(at: coordinates, &scratch.places, &scratch.sides)
  }

  private func posterior(at coordinates: [Lanes], _ places: inout [Lanes], _ sides: inout [Lanes]) -> Posterior {
    let order = kernel.order
    for column in 0..<order.width {
      let coordinate = coordinates[order.axes[column]]
      places[column] = column < order.orderedCount ? coordinate * kernel.factors[column] : coordinate
    }
    let known = factor.count
    var sides = sides.mutableSpan
    kernel.covariances(places.span, rows.span, count: known, into: &sides)
    for k in known..<sides.count { sides[k] = .zero }
    var mean = Lanes.zero
    let weights = weights.span
    for k in 0..<observedCount { mean += sides[k] * weights[k] }
    factor.substitute(into: &sides, from: 0, upTo: factor.panelCount)
    var explained = Lanes.zero
    for k in 0..<observedCount { explained += sides[k] * sides[k] }
    let observed = explained
    for k in observedCount..<known { explained += sides[k] * sides[k] }
    return Posterior(mean: mean, deviation: deviation(explained), observedDeviation: deviation(observed))
  }

  private func deviation(_ explained: Lanes) -> Lanes {
    let variance = Lanes(repeating: hyperparameters.signalVariance) - explained
    let least = 1e-12 * hyperparameters.signalVariance
    return variance.replacing(with: least, where: variance .< least).squareRoot()
  }
}
