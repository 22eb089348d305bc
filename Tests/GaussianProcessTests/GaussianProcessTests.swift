import Elementary
import GaussianProcess
import Randomness
import Testing

/// The model against scikit-learn, SciPy and itself.
@Suite struct GaussianProcessTests {
  private func hyperparameters(_ values: [Double]) -> KernelHyperparameters {
    KernelHyperparameters(
      signalVariance: values[0], noiseVariance: values[1], squaredLengthScales: Array(values.dropFirst(2)))
  }

  private func isClose(_ a: Double, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    abs(a - b) <= tolerance * max(1, abs(b))
  }

  @Test func likelihoodAndGradientAreThoseOfTheOracle() {
    for oracle in GaussianProcessOracle.all {
      var likelihood = MarginalLikelihood(points: oracle.points, labels: oracle.labels, axes: oracle.axes)
      let given = hyperparameters(oracle.hyperparameters)
      #expect(isClose(likelihood.value(given), oracle.logMarginalLikelihood))
      let process = GaussianProcess(
        points: oracle.points, labels: oracle.labels, axes: oracle.axes, hyperparameters: given)
      #expect(isClose(process.logMarginalLikelihood, oracle.logMarginalLikelihood))
      for (mine, theirs) in zip(likelihood.gradient(), oracle.gradient) { #expect(isClose(mine, theirs, 1e-8)) }
    }
  }

  @Test func expectationsAreThoseOfTheOracle() {
    for oracle in GaussianProcessOracle.all {
      let process = GaussianProcess(
        points: oracle.points, labels: oracle.labels, axes: oracle.axes,
        hyperparameters: hyperparameters(oracle.hyperparameters))
      for place in oracle.means.indices {
        let width = oracle.axes.count
        let found = process.posterior(at: Array(oracle.places[place * width..<(place + 1) * width]))
        #expect(isClose(found.mean, oracle.means[place]))
        #expect(isClose(found.deviation, oracle.deviations[place]))
      }
    }
  }

  /// From the same start, in as many iterations; SciPy's own search differs in its line search.
  @Test func hyperparametersAreAsProbableAsThoseThatSciPyFinds() {
    for oracle in GaussianProcessOracle.all {
      let found = KernelHyperparameters.ascend(
        from: .initial(axes: oracle.axes.count), points: oracle.points, labels: oracle.labels, axes: oracle.axes,
        iterations: 50)
      #expect(found.logPosterior >= oracle.largestLogPosterior - 1e-4)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func theGradientIsTheSlopeOfTheValue(seed: UInt64) {
    var data = RandomData(seed: seed)
    let axes = data.axes(1 + Int(seed % 6))
    let points = data.points(3 + 2 * Int(seed), over: axes)
    let labels = data.numbers(3 + 2 * Int(seed), from: -0.5, to: 0.5)
    var likelihood = MarginalLikelihood(points: points, labels: labels, axes: axes)
    let place = [-2, -4] + data.numbers(axes.count, from: -2, to: 1)
    _ = likelihood.value(KernelHyperparameters(logarithms: place))
    let gradient = likelihood.gradient()
    let penalties = KernelHyperparameters.penalty(place).gradient
    for i in place.indices {
      var (above, below) = (place, place)
      above[i] += 1e-4
      below[i] -= 1e-4
      let rise =
        likelihood.value(KernelHyperparameters(logarithms: above))
        - likelihood.value(KernelHyperparameters(logarithms: below))
      #expect(isClose(gradient[i], rise / 2e-4, 1e-5))
      let penalty = KernelHyperparameters.penalty(above).value - KernelHyperparameters.penalty(below).value
      #expect(isClose(penalties[i], penalty / 2e-4, 1e-6))
    }
  }

  /// What is appended to the factor one by one gives the deviation of a process that knew all from the start.
  @Test(arguments: 0..<12 as Range<UInt64>) func conditioningIsAsGoodAsARefit(seed: UInt64) {
    var data = RandomData(seed: seed)
    let axes = data.axes(1 + Int(seed % 5))
    let count = Int(seed) * 3
    let points = data.points(count, over: axes)
    let labels = data.numbers(count, from: -1, to: 1)
    let given = hyperparameters([0.6, 0.01] + data.numbers(axes.count, from: 0.1, to: 2))
    let before = GaussianProcess(points: points, labels: labels, axes: axes, hyperparameters: given)
    var process = before
    var (all, zeros) = (points, labels)
    let places = (0..<5).map { _ in data.points(1, over: axes) }
    for _ in 0..<9 {
      let pending = data.points(1, over: axes)
      process.condition(on: pending)
      all += pending
      zeros.append(0)
      let refitted = GaussianProcess(points: all, labels: zeros, axes: axes, hyperparameters: given)
      #expect(process.count == zeros.count)
      for place in places {
        let (mine, theirs) = (process.posterior(at: place), refitted.posterior(at: place))
        #expect(isClose(mine.deviation, theirs.deviation, 1e-10))
        #expect(mine.mean == before.posterior(at: place).mean)
      }
    }
  }

  @Test func aProcessWithoutObservationsExpectsZeroAndKnowsItsScale() {
    let axes: [BanditAxis] = [.ordered(), .unordered(values: 3)]
    var process = GaussianProcess(points: [], labels: [], axes: axes, hyperparameters: .initial(axes: 2))
    let found = process.posterior(at: [0.3, 1])
    #expect(found.mean == 0)
    #expect(isClose(found.deviation, 0.039.squareRoot(), 1e-12))
    process.condition(on: [0.3, 1])
    #expect(process.posterior(at: [0.3, 1]).deviation < 0.5 * found.deviation)
  }

  /// Points that repeat, labels that contradict each other, no noise to explain it: there is a factor all the same.
  @Test func repeatedPointsWithoutNoiseGiveNumbers() {
    let axes: [BanditAxis] = [.ordered(), .ordered()]
    let points = Array(repeating: [0.5, 0.5], count: 30).flatMap(\.self)
    let labels = (0..<30).map { Double($0 % 3) - 1 }
    let given = hyperparameters([10, 1e-10, 100, 100])
    var process = GaussianProcess(points: points, labels: labels, axes: axes, hyperparameters: given)
    for _ in 0..<9 { process.condition(on: [0.5, 0.5]) }
    let found = process.posterior(at: [0.5, 0.4])
    #expect(found.mean.isFinite && found.deviation.isFinite && found.deviation > 0)
    #expect(process.logMarginalLikelihood.isFinite)
    let likely = KernelHyperparameters.mostProbable(points: points, labels: labels, axes: axes, seed: 1)
    #expect(likely.noiseVariance > 0.1)
    let fitted = GaussianProcess(points: points, labels: labels, axes: axes, hyperparameters: likely)
    #expect(abs(fitted.posterior(at: [0.5, 0.5]).mean) < 0.1)
  }

  @Test func hyperparametersStayInTheirRange() {
    var data = RandomData(seed: 5)
    let axes = data.axes(4)
    let points = data.points(25, over: axes)
    for labels in [
      Array(repeating: 0, count: 25), Array(repeating: -1, count: 25), data.numbers(25, from: -1, to: 1),
    ] as [[Double]] {
      let found = KernelHyperparameters.mostProbable(points: points, labels: labels, axes: axes, seed: 3)
      let range = KernelHyperparameters.range(axes: 4)
      for (i, value) in found.logarithms.enumerated() {
        #expect(value >= range.lower[i] - 1e-12 && value <= range.upper[i] + 1e-12)
      }
    }
  }
}
