import SuccessiveHalving
import Testing
import TuningTypes

/// What every scheduler owes, whatever its rule; `ReferenceTests` holds each against its own.
@Suite struct ContractTests {
  @Test(arguments: SchedulerAlgorithm.allCases)
  func theSameSearchTwiceGivesTheSameJobs(algorithm: SchedulerAlgorithm) throws {
    let search = {
      var scheduler = try Self.scheduler(algorithm)
      return ScriptedSearch.run(&scheduler, workers: 7, configurations: 200) { trial, rung in
        Double((trial * 7919 + rung * 104_729) % 1009)
      }
    }
    #expect(try search() == search())
  }

  @Test(arguments: SchedulerAlgorithm.allCases)
  func whereAllDivergeEachTrainsOnceAndTheSearchEnds(algorithm: SchedulerAlgorithm) throws {
    var scheduler = try Self.scheduler(algorithm)
    let jobs = ScriptedSearch.run(&scheduler, workers: 5, configurations: 40) { _, _ in .nan }
    #expect(jobs == (0..<40).map { "\($0):0" })
    #expect(scheduler.runningCount == 0)
  }

  @Test(arguments: SchedulerAlgorithm.allCases)
  func whereAllAreInvalidNoneIsLeftAndNoNumberIsGivenAgain(algorithm: SchedulerAlgorithm) throws {
    var scheduler = try Self.scheduler(algorithm)
    for number in 0..<60 {
      let next = scheduler.nextJob(canStart: true)
      let job = try #require(next)
      #expect(job.trial.rawValue == number && job.isNewTrial)
      scheduler.erase(job.trial)
      scheduler.checkInvariants()
    }
    #expect(scheduler.startedCount == 60 && scheduler.runningCount == 0)
    #expect(scheduler.brackets.allSatisfy { $0.rungs.allSatisfy { $0.completed + $0.promoted + $0.running == 0 } })
    let next = scheduler.nextJob(canStart: false)
    #expect(next == nil)
  }

  @Test(arguments: SchedulerAlgorithm.allCases)
  func nobodyStartsWhereNobodyMay(algorithm: SchedulerAlgorithm) throws {
    var scheduler = try Self.scheduler(algorithm)
    let answers = [scheduler.nextJob(canStart: false), scheduler.continueTrial(0)]
    #expect(answers == [nil, nil])
    #expect(scheduler.startedCount == 0 && scheduler.brackets.count >= 1)
    let first = scheduler.nextJob(canStart: true)
    #expect(first?.trial == 0)
  }

  /// Not while it trains, once when it has reported, and not again.
  @Test func onlyStoppingTypesRunOn() throws {
    for algorithm in SchedulerAlgorithm.allCases {
      var scheduler = try Self.scheduler(algorithm)
      let next = scheduler.nextJob(canStart: true)
      let job = try #require(next)
      var answers = [scheduler.continueTrial(job.trial)?.rung]
      scheduler.complete(job.trial, rung: 0, loss: 1.0)
      answers += [scheduler.continueTrial(job.trial)?.rung, scheduler.continueTrial(job.trial)?.rung]
      #expect(answers == [nil, algorithm.isStoppingType ? 1 : nil, nil])
    }
  }

  private static func scheduler(_ algorithm: SchedulerAlgorithm) throws -> any TrialScheduler {
    try SchedulerSpecification(
      algorithm: algorithm, ladder: try LadderSpecification(minResource: 1, maxResource: 27, reductionFactor: 3),
      configurations: 40
    ).makeScheduler()
  }
}
