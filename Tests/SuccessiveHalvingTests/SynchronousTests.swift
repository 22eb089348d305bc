import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct SynchronousTests {
  /// Random searches: at each promotion from a rung nothing is in flight to it or below it; at the end each rung has
  /// ⌊n/η⌋ of the one below.
  @Test func nobodyIsPromotedFromAnUnfinishedRung() throws {
    for seed in 0..<1_000 {
      var random = TestGenerator(seed: seed)
      let eta = 2 + random.below(4)
      let n = 1 + random.below(100)
      let ladder = try LadderSpecification(minResource: 1, maxResource: 100, reductionFactor: eta)
      var scheduler = SynchronousSuccessiveHalving(ladder: ladder, configurations: n)
      var inFlight: [Assignment] = []
      repeat {
        if inFlight.count < 10, let job = scheduler.nextJob(canStart: true) {
          inFlight.append(job)
          let below = inFlight.filter { $0.rung < job.rung }
          try #require(below.isEmpty, "seed \(seed)")
        } else {
          let job = inFlight.remove(at: random.below(inFlight.count))
          scheduler.complete(job.trial, rung: job.rung, loss: Loss(Double(random.below(30))))
        }
      } while !(scheduler.isExhausted && inFlight.isEmpty)
      var expected = n
      for rung in scheduler.brackets[0].rungs {
        #expect(rung.completed == expected, "seed \(seed)")
        expected /= eta
      }
      #expect(scheduler.nextJob(canStart: true) == nil)
    }
  }

  @Test func workersWaitUntilTheRungIsFinished() throws {
    var scheduler = try scheduler(n: 4, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      ? 3:0
      ? wait
      0:0=1
      1:0=2
      2:0=3
      ? wait
      3:0=0
      ? 3:1
      3:1=1
      ? 0:1
      ? wait
      0:1=0
      ? 0:2
      0:2=0
      ? wait
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.isExhausted)
  }

  @Test func anInvalidTrialOfTheLowestRungIsReplaced() throws {
    var scheduler = try scheduler(n: 2, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? wait
      x 0:0
      ?! wait
      ? 2:0
      1:0=2
      2:0=1
      ? 2:1
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.startedCount == 3)
  }

  @Test func theNextBestGoesOnInsteadOfATrialFoundInvalidLater() throws {
    var scheduler = try scheduler(n: 5, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ?
      ?
      ?
      ?
      ?
      0:0=1
      1:0=2
      2:0=3
      3:0=4
      4:0=5
      ? 0:1
      ? 1:1
      ? wait
      x 0:1
      ? 2:1
      ? wait
      1:1=1
      2:1=0.5
      ? 2:2
      ? wait
      """, on: &scheduler)
    #expect(difference == nil)
  }

  @Test func anExhaustedGridFinishesTheRungWithWhatThereIs() throws {
    var scheduler = try scheduler(n: 100, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      0:0=3
      1:0=2
      ?! wait
      2:0=nan
      ?! 1:1
      ? wait
      1:1=1
      ? wait
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.isExhausted)
  }

  @Test func aRungInWhichAllDivergedEndsTheSearch() throws {
    var scheduler = try scheduler(n: 4, eta: 2)
    let jobs = ScriptedSearch.run(&scheduler, workers: 3, configurations: .max) { _, _ in .nan }
    #expect(jobs.count == 4)
    #expect(scheduler.isExhausted)
    #expect(!scheduler.canStillPromote(0))
  }

  private func scheduler(n: Int, eta: Int) throws -> SynchronousSuccessiveHalving {
    SynchronousSuccessiveHalving(
      ladder: try LadderSpecification(minResource: 1, maxResource: 4, reductionFactor: eta), configurations: n)
  }
}
