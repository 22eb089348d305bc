import SuccessiveHalving
import Testing
import TuningTypes

/// Each scheduler through a search small enough to follow by hand.
@Suite struct HandExampleTests {
  /// The table in the documentation of `AsynchronousHyperband`.
  @Test func asynchronousHyperbandRunsAsItsTableSays() throws {
    var scheduler = try scheduler(.asynchronousHyperband, max: 9, eta: 3)
    var jobs: [String] = []
    for _ in 0..<8 {
      let next = scheduler.nextJob(canStart: true)
      let job = try #require(next)
      jobs.append("\(job.trial) in \(job.bracket) to \(job.resource)")
      scheduler.complete(job.trial, rung: job.rung, loss: Loss(Double(job.trial.rawValue)))
    }
    let expected = [
      "0 in 0 to 1", "1 in 1 to 3", "2 in 2 to 9", "3 in 0 to 1", "4 in 0 to 1", "0 in 0 to 3", "5 in 1 to 3",
      "6 in 0 to 1",
    ]
    #expect(jobs == expected)
  }

  /// Promotions may put a bracket ahead for a while; the next configurations then go to the others.
  @Test func everyBracketGetsTheSameResource() throws {
    for seed in 0..<50 {
      var random = TestGenerator(seed: seed)
      var scheduler = try scheduler(.asynchronousHyperband, max: 81, eta: 3)
      var spent = [0, 0, 0, 0, 0]
      for _ in 0..<3_000 {
        guard let job = scheduler.nextJob(canStart: true) else { break }
        spent[job.bracket.rawValue] += job.resource.rawValue - job.resumeResource.rawValue
        scheduler.complete(job.trial, rung: job.rung, loss: Loss(Double(random.below(1000))))
      }
      let (least, most) = (spent.min() ?? 0, spent.max() ?? 0)
      #expect(most - least <= 4 * 81 && least > 4_000, "seed \(seed): \(spent)")
    }
  }

  /// One loop of Hyperband for R = 81, η = 3: table 1 of Li et al. (JMLR 18), s counted from the other end.
  @Test(arguments: [1, 20]) func synchronousHyperbandRunsTheBracketsOfItsTable(workers: Int) throws {
    var scheduler = try scheduler(.synchronousHyperband, max: 81, eta: 3)
    _ = ScriptedSearch.run(&scheduler, workers: workers, configurations: 81 + 34 + 15 + 8 + 5) { trial, rung in
      Double((trial * 37 + rung * 11) % 50)
    }
    #expect(
      scheduler.brackets.map { $0.rungs.map(\.completed) } == [
        [81, 27, 9, 3, 1], [34, 11, 3, 1], [15, 5, 1], [8, 2], [5],
      ])
  }

  @Test func hyperbandsBracketsHaveTheirSizesInIntegers() {
    let sizes = (0..<4).map { HyperbandBrackets.configurations(bracket: $0, rungs: 4, reductionFactor: 4) }
    #expect(sizes == [64, 22, 8, 4])
    #expect(HyperbandBrackets.configurations(bracket: 0, rungs: 100, reductionFactor: 2) == .max)
  }

  @Test func parallelSHAStartsABracketWhenAWorkerWouldWait() throws {
    var scheduler = try scheduler(.parallelSuccessiveHalving, max: 2, eta: 2, options: [.bracketSize: .integer(2)])
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      0:0=1
      ? 3:0
      1:0=2
      ? 0:1
      3:0=2
      2:0=3
      ?! 3:1
      ?! wait
      ? 4:0
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.brackets[0].rungs.map(\.completed) == [4, 0])
  }

  /// Four of sixteen configurations go from 1 to R; all others never train again.
  @Test func topKTrainsTheBestToTheEnd() throws {
    var scheduler = try scheduler(.topK, max: 64, eta: 4, configurations: 16, options: [.topCount: .integer(3)])
    let jobs = ScriptedSearch.run(&scheduler, workers: 5, configurations: .max) { trial, _ in Double(trial * 7 % 16) }
    #expect(jobs.count == 19 && jobs.suffix(3) == ["0:1", "7:1", "14:1"])
    #expect(scheduler.brackets[0].rungs.map(\.resource) == [1, 64])
    #expect(scheduler.isExhausted)
  }

  @Test func stoppingTypeASHAStopsWhoeverIsNotInTheTopShare() throws {
    var scheduler = try scheduler(.stoppingSuccessiveHalving, max: 4, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      0:0=5
      & 0:1
      1:0=6
      & 1 no
      ? 2:0
      2:0=1
      & 2:1
      0:1=3
      & 0:2
      2:1=4
      & 2 no
      ? 3:0
      3:0=nan
      & 3 no
      ? 4:0
      4:0=2
      ? 4:1
      0:2=1
      & 0 no
      """, on: &scheduler)
    #expect(difference == nil)
    #expect(scheduler.canStillPromote(4) && !scheduler.canStillPromote(1) && !scheduler.canStillPromote(0))
  }

  /// Averages {10, 20}: the median is 15. One rung up they are {8, 15}: 11.5.
  @Test func theMedianRuleStopsWhatIsStrictlyWorse() throws {
    var scheduler = try scheduler(.medianStopping, max: 4, eta: 2, options: [.minTrials: .integer(2)])
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      0:0=10
      & 0:1
      ? 1:0
      1:0=20
      & 1:1
      ? 2:0
      2:0=16
      & 2 no
      ? 3:0
      3:0=15
      & 3:1
      0:1=6
      & 0:2
      1:1=10
      & 1:2
      3:1=12
      & 3 no
      """, on: &scheduler)
    #expect(difference == nil)
  }

  /// Three trials end where they were at rung 0: who is worse there than the best will stay so.
  @Test func theCurveRuleStopsWhatCannotBecomeTheBest() throws {
    var scheduler = try scheduler(.curveStopping, max: 2, eta: 2, options: [.minTrials: .integer(3)])
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      0:0=1
      & 0:1
      0:1=1
      ? 1:0
      1:0=2
      & 1:1
      1:1=2
      ? 2:0
      2:0=3
      & 2:1
      2:1=3
      ? 3:0
      3:0=5
      & 3 no
      ? 4:0
      4:0=0.5
      & 4:1
      """, on: &scheduler)
    #expect(difference == nil)
  }

  /// As long as two rungs rank alike, the second is the last; one surprise, and there is a third.
  @Test func theProgressiveLadderGrowsWhenTheRankingIsNotSettled() throws {
    var scheduler = try scheduler(.progressiveSuccessiveHalving, max: 8, eta: 2)
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      ? 3:0
      0:0=1
      1:0=2
      2:0=3
      3:0=4
      ? 0:1
      ? 1:1
      0:1=1
      1:1=2
      ?! wait
      ? 4:0
      ? 5:0
      4:0=2.5
      5:0=9
      ? 4:1
      4:1=0.5
      ?! 4:2
      """, on: &scheduler)
    #expect(difference == nil)
  }

  private func scheduler(
    _ algorithm: SchedulerAlgorithm, max: Int, eta: Int, configurations: Int? = nil,
    options: SchedulerOptions = [:]
  ) throws -> any TrialScheduler {
    try SchedulerSpecification(
      algorithm: algorithm,
      ladder: try LadderSpecification(minResource: 1, maxResource: max, reductionFactor: eta),
      configurations: configurations, options: options
    ).makeScheduler()
  }
}
