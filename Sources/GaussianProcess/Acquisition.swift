/// What a place promises: how good it may be, or how much would be learnt there.
///
/// Source: GP-UCB-PE as in Vizier (`gp_ucb_pe.py`), after Contal et al., *Parallel Gaussian Process Optimization with Upper
/// Confidence Bound and Pure Exploration*, 2013.
struct Acquisition: Sendable {
  enum Rule: Sendable {
    /// μ + 1.8·σ.
    case upperConfidenceBound
    /// σ, less a penalty where μ + 0.5·σ of the observed points is below a threshold.
    case pureExploration(threshold: Double)
  }

  /// Knows the places that are being tried.
  let process: GaussianProcess
  /// The same without noise, where that is high: for it a place that was tried needs no second trial.
  let noiseless: GaussianProcess?
  let rule: Rule
  let region: TrustRegion?

  /// What no score inside the trust region comes near.
  static let outside = -1e6
  static let boundFactor = 1.8
  private static let exploredBoundFactor = 0.5
  private static let penaltyFactor = 10.0

  /// The scores of four places, a lane each.
  func scores(at coordinates: [Lanes], _ scratch: inout GaussianProcess.Scratch) -> Lanes {
    let known = process.posterior(at: coordinates, &scratch)
    let deviation = noiseless.map { $0.posterior(at: coordinates, &scratch).deviation } ?? known.deviation
    let scores: Lanes
    switch rule {
    case .upperConfidenceBound: scores = known.mean + deviation * Self.boundFactor
    case .pureExploration(let threshold):
      let excess = known.mean + known.observedDeviation * Self.exploredBoundFactor - threshold
      scores = deviation + excess.replacing(with: 0, where: excess .> 0) * Self.penaltyFactor
    }
    return region?.applied(to: scores, at: coordinates) ?? scores
  }

  /// The scores of places, one after the other, a coordinate for each axis.
  func scores(of places: [Double], width: Int, _ scratch: inout GaussianProcess.Scratch) -> [Double] {
    let count = places.count / width
    var scores: [Double] = []
    scores.reserveCapacity(count + 3)
    var coordinates = [Lanes](repeating: .zero, count: width)
    for first in stride(from: 0, to: count, by: 4) {
      Self.load(places, from: first, into: &coordinates)
      let four = self.scores(at: coordinates, &scratch)
      for lane in 0..<min(4, count - first) { scores.append(four[lane]) }
    }
    return scores
  }

  /// Four places, a lane each, by axis; the last one again where there are no more.
  fileprivate static func load(_ places: [Double], from first: Int, into coordinates: inout [Lanes]) {
    let width = coordinates.count
    let last = places.count / width - 1
    for lane in 0..<4 {
      let start = min(first + lane, last) * width
      for axis in 0..<width { coordinates[axis][lane] = places[start + axis] }
    }
  }
}

/// The mean at the point whose upper confidence bound is the largest: what a place must be able to reach to be worth exploring.
struct ExplorationThreshold: Sendable {
  private var largestBound = -Double.infinity
  private(set) var mean = 0.0

  /// - Parameter points: that were tried or are about to be, one after the other.
  mutating func consider(_ points: [Double], width: Int, in process: GaussianProcess) {
    var scratch = GaussianProcess.Scratch()
    var coordinates = [Lanes](repeating: .zero, count: width)
    for first in stride(from: 0, to: points.count / width, by: 4) {
      Acquisition.load(points, from: first, into: &coordinates)
      let known = process.posterior(at: coordinates, &scratch)
      let bounds = known.mean + known.observedDeviation * Acquisition.boundFactor
      for lane in 0..<4 where bounds[lane] > largestBound { (largestBound, mean) = (bounds[lane], known.mean[lane]) }
    }
  }
}
