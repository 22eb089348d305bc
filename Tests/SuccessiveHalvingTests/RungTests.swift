import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct RungTests {
  @Test func theBestOfEveryEtaIsPromotable() {
    var rung = rung(of: [0.3, 0.2])
    #expect(rung.promotable == nil)
    rung.complete(2, loss: 0.4)
    #expect(rung.promotable == 1)
    #expect(rung.quota == 1)
  }

  @Test func aTrialIsNeverPromotedTwiceFromOneRung() {
    var rung = rung(of: [0.1, 0.2, 0.3])
    #expect(rung.promoteBest() == 0)
    #expect(rung.promoteBest() == nil)
    // Displaced from the top by better ones, and back when the top has grown.
    for trial in 3..<6 { rung.complete(TrialID(trial), loss: 0.01) }
    #expect(rung.promoteBest() == 3)
    #expect(rung.promoteBest() == 4)
    for trial in 6..<30 { rung.complete(TrialID(trial), loss: 0.9) }
    var promoted: [TrialID] = []
    while let trial = rung.promoteBest() { promoted.append(trial) }
    #expect(promoted == [5, 1, 2, 6, 7, 8, 9])
    #expect(rung.promoted == 10)
    rung.checkInvariants()
  }

  @Test func divergedTrialsCountAsCompletedAndAreNeverPromoted() {
    var rung = rung(of: [.nan, .infinity, -.infinity, 0.5, .nan, .nan])
    #expect(rung.completed == 6)
    #expect(rung.promoteBest() == 3)
    #expect(rung.promoteBest() == nil)
    rung.complete(6, loss: .diverged)
    #expect(rung.promotable == nil)
    rung.complete(7, loss: 0.9)
    #expect(rung.promotable == 7)
    rung.checkInvariants()
  }

  @Test func tiesGoToTheLowerTrial() {
    var rung = Rung(reductionFactor: 2)
    for trial: TrialID in [9, 4, 7, 2] { rung.complete(trial, loss: 0.5) }
    #expect(rung.promoteBest() == 2)
    #expect(rung.promoteBest() == 4)
    #expect(rung.promoteBest() == nil)
  }

  @Test func negativeZeroTiesWithZero() {
    var rung = Rung(reductionFactor: 2)
    rung.complete(3, loss: -0.0)
    rung.complete(1, loss: 0.0)
    #expect(rung.promotable == 1)
    #expect(rung.loss(of: 3)?.value.sign == .minus)
  }

  @Test func aLateBetterTrialDisplacesOneThatWaits() {
    var rung = rung(of: [0.3, 0.4, 0.5])
    #expect(rung.promotable == 0)
    rung.complete(3, loss: 0.2)
    #expect(rung.promoteBest() == 3)
    #expect(rung.promotable == nil, "there is one place, and it is taken")
  }

  @Test func aLateBetterTrialIsPromotedBesideOneThatWasPromotedBefore() {
    var eager = rung(of: [0.3, 0.4, 0.5])
    var delayed = rung(of: [0.3, 0.4, 0.5], promotion: .delayed)
    #expect(eager.promoteBest() == 0)
    #expect(delayed.promoteBest() == 0)
    eager.complete(3, loss: 0.2)
    delayed.complete(3, loss: 0.2)
    #expect(eager.promotable == 3)
    #expect(delayed.promotable == nil, "(1 + 1)·3 > 4")
    delayed.complete(4, loss: 0.9)
    delayed.complete(5, loss: 0.9)
    #expect(delayed.promotable == 3)
  }

  @Test func theTopRungPromotesNobody() {
    var rung = Rung(reductionFactor: 2, isTop: true)
    for trial in 0..<10 { rung.complete(TrialID(trial), loss: 0.1) }
    #expect(rung.promotable == nil)
    #expect(rung.promoteBest() == nil)
    rung.erase(3)
    #expect(rung.completed == 9)
    rung.checkInvariants()
  }

  /// Random rungs with erasures, against rungs that never saw the erased trials.
  @Test func anErasedTrialLeavesNoTrace() {
    for seed in 0..<2_000 {
      var random = TestGenerator(seed: seed)
      let eta = 2 + random.below(4)
      var rung = Rung(reductionFactor: eta)
      var kept: [(TrialID, Loss)] = []
      for number in 0..<random.below(60) {
        let trial = TrialID(number * 7)
        let loss: Loss = random.chance(0.1) ? .diverged : Loss(Double(random.below(10)))
        rung.complete(trial, loss: loss)
        kept.append((trial, loss))
        if random.chance(0.3) {
          rung.erase(kept.remove(at: random.below(kept.count)).0)
          rung.checkInvariants()
        }
      }
      kept.shuffle(using: &random)
      var without = Rung(reductionFactor: eta)
      for (trial, loss) in kept { without.complete(trial, loss: loss) }
      #expect(rung.completed == without.completed)
      while true {
        let trial = rung.promoteBest()
        #expect(trial == without.promoteBest(), "seed \(seed)")
        if trial == nil { break }
      }
      rung.checkInvariants()
    }
  }

  private func rung(of losses: [Double], promotion: PromotionRule = .eager) -> Rung {
    var rung = Rung(reductionFactor: 3, promotion: promotion)
    for (trial, loss) in losses.enumerated() { rung.complete(TrialID(trial), loss: Loss(loss)) }
    rung.checkInvariants()
    return rung
  }
}
