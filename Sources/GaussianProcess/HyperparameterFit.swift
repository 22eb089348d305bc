internal import Randomness

extension KernelHyperparameters {
  /// The most probable ones, given labels and their prior: the best of several ascents.
  ///
  /// The first begins where ``initial(axes:)`` does, the others at random; fewer of them where an ascent takes long.
  ///
  /// - Parameters:
  ///   - points: one after the other, a coordinate for each axis.
  ///   - iterations: of each ascent.
  /// - Complexity: O(iterations · points³).
  package static func mostProbable(
    points: [Double], labels: [Double], axes: [BanditAxis], seed: UInt64, iterations: Int = 50
  ) -> Self {
    guard !labels.isEmpty else { return .initial(axes: axes.count) }
    var generator = CounterGenerator(seed: seed, purpose: .gaussianProcess, index: UInt64(labels.count) << 32)
    let range = range(axes: axes.count)
    var best = ascend(
      from: .initial(axes: axes.count), points: points, labels: labels, axes: axes, iterations: iterations)
    for _ in 0..<restarts(points: labels.count) {
      let start = range.lower.indices.map {
        range.lower[$0] + generator.uniform() * (range.upper[$0] - range.lower[$0])
      }
      let found = ascend(
        from: Self(logarithms: start), points: points, labels: labels, axes: axes, iterations: iterations)
      if found.logPosterior > best.logPosterior { best = found }
    }
    return best.hyperparameters
  }

  private static func restarts(points: Int) -> Int { points <= 128 ? 4 : points <= 256 ? 2 : 1 }

  /// An ascent from one place: where it ends, and the logarithm of the posterior density there, up to a constant.
  package static func ascend(
    from start: Self, points: [Double], labels: [Double], axes: [BanditAxis], iterations: Int
  ) -> (hyperparameters: Self, logPosterior: Double) {
    let range = range(axes: axes.count)
    var loss = PosteriorLoss(likelihood: MarginalLikelihood(points: points, labels: labels, axes: axes))
    let found = BoundedMinimizer(lower: range.lower, upper: range.upper)
      .minimize(&loss, from: start.logarithms, iterations: iterations)
    return (Self(logarithms: found.place), -found.value)
  }
}

/// Minus the logarithm of the hyperparameters' posterior density.
private struct PosteriorLoss: DifferentiableFunction {
  var likelihood: MarginalLikelihood
  private var place: [Double] = []

  init(likelihood: MarginalLikelihood) { self.likelihood = likelihood }

  mutating func value(at place: [Double]) -> Double {
    self.place = place
    return KernelHyperparameters.penalty(place).value - likelihood.value(KernelHyperparameters(logarithms: place))
  }

  func gradient() -> [Double] {
    zip(KernelHyperparameters.penalty(place).gradient, likelihood.gradient()).map { $0 - $1 }
  }
}
