internal import Glibc
internal import Randomness
internal import SearchSpace
internal import TuningTypes

/// The part of the synthetic trainer that the whole study shares: how good a configuration is.
///
/// Every hyperparameter's value lies at a place u in [0, 1] of its domain, on the domain's own scale.
struct SyntheticSurface: Sendable {
  enum Shape: String, CaseIterable { case quadratic, hartmann6, chance }

  private struct Axis: Sendable {
    let ruler: Ruler
    let optimum: Double
    let weight: Double
  }

  /// A domain, measured once, so that a value's place costs as little as can be.
  fileprivate struct Ruler: Sendable {
    /// Of a range.
    var min = 0.0
    /// Of a range, on its scale; of a list, the steps from one end to the other.
    var width: Double
    var isLogarithmic = false
  }

  private let shape: Shape
  private let layout: Configuration.Layout
  private let axes: [Axis]

  init(_ shape: Shape, space: SearchSpace, seed: UInt64) {
    self.shape = shape
    layout = space.layout
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 0)
    axes = space.parameters.map { parameter in
      let optimum = 0.1 + 0.8 * generator.uniform()
      return Axis(
        ruler: Ruler(parameter.domain), optimum: optimum, weight: 0.2 + generator.uniform())
    }
  }

  /// What the loss falls to, in [0.05, 1): in the end, and as far as can be told at `fidelity`, which is the share of
  /// *R* that was trained. Only hartmann6 tells the two apart.
  ///
  /// - Parameter luck: the trial's own, uniform in [0, 1): of `chance`, all that there is.
  func asymptote(of configuration: Configuration, fidelity: Double, luck: @autoclosure () -> Double)
    -> (atFidelity: Double, final: Double)
  {
    switch shape {
    case .chance:
      let value = Self.loss(ofShare: luck())
      return (value, value)
    case .quadratic:
      let value = quadratic(configuration)
      return (value, value)
    case .hartmann6:
      let value = Hartmann6.value(at: place(of: configuration), fidelity: fidelity)
      return (Self.loss(ofShare: value.atFidelity), Self.loss(ofShare: value.final))
    }
  }

  private static func loss(ofShare share: Double) -> Double { 0.05 + 0.95 * (1 - min(1, max(0, share))) }

  private func quadratic(_ configuration: Configuration) -> Double {
    var (sum, weights) = (0.0, 0.0)
    visit(configuration) { axis, place in
      let distance = place - axes[axis].optimum
      sum += axes[axis].weight * distance * distance
      weights += axes[axis].weight
    }
    guard weights > 0 else { return 0.05 }
    return 0.05 + 0.95 * (1 - exp(-4 * sum / weights))
  }

  /// The places of the first six hyperparameters; the optimum's where there are fewer, or where one is inactive.
  private func place(of configuration: Configuration) -> Hartmann6.Point {
    var point = Hartmann6.optimum
    visit(configuration) { axis, place in if axis < 6 { point[axis] = place } }
    return point
  }

  @inline(__always)
  private func visit(_ configuration: Configuration, _ body: (_ axis: Int, _ place: Double) -> Void) {
    if configuration.layout === layout {
      visit(laidOut: configuration, body)
    } else {
      visit(laidOut: configuration.laidOut(as: layout), body)
    }
  }

  @inline(__always)
  private func visit(laidOut configuration: Configuration, _ body: (_ axis: Int, _ place: Double) -> Void) {
    for axis in axes.indices {
      if let place = axes[axis].ruler.place(of: configuration[axis]) { body(axis, place) }
    }
  }
}

/// The Hartmann function of six dimensions with its multi-fidelity extension, turned round and divided by its height, so
/// that the optimum is 1 and far from it is 0.
///
/// At fidelity z each α is less by 0.1·(1 − z): the best places look less good than they are.
///
/// Source: Dixon and Szegö, *Towards Global Optimisation* 2, 1978; Kandasamy, Dasarathy, Schneider, Póczos,
/// *Multi-fidelity Bayesian Optimisation with Continuous Approximations*, ICML 2017.
enum Hartmann6 {
  /// Six coordinates; the last two lanes stay zero.
  typealias Point = SIMD8<Double>

  static let optimum = Point(0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573, 0, 0)
  static let height = 3.32237

  static func value(at point: Point, fidelity: Double) -> (atFidelity: Double, final: Double) {
    var (atFidelity, final) = (0.0, 0.0)
    for i in 0..<4 {
      let distance = point - centres[i]
      let hill = exp(-(widths[i] * distance * distance).sum())
      final += heights[i] * hill
      atFidelity += (heights[i] - 0.1 * (1 - fidelity)) * hill
    }
    return (atFidelity / height, final / height)
  }

  private static let heights = SIMD4(1.0, 1.2, 3.0, 3.2)
  private static let widths: [Point] = [
    [10, 3, 17, 3.5, 1.7, 8, 0, 0], [0.05, 10, 17, 0.1, 8, 14, 0, 0], [3, 3.5, 1.7, 10, 17, 8, 0, 0],
    [17, 8, 0.05, 10, 0.1, 14, 0, 0],
  ]
  private static let centres: [Point] = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886, 0, 0], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991, 0, 0],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650, 0, 0], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381, 0, 0],
  ]
}

extension SyntheticSurface.Ruler {
  init(_ domain: Domain) {
    switch domain {
    case .float(let domain): self.init(domain.min, domain.max, domain.scale)
    case .integer(let domain): self.init(Double(domain.min), Double(domain.max), domain.scale)
    case .categorical(let values), .ordinal(let values): self.init(width: Double(values.count - 1))
    }
  }

  private init(_ min: Double, _ max: Double, _ scale: Domain.Scale) {
    let isLogarithmic = scale == .log
    self.init(min: min, width: isLogarithmic ? Glibc.log(max / min) : max - min, isLogarithmic: isLogarithmic)
  }

  /// Where a value lies, from 0 to 1 on the domain's own scale; nil where there is none.
  func place(of value: Configuration.Cell) -> Double? {
    switch value {
    case .absent: nil
    case .integer(let number): place(of: Double(number))
    case .real(let number): place(of: number)
    case .listed(let position): width > 0 ? Double(position) / width : 0
    }
  }

  private func place(of number: Double) -> Double {
    guard width > 0 else { return 0 }
    return (isLogarithmic ? Glibc.log(number / min) : number - min) / width
  }
}
