import Elementary
import GaussianProcess
import Randomness
import Testing

/// GP-UCB-PE as a whole: where it suggests to try next.
@Suite struct BanditTests {
  private func isPlace(_ place: [Double], of axes: [BanditAxis]) -> Bool {
    guard place.count == axes.count else { return false }
    return zip(place, axes).allSatisfy { coordinate, axis in
      if axis.isUnordered { return (0..<axis.cells).contains { coordinate == Double($0) } }
      if axis.cells == 0 { return coordinate >= 0 && coordinate <= 1 }
      return (0..<axis.cells).contains { coordinate == (Double($0) + 0.5) / Double(axis.cells) }
    }
  }

  /// A study that may have anything: few results or none, infeasible ones, all the same, repeated places.
  private func problem(seed: UInt64) -> BanditProblem {
    var data = RandomData(seed: seed)
    let axes = data.axes(1 + Int(seed % 5))
    let count = [0, 1, 2, 3, 7, 18][Int(seed % 6)]
    var points = data.points(count, over: axes)
    var losses = data.numbers(count, from: 0, to: 10)
    switch Int(data.uniform() * 6) {
    case 0: losses = losses.map { _ in .nan }
    case 1: losses = losses.map { _ in 4 }
    case 2: losses = losses.enumerated().map { $0.offset % 3 == 1 ? .infinity : $0.element }
    case 3: losses = losses.enumerated().map { $0.offset % 4 == 1 ? 1e300 : $0.element }
    case 4:
      points += points
      losses += losses.map { $0 + 1 }
    default: break
    }
    let pending = data.points(Int(data.uniform() * 4), over: axes)
    return BanditProblem(
      axes: axes, points: points, losses: losses, pending: pending, hasNewResults: seed % 2 == 0, seed: seed)
  }

  @Test(arguments: 0..<60 as Range<UInt64>) func suggestionsArePlacesOfTheSpaceAndRepeat(seed: UInt64) {
    let problem = problem(seed: seed)
    let suggestions = problem.suggestions(3)
    #expect(suggestions.count == 3)
    for place in suggestions { #expect(isPlace(place, of: problem.axes)) }
    #expect(problem.suggestions(3) == suggestions)
  }

  /// What an x86-64 machine computed, optimised and not. Another number means another algorithm, or a machine that disagrees.
  @Test func everyMachineSuggestsTheSameBits() {
    var sum: UInt64 = 0
    for seed in 0..<24 as Range<UInt64> {
      for coordinate in problem(seed: seed).suggestions(2).flatMap({ $0 }) {
        sum = CounterGenerator.mix(sum ^ coordinate.bitPattern)
      }
    }
    #expect(sum == 11_033_742_136_497_674_224)
  }

  @Test(arguments: 0..<12 as Range<UInt64>) func eachSuggestionIsMadeAsIfThoseBeforeItWerePending(seed: UInt64) {
    let problem = problem(seed: seed)
    let suggestions = problem.suggestions(3)
    var pending = problem.pending
    for (number, place) in suggestions.enumerated() {
      let next = BanditProblem(
        axes: problem.axes, points: problem.points, losses: problem.losses, pending: pending,
        hasNewResults: problem.hasNewResults && number == 0, seed: problem.seed)
      #expect(next.suggestions(1) == [place])
      pending += place
    }
  }

  @Test func aModelOfGivenHyperparametersIsThatWhichFoundThem() {
    let problem = problem(seed: 11)
    let (axes, points, losses, seed) = (problem.axes, problem.points, problem.losses, problem.seed)
    let model = BanditModel(axes: axes, points: points, losses: losses, seed: seed)
    let other = BanditModel(
      axes: axes, points: points, losses: losses, seed: seed, hyperparameters: model.process.hyperparameters)
    #expect(other.suggestions(3, pending: []) == model.suggestions(3, pending: []))
  }

  @Test func aNumberOfValuesBeyondADoubleIsAContinuum() {
    let axes: [BanditAxis] = [.ordered(cells: .max), .ordered(cells: 1 << 40), .unordered(values: 2)]
    let problem = BanditProblem(axes: axes, points: [0.2, 0.3, 1], losses: [2], pending: [0.5, 0.5, 0], seed: 2)
    for place in problem.suggestions(3) {
      for coordinate in place { #expect(coordinate >= 0 && coordinate <= 1) }
    }
  }

  @Test func theFirstSuggestionIsTheCentre() {
    let axes: [BanditAxis] = [.ordered(), .unordered(values: 3), .ordered(cells: 4), .ordered(cells: 1)]
    let problem = BanditProblem(axes: axes, points: [], losses: [], pending: [], seed: 8)
    #expect(problem.suggestions(1) == [[0.5, 0, 0.625, 0.5]])
  }

  @Test func aSpaceWithoutAxesHasOnePlace() {
    let problem = BanditProblem(axes: [], points: [], losses: [1, 2], pending: [], seed: 8)
    #expect(problem.suggestions(2) == [[], []])
  }

  /// 24 configurations: all are suggested before one is suggested again.
  @Test(arguments: 0..<3 as Range<UInt64>) func aFiniteSpaceIsTriedWithoutRepetition(seed: UInt64) {
    let axes: [BanditAxis] = [.ordered(cells: 4), .unordered(values: 3), .unordered(values: 2)]
    var (points, losses): ([Double], [Double]) = ([], [])
    var seen: Set<[Double]> = []
    for _ in 0..<12 {
      let problem = BanditProblem(axes: axes, points: points, losses: losses, pending: [], seed: seed)
      for place in problem.suggestions(2) {
        #expect(seen.insert(place).inserted)
        points += place
        losses.append((place[0] - 0.3) * (place[0] - 0.3) + 0.1 * place[1])
      }
    }
    #expect(seen.count == 24)
  }

  @Test func pendingPlacesAreAvoided() {
    var data = RandomData(seed: 3)
    let axes: [BanditAxis] = [.ordered(), .ordered()]
    let points = data.points(20, over: axes)
    let losses = (0..<20).map { points[2 * $0] + points[2 * $0 + 1] }
    let suggestions = BanditProblem(axes: axes, points: points, losses: losses, pending: [], seed: 1).suggestions(8)
    for (a, place) in suggestions.enumerated() {
      for other in suggestions[..<a] {
        #expect(max(abs(place[0] - other[0]), abs(place[1] - other[1])) >= 1e-3)
      }
    }
  }

  /// While little is known, suggestions are near what was tried, along ordered axes.
  @Test(arguments: 0..<10 as Range<UInt64>) func suggestionsStayInTheTrustRegion(seed: UInt64) {
    var data = RandomData(seed: seed)
    let axes: [BanditAxis] = [.ordered(), .ordered(), .unordered(values: 3), .ordered()]
    let count = 1 + Int(seed)
    var known = data.points(count, over: axes)
    let losses = data.numbers(count, from: 0, to: 1)
    let problem = BanditProblem(axes: axes, points: known, losses: losses, pending: [], seed: seed)
    for place in problem.suggestions(6) {
      let size = known.count / 4
      let nearest = (0..<size).map { point in [0, 1, 3].map { abs(place[$0] - known[4 * point + $0]) }.max() ?? 0 }
      #expect(nearest.min() ?? 0 <= 0.2 + 0.3 * Double(size) / 25 + 1e-12)
      known += place
    }
  }

  /// Nine of ten suggestions after a result have the largest μ + 1.8·σ, and a quarter of the others, no random place a larger one.
  @Test func theBoundIsMaximisedAsOftenAsItShould() {
    let axes: [BanditAxis] = [.ordered(), .ordered(), .unordered(values: 2)]
    var counts = [0, 0]
    for seed in 0..<40 as Range<UInt64> {
      var data = RandomData(seed: seed)
      let points = data.points(24, over: axes)
      let losses = (0..<24).map { i in
        let x = points[3 * i] - 0.4
        let y = points[3 * i + 1] - 0.6
        return x * x + 2 * y * y + 0.3 * points[3 * i + 2] * x + 0.01 * data.uniform()
      }
      let model = BanditModel(axes: axes, points: points, losses: losses, seed: seed)
      func bound(_ place: [Double]) -> Double {
        let found = model.process.posterior(at: place)
        return found.mean + 1.8 * found.deviation
      }
      let best = (0..<1000).map { _ in bound(data.point(over: axes)) }.max() ?? 0
      for (number, hasNews) in [true, false].enumerated() {
        let place = model.suggestions(1, pending: [], hasNewResults: hasNews)[0]
        if bound(place) >= best { counts[number] += 1 }
      }
    }
    #expect((31...40).contains(counts[0]))
    #expect((4...18).contains(counts[1]))
  }

  /// Two at a time, against twice as many random places.
  @Test(arguments: [(ToyFunction.branin, 28, 0.02), (.hartmann6, 48, 0.3), (.mixed, 36, 0.05)])
  func regretIsFarBelowThatOfRandomSearch(function: ToyFunction, evaluations: Int, regret: Double) {
    var (wins, regrets): (Int, [Double]) = (0, [])
    for seed in 0..<9 as Range<UInt64> {
      var (points, losses): ([Double], [Double]) = ([], [])
      while losses.count < evaluations {
        let problem = BanditProblem(axes: function.axes, points: points, losses: losses, pending: [], seed: seed)
        for place in problem.suggestions(2) {
          points += place
          losses.append(function.value(place))
        }
      }
      var data = RandomData(seed: seed)
      let random = (0..<2 * evaluations).map { _ in function.value(data.point(over: function.axes)) }
      let found = (losses.min() ?? .infinity) - function.least
      regrets.append(found)
      if found < (random.min() ?? .infinity) - function.least { wins += 1 }
    }
    #expect(wins >= 7, "\(function.name): \(regrets)")
    #expect(regrets.sorted()[4] < regret, "\(function.name): \(regrets)")
  }
}
