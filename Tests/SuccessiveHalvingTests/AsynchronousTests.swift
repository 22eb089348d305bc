import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct AsynchronousTests {
  @Test func theHighestRungGoesFirst() throws {
    var scheduler = try scheduler()
    let difference = ScriptedSearch.play(
      """
      ? 0:0
      ? 1:0
      ? 2:0
      ? 3:0
      0:0=1
      1:0=2
      ? 0:1
      2:0=3
      3:0=4
      ? 1:1
      ? 4:0
      ? 5:0
      4:0=8
      5:0=9
      0:1=1
      1:1=2
      ? 0:2
      ? 2:1
      """, on: &scheduler)
    #expect(difference == nil)
  }

  @Test func aWorkerWaitsWhenNothingCanStartOrBePromoted() throws {
    var scheduler = try scheduler()
    #expect(scheduler.nextJob(canStart: false) == nil)
    #expect(scheduler.startedCount == 0)
    #expect(scheduler.nextJob(canStart: true)?.trial == 0)
    #expect(scheduler.nextJob(canStart: false) == nil)
    #expect(scheduler.runningCount == 1)
  }

  @Test func anUnboundedLadderGrowsAsLongAsTrialsArePromoted() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: nil, reductionFactor: 2)
    var scheduler = AsynchronousSuccessiveHalving(ladder: ladder)
    _ = ScriptedSearch.run(&scheduler, workers: 1, configurations: 1024) { trial, _ in Double(trial) }
    let rungs = scheduler.brackets[0].rungs
    #expect(rungs.map(\.completed) == [1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1])
    #expect(rungs.last?.resource == 1024)
    #expect(scheduler.canStillPromote(0))
  }

  @Test func theTopOfABoundedBracketNeverPromotes() throws {
    var scheduler = try scheduler()
    _ = ScriptedSearch.run(&scheduler, workers: 1, configurations: 64) { trial, _ in Double(trial) }
    #expect(scheduler.brackets[0].rungs.map(\.completed) == [64, 32, 16])
    #expect(scheduler.brackets[0].rungs.map(\.promoted) == [32, 16, 0])
  }

  @Test func aCheckpointMattersUntilTheTrialCanGoNoFurther() throws {
    var scheduler = try scheduler()
    #expect(!scheduler.canStillPromote(0), "not started")
    #expect(ScriptedSearch.play("? 0:0\n? 1:0\n? 2:0", on: &scheduler) == nil)
    #expect(scheduler.canStillPromote(0), "in flight")
    #expect(ScriptedSearch.play("0:0=1\n1:0=nan\nx 2:0", on: &scheduler) == nil)
    #expect(scheduler.canStillPromote(0), "waits")
    #expect(!scheduler.canStillPromote(1), "diverged")
    #expect(!scheduler.canStillPromote(2), "erased")
    #expect(ScriptedSearch.play("? 0:1\n0:1=1\n? 3:0\n? 4:0\n3:0=2\n4:0=3\n? 3:1\n3:1=2\n? 0:2", on: &scheduler) == nil)
    #expect(scheduler.canStillPromote(0), "in flight to the top")
    #expect(ScriptedSearch.play("0:2=1", on: &scheduler) == nil)
    #expect(!scheduler.canStillPromote(0), "has completed the top")
    #expect(scheduler.canStillPromote(3))
  }

  @Test func anErasedTrialLeavesEveryRungAndItsNumberIsNotGivenAgain() throws {
    var scheduler = try scheduler()
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
      ? 0:2
      x 0:2
      ? 4:0
      4:0=9
      ? 2:1
      """, on: &scheduler)
    #expect(difference == nil)
    let rungs = scheduler.brackets[0].rungs
    #expect(rungs.map(\.completed) == [4, 1, 0])
    #expect(rungs.map(\.promoted) == [2, 0, 0])
    #expect(rungs.map(\.running) == [0, 1, 0])
    #expect(scheduler.assignment(of: 0) == nil)
    #expect(scheduler.assignment(of: 2)?.resumeResource == 1)
  }

  @Test func whatIsNotInFlightCanNeitherCompleteNorBeErased() async {
    await #expect(processExitsWith: .failure) {
      var scheduler = try AsynchronousTests.started()
      scheduler.complete(1, rung: 0, loss: 1.0)
    }
    await #expect(processExitsWith: .failure) {
      var scheduler = try AsynchronousTests.started()
      scheduler.complete(0, rung: 1, loss: 1.0)
    }
    await #expect(processExitsWith: .failure) {
      var scheduler = try AsynchronousTests.started()
      scheduler.complete(0, rung: 0, loss: 1.0)
      scheduler.complete(0, rung: 0, loss: 1.0)
    }
    await #expect(processExitsWith: .failure) {
      var scheduler = try AsynchronousTests.started()
      scheduler.complete(0, rung: 0, loss: 1.0)
      scheduler.erase(0)
    }
    await #expect(processExitsWith: .success) {
      var scheduler = try AsynchronousTests.started()
      scheduler.complete(0, rung: 0, loss: 1.0)
    }
  }

  /// A scheduler with trial 0 in flight to rung 0.
  private static func started() throws -> AsynchronousSuccessiveHalving {
    var scheduler = try AsynchronousTests().scheduler()
    _ = scheduler.nextJob(canStart: true)
    return scheduler
  }

  private func scheduler() throws -> AsynchronousSuccessiveHalving {
    AsynchronousSuccessiveHalving(ladder: try LadderSpecification(minResource: 1, maxResource: 4, reductionFactor: 2))
  }
}
