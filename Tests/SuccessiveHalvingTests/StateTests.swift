import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct StateTests {
  /// Stopping-type schedulers judge a trial when it reports, so that the order is part of what happened.
  @Test(arguments: SchedulerAlgorithm.allCases.filter { !$0.isStoppingType })
  func equalStatesAreEqualHoweverTheyCameAbout(algorithm: SchedulerAlgorithm) throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
    let specification = try SchedulerSpecification(algorithm: algorithm, ladder: ladder, configurations: 9)
    var forward = specification.makeScheduler()
    var backward = specification.makeScheduler()
    let jobs = (0..<9).compactMap { _ in forward.nextJob(canStart: true) }
    #expect(jobs == (0..<9).compactMap { _ in backward.nextJob(canStart: true) })
    for job in jobs { forward.complete(job.trial, rung: job.rung, loss: Loss(Double(job.trial.rawValue % 4))) }
    for job in jobs.reversed() {
      backward.complete(job.trial, rung: job.rung, loss: Loss(Double(job.trial.rawValue % 4)))
    }
    #expect(forward.state == backward.state)
    let answers = [forward.nextJob(canStart: false), backward.nextJob(canStart: false)]
    #expect(answers[0] == answers[1] && forward.state == backward.state)
  }

  /// Curve stopping sums floating-point numbers in the order in which trials end; the other rules do not depend on it.
  @Test(arguments: SchedulerAlgorithm.allCases.filter(\.isStoppingType))
  func theOrderOfEndsIsPartOfTheStateWhereItDecides(algorithm: SchedulerAlgorithm) throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 2, reductionFactor: 2)
    let states = try [[0, 1], [1, 0]].map { order in
      var scheduler = try SchedulerSpecification(algorithm: algorithm, ladder: ladder).makeScheduler()
      for trial in [TrialID(0), TrialID(1)] {
        _ = scheduler.nextJob(canStart: true)
        scheduler.complete(trial, rung: 0, loss: trial == 0 ? 2.0 : 1.0)
        _ = scheduler.continueTrial(trial)
      }
      for trial in order { scheduler.complete(TrialID(trial), rung: 1, loss: 0.5) }
      return scheduler.state
    }
    #expect((states[0] == states[1]) == (algorithm != .curveStopping))
  }

  /// `Loss` makes one of the NaNs; all other bits are kept, and none of the values is taken for another.
  @Test func theBitsOfALossAreKept() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
    let values = [0, -0.0, .nan, .infinity, -.infinity, .leastNonzeroMagnitude]
    let states = { (values: [Double]) in
      values.map { value in
        var scheduler = AsynchronousSuccessiveHalving(ladder: ladder)
        _ = scheduler.nextJob(canStart: true)
        scheduler.complete(0, rung: 0, loss: Loss(value))
        return scheduler.state
      }
    }
    #expect(states(values) == states(values))
    #expect(Set(states(values)).count == values.count)
    #expect(states([.signalingNaN, -.nan]) == states([.nan, .nan]))
  }

  @Test func theSameTrialsUnderAnotherSpecificationAreAnotherState() throws {
    let states = try SchedulerAlgorithm.allCases.map { algorithm in
      let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
      return try SchedulerSpecification(algorithm: algorithm, ladder: ladder, configurations: 9).makeScheduler().state
    }
    #expect(Set(states).count == SchedulerAlgorithm.allCases.count)
  }
}
