import Testing
import TuningTypes

@Suite struct LossTests {
  static let losses = [
    .nan, -.nan, .signalingNaN, .infinity, -.infinity, 0.0, -0.0, 1.0, -1.0, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.1,
  ].map { (value: Double) in Loss(value) }

  @Test func everyPairIsLessEqualOrGreaterAndHashesAgree() {
    for a in Self.losses {
      for b in Self.losses {
        #expect([a < b, a == b, b < a].count { $0 } == 1, "\(a) \(b)")
        #expect((a <= b) == !(b < a) && (a >= b) == !(a < b) && (a > b) == (b < a), "\(a) \(b)")
        if a == b { #expect(a.hashValue == b.hashValue, "\(a) \(b)") }
      }
    }
  }

  @Test func orderAndEqualityAreTransitive() {
    for a in Self.losses {
      for b in Self.losses {
        for c in Self.losses {
          if a < b, b < c { #expect(a < c, "\(a) \(b) \(c)") }
          if a == b, b == c { #expect(a == c, "\(a) \(b) \(c)") }
          if a == b, b < c { #expect(a < c, "\(a) \(b) \(c)") }
        }
      }
    }
  }

  @Test func whatIsNotFiniteIsEquallyTheWorst() {
    for bad in [Double.nan, .infinity, -.infinity] {
      #expect(Loss(bad) == .diverged)
      #expect(Loss(.greatestFiniteMagnitude) < Loss(bad))
      #expect(!Loss(bad).isFinite)
    }
  }

  @Test func sortingPutsFiniteLossesInOrderAndTheOthersLast() {
    let sorted = Self.losses.sorted()
    let finite = sorted.prefix { $0.isFinite }.map(\.value)
    #expect(finite == finite.sorted() && finite.count == 8)
    #expect(sorted.dropFirst(8).allSatisfy { !$0.isFinite })
  }

  @Test func trialsRankByLossThenByNumber() {
    let ranked = [
      RankedTrial(trial: 4, loss: -1.0), RankedTrial(trial: 2, loss: 0.0), RankedTrial(trial: 3, loss: -0.0),
      RankedTrial(trial: 1, loss: 0.5), RankedTrial(trial: 0, loss: Loss(.infinity)),
      RankedTrial(trial: 5, loss: .diverged), RankedTrial(trial: 6, loss: Loss(-.infinity)),
    ]
    for (i, a) in ranked.enumerated() {
      for (j, b) in ranked.enumerated() {
        #expect((a < b) == (i < j), "\(a) \(b)")
        #expect((a == b) == (i == j), "\(a) \(b)")
      }
    }
    #expect(RankedTrial(trial: 5, loss: Loss(.infinity)) == RankedTrial(trial: 5, loss: .diverged))
  }
}
