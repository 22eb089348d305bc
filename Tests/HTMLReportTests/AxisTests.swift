import HTMLReport
import Randomness
import TestSupport
import Testing

@Suite struct AxisTests {
  @Test func ticksStandInOrderWithinTheirAxis() {
    var random = testGenerator(3)
    for _ in 0..<2000 {
      let low = (random.uniform() - 0.3) * [1e-7, 1, 40, 1e9][random.below(4)]
      let width = random.uniform() * [1e-6, 1, 300, 1e12][random.below(4)] + 1e-9
      let scale: Axis.Scale = low > 0 && random.chance(0.5) ? .log : .linear
      let axis = Axis(low, low + width, scale: scale, label: "")
      let positions = axis.ticks.map(\.position)
      let labels = axis.ticks.map(\.label)
      #expect(positions == positions.sorted())
      // Where numbers have digits enough for a step between them.
      #expect(Set(labels).count == labels.count || width < 1e-9 * abs(low), "\(low) \(width) \(scale) \(labels)")
      #expect(positions.allSatisfy { (0...1).contains($0) }, "\(low) \(width) \(scale) \(positions)")
      #expect(axis.ticks.count <= 16)
    }
  }

  @Test func aPositionGivesItsValueBack() {
    var random = testGenerator(4)
    for _ in 0..<1000 {
      let low = random.uniform() + 1e-3
      let axis = Axis(low, low + 5, scale: random.chance(0.5) ? .log : .linear, label: "")
      let position = random.uniform()
      #expect(abs(axis.position(of: axis.value(at: position)) - position) < 1e-9)
    }
  }

  @Test func aLossThatIsFarOffDoesNotPressTheOthers() {
    let losses = (1...100).map { Double($0) / 100 }
    // More between them than any number says.
    for (low, high) in [(1e-290, 1e20), (.leastNonzeroMagnitude, 1), (1e-200, 1e149)] {
      let wide = Axis.robust([low, high, low, high], isLowBest: true, label: "")
      #expect(wide.low > 0 && wide.low.isFinite && wide.high.isFinite && wide.ticks.count >= 2)
      #expect(!Axis(low, high, scale: .log, label: "").ticks.isEmpty)
    }
    #expect(!Axis(1e-200, 1e200, scale: .log, label: "").ticks.isEmpty)
    let axis = Axis.robust(losses + [1e30, .nan, .infinity], isLowBest: true, label: "")
    #expect(axis.high < 100)
    #expect(axis.position(of: 0.01) < 0.1 && axis.position(of: 1e30) == 1)
  }

  @Test func theBestIsAlwaysOnTheAxis() {
    var random = testGenerator(5)
    for _ in 0..<500 {
      let values = (0...random.below(30)).map { _ in (random.uniform() - 0.5) * [1, 100, 1e6][random.below(3)] }
      #expect(Axis.robust(values, isLowBest: true, label: "").low <= values.min() ?? 0)
      #expect(Axis.robust(values, isLowBest: false, label: "").high >= values.max() ?? 0)
    }
  }

  @Test func quantilesAreThoseOfTheSortedValues() {
    let quantiles = Quantiles([3, .nan, 1, 2, .infinity, 4, 5])
    #expect(quantiles.notFinite == 2)
    #expect([0, 0.25, 0.5, 0.9, 1].map { quantiles($0) } == [1, 2, 3, 4.6, 5])
    #expect(Quantiles([.nan])(0.5) == nil)
  }

  @Test func perfectAndReversedOrdersAreOneAndMinusOne() {
    let pairs = (0..<20).map { (Double($0), Double($0 * $0)) }
    #expect(RankAgreement.spearman(pairs) == 1)
    #expect(RankAgreement.spearman(pairs.map { ($0.0, -$0.1) }) == -1)
    // What diverged ranks last.
    #expect(RankAgreement.spearman([(1, 1), (2, 2), (.nan, .infinity)]) == 1)
    #expect(RankAgreement.spearman([(1, 1), (1, 2), (1, 3)]) == nil)
  }
}
