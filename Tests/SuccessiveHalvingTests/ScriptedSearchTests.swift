import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct ScriptedSearchTests {
  /// The toy bracket of the paper's section 3 (r = 1, R = 9, η = 3, nine configurations), by hand.
  @Test(arguments: [
    // The first trial is the best: 13 jobs, as synchronous successive halving has.
    ("rising", PromotionRule.eager, 1, "0:0 1:0 2:0 0:1 3:0 4:0 5:0 1:1 6:0 7:0 8:0 2:1 0:2"),
    ("rising", .delayed, 1, "0:0 1:0 2:0 0:1 3:0 4:0 5:0 1:1 6:0 7:0 8:0 2:1 0:2"),
    // The last is the best: from the third on, each newcomer displaces, and far more are promoted than a third.
    (
      "falling", .eager, 1,
      "0:0 1:0 2:0 2:1 3:0 3:1 4:0 4:1 4:2 5:0 5:1 5:2 6:0 6:1 6:2 7:0 7:1 7:2 8:0 8:1 8:2"
    ),
    // Delayed, a rung passes on no more than its share.
    ("falling", .delayed, 1, "0:0 1:0 2:0 2:1 3:0 4:0 5:0 5:1 6:0 7:0 8:0 8:1 8:2"),
    // All the same: the lower trial goes first.
    ("equal", .eager, 1, "0:0 1:0 2:0 0:1 3:0 4:0 5:0 1:1 6:0 7:0 8:0 2:1 0:2"),
    // Nobody is ever promoted.
    ("diverging", .eager, 1, "0:0 1:0 2:0 3:0 4:0 5:0 6:0 7:0 8:0"),
    // Nine workers: rung 0 all at once; after three results the first goes on, and so forth.
    ("rising", .eager, 9, "0:0 1:0 2:0 3:0 4:0 5:0 6:0 7:0 8:0 0:1 1:1 2:1 0:2"),
  ])
  func theToyBracketRunsAsByHand(losses: String, promotion: PromotionRule, workers: Int, expected: String) throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
    var scheduler = AsynchronousSuccessiveHalving(ladder: ladder, promotion: promotion)
    let jobs = ScriptedSearch.run(&scheduler, workers: workers, configurations: 9) { trial, _ in
      switch losses {
      case "rising": Double(trial)
      case "falling": Double(-trial)
      case "equal": 1
      default: .nan
      }
    }
    #expect(jobs.joined(separator: " ") == expected)
  }

  /// Four workers, results out of order, η = 2, R = 4.
  @Test func fourWorkersOutOfOrderRunAsByHand() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 4, reductionFactor: 2)
    var scheduler = AsynchronousSuccessiveHalving(ladder: ladder)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      ? 3:0
      2:0=0.5
      ? 4:0
      0:0=0.7
      ? 2:1
      3:0=0.6
      ? 5:0
      1:0=0.4
      ? 1:1
      1:1=0.9
      ? 6:0
      2:1=0.8
      ? 2:2
      4:0=nan
      ? 7:0
      5:0=0.45
      ? 5:1
      2:2=0.1
      ?! wait
      7:0=inf
      ?! wait
      6:0=0.3
      ?! 6:1
      5:1=0.2
      ?! 5:2
      6:1=0.95
      ?! wait
      5:2=0.3
      ?! wait
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.runningCount == 0)
    let rungs = scheduler.brackets[0].rungs
    // Rung 0: 0.3 0.4 0.45 0.5 | 0.6 0.7 inf nan. Rung 1: 0.2 0.8 | 0.9 0.95.
    #expect(rungs.map(\.completed) == [8, 4, 2])
    #expect(rungs.map(\.promoted) == [4, 2, 0])
  }

  /// The brackets of Hyperband for R = 81, η = 3: table 1 of Li et al., *Hyperband* (JMLR 18), there with s counted
  /// from the other end.
  @Test(arguments: [
    (0, 81, [81, 27, 9, 3, 1], [1, 3, 9, 27, 81]),
    (1, 34, [34, 11, 3, 1], [3, 9, 27, 81]),
    (2, 15, [15, 5, 1], [9, 27, 81]),
    (3, 8, [8, 2], [27, 81]),
    (4, 5, [5], [81]),
  ])
  func synchronousBracketsAreThoseOfTheHyperbandTable(s: Int, n: Int, trials: [Int], resources: [Int]) throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 81, reductionFactor: 3, earlyStoppingRate: s)
    for workers in [1, 7, 100] {
      var scheduler = SynchronousSuccessiveHalving(ladder: ladder, configurations: n)
      _ = ScriptedSearch.run(&scheduler, workers: workers, configurations: .max) { trial, rung in
        Double((trial * 37 + rung * 11) % 50)
      }
      let rungs = scheduler.brackets[0].rungs
      #expect(rungs.map(\.completed) == trials)
      #expect(rungs.map(\.promoted) == trials.dropFirst() + [0])
      #expect(rungs.map(\.resource.rawValue) == resources)
      #expect(scheduler.isExhausted)
    }
  }

  @Test func randomSearchTrainsEveryTrialToTheTopAtOnce() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 64, reductionFactor: 4)
    for algorithm in [SchedulerAlgorithm.randomSearch, .gridSearch] {
      var scheduler = RandomSearch(ladder: ladder, algorithm: algorithm)
      #expect(scheduler.specification.algorithm == algorithm)
      let first = scheduler.nextJob(canStart: true)
      #expect(first?.resource == 64 && first?.resumeResource == 0 && first?.rung == 0 && first?.isNewTrial == true)
      scheduler.complete(0, rung: 0, loss: 0.1)
      #expect(!scheduler.canStillPromote(0))
      let jobs = ScriptedSearch.run(&scheduler, workers: 2, configurations: 5) { trial, _ in Double(trial) }
      #expect(jobs == ["1:0", "2:0", "3:0", "4:0"])
    }
  }
}
