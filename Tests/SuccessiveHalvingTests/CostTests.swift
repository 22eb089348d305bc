import SuccessiveHalving
import Testing
import TuningTypes

/// An element that counts how often it is compared. Only ``CostTests`` uses it, and one test at a time.
private struct Counted: Comparable, Sendable {
  nonisolated(unsafe) static var comparisons = 0
  let number: Int
  let value: UInt64

  static func < (a: Counted, b: Counted) -> Bool {
    comparisons += 1
    return a.value != b.value ? a.value < b.value : a.number < b.number
  }

  static func == (a: Counted, b: Counted) -> Bool {
    comparisons += 1
    return a.number == b.number
  }
}

private struct Statuses: TopSetStatuses {
  var taken: [Bool] = []
  var erased: [Bool] = []

  func isTaken(_ element: Counted) -> Bool { taken[element.number] }
  func isErased(_ element: Counted) -> Bool { erased[element.number] }
}

/// A rung as far as its order goes: a result, then a promotion if there is one, with comparisons counted.
private struct CountedRung {
  /// `rising`: every trial is worse than those before it; `falling`: better, so that each displaces another.
  enum Order { case random, rising, falling, equal }

  let eta = 4
  let order: Order
  let erasesOneIn: Int?
  var top = TopSet<Counted>()
  var statuses = Statuses()
  var random = TestGenerator(seed: 1)
  var completed = 0

  mutating func step() {
    let number = statuses.taken.count
    let value: UInt64 =
      switch order {
      case .random: random.next()
      case .rising: UInt64(number)
      case .falling: .max - UInt64(number)
      case .equal: 0
      }
    let element = Counted(number: number, value: value)
    statuses.taken.append(false)
    statuses.erased.append(false)
    completed += 1
    top.insert(element, statuses)
    top.resize(to: completed / eta, statuses)
    if let best = top.takeBest(statuses) { statuses.taken[best.number] = true }
    if let erasesOneIn, number % erasesOneIn == erasesOneIn - 1 {
      top.willErase(element, statuses)
      statuses.erased[number] = true
      completed -= 1
      top.resize(to: completed / eta, statuses)
    }
  }

  /// The mean and the greatest number of comparisons of `count` steps.
  mutating func cost(of count: Int) -> (mean: Double, most: Int) {
    var total = 0
    var most = 0
    for _ in 0..<count {
      Counted.comparisons = 0
      step()
      total += Counted.comparisons
      most = max(most, Counted.comparisons)
    }
    return (Double(total) / Double(count), most)
  }
}

@Suite(.serialized) struct CostTests {
  /// Comparisons of a result and a promotion, at a thousand and at a million trials: they grow as the logarithm does,
  /// which doubles.
  @Test(arguments: [(CountedRung.Order.random, nil), (.random, 10), (.falling, nil), (.equal, 10)])
  fileprivate func aResultAndAPromotionCompareNoMoreThanALogarithm(order: CountedRung.Order, erasesOneIn: Int?) {
    var rung = CountedRung(order: order, erasesOneIn: erasesOneIn)
    for _ in 0..<1_000 { rung.step() }
    let small = rung.cost(of: 500)
    for _ in 0..<1_000_000 { rung.step() }
    let large = rung.cost(of: 2_000)
    #expect(large.mean <= 2 * small.mean + 4)
    // At worst a step passes a heap of 20 levels a few times, at up to three comparisons a level.
    #expect(large.most <= 20 * 3 * 3)
    #expect(rung.top.violation(rung.statuses) == nil)
  }

  /// What median stopping does at a rung: asks for the two in the middle, puts one in, moves the middle.
  @Test func aMedianComparesNoMoreThanALogarithm() {
    var top = TopSet<Counted>()
    var statuses = Statuses()
    var random = TestGenerator(seed: 2)
    func cost(of count: Int) -> Double {
      Counted.comparisons = 0
      for _ in 0..<count {
        _ = top.worst(statuses)
        _ = top.bestBelow(statuses)
        let element = Counted(number: statuses.taken.count, value: random.next())
        statuses.taken.append(false)
        statuses.erased.append(false)
        top.insert(element, statuses)
        top.resize(to: (top.count + 1) / 2, statuses)
      }
      return Double(Counted.comparisons) / Double(count)
    }
    _ = cost(of: 1_000)
    let small = cost(of: 500)
    _ = cost(of: 1_000_000)
    #expect(cost(of: 2_000) <= 2 * small + 4)
    #expect(top.violation(statuses) == nil)
  }

  /// Where all but the worst of a big rung are erased, the tombstones are passed once and never again.
  @Test func tombstonesArePassedOnce() {
    var rung = CountedRung(order: .rising, erasesOneIn: nil)
    for _ in 0..<100_000 { rung.step() }
    Counted.comparisons = 0
    for number in 0..<99_000 {
      rung.top.willErase(Counted(number: number, value: UInt64(number)), rung.statuses)
      rung.statuses.erased[number] = true
      rung.completed -= 1
      rung.top.resize(to: rung.completed / rung.eta, rung.statuses)
    }
    #expect(Double(Counted.comparisons) / 99_000 < 17 * 3 * 4)
    #expect(rung.top.count == 1_000)
    #expect(rung.top.topCount == 250)
    #expect(rung.top.violation(rung.statuses) == nil)
  }
}
