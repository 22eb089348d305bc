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
}
