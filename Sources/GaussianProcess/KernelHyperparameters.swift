internal import Elementary

/// What a Gaussian process' kernel is: its scale, its noise, and how fast it falls along each axis.
package struct KernelHyperparameters: Hashable, Sendable {
  /// The variance of the function.
  package var signalVariance: Double
  /// The variance of what is added to it in each observation.
  package var noiseVariance: Double
  /// By axis: the square of the distance over which the function changes.
  package var squaredLengthScales: [Double]

  package init(signalVariance: Double, noiseVariance: Double, squaredLengthScales: [Double]) {
    self.signalVariance = signalVariance
    self.noiseVariance = noiseVariance
    self.squaredLengthScales = squaredLengthScales
  }

  /// Where the search for the most probable ones begins.
  ///
  /// Source: Vizier (`gp_ucb_pe.py`), as are ranges and priors.
  package static func initial(axes: Int) -> Self {
    Self(signalVariance: 0.039, noiseVariance: 0.0039, squaredLengthScales: Array(repeating: 1, count: axes))
  }
}

// MARK: - As a vector of logarithms

extension KernelHyperparameters {
  /// The logarithms: signal variance, noise variance, squared length scales.
  package var logarithms: [Double] { ([signalVariance, noiseVariance] + squaredLengthScales).map { logarithm($0) } }

  package init(logarithms: [Double]) {
    let values = logarithms.map { exponential($0) }
    self.init(
      signalVariance: values[0], noiseVariance: values[1], squaredLengthScales: Array(values.dropFirst(2)))
  }

  /// What the logarithms may be.
  package static func range(axes: Int) -> (lower: [Double], upper: [Double]) {
    let lengthScale = (1e-2, 1e2)
    let ranges = [(1e-3, 10), (1e-10, 1)] + Array(repeating: lengthScale, count: axes)
    return (ranges.map { logarithm($0.0) }, ranges.map { logarithm($0.1) })
  }

  /// Minus the logarithm of their prior density, up to a constant, and its derivatives by the logarithms: 0.01·ln²(x/c) each.
  package static func penalty(_ logarithms: [Double]) -> (value: Double, gradient: [Double]) {
    var (value, gradient) = (0.0, logarithms)
    for i in logarithms.indices {
      let likely = i == 0 ? 0.039 : i == 1 ? 0.0039 : 0.5
      let distance = logarithms[i] - logarithm(likely)
      value += 0.01 * distance * distance
      gradient[i] = 0.02 * distance
    }
    return (value, gradient)
  }
}
