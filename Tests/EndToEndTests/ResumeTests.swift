import Foundation
import LaunchSupport
import Testing
import Text
import Training
import TuningTypes

@Suite struct ResumeTests {
  /// A study that is stopped by a signal after about a second, at rank 0 of `ranks`.
  private func stoppedStudy(in scratch: Scratch, ranks: Int? = 2) async throws -> Outcome {
    try scratch.write("study.yaml", syntheticStudy(configurations: 400, seconds: 0.004))
    return try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "1s"], ranks: ranks, in: scratch)
  }

  @Test(arguments: [nil, 3])
  func aTimeLimitStopsTheStudyWithCode75AndResumeFinishesIt(ranks: Int?) async throws {
    let scratch = try Scratch()
    let stopped = try await stoppedStudy(in: scratch, ranks: ranks)
    #expect(stopped.exitCode == 75, "\(stopped)")
    #expect(try scratch.json("out/summary.json")["status"]?.text == "stopped")
    // The number of ranks may change.
    let resumed = try await AshMPI.run(["resume", "out"], ranks: 4, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["configurations"]?.integer == 400)
    let text = try scratch.text("out/journal.jsonl")
    #expect(text.contains(#""event":"resume""#))
    try await expectLegal(scratch.path("out/journal.jsonl"), "resumed")
  }

  @Test(arguments: [
    "{algorithm: hyperband, max_resource: 64}", "{algorithm: sync_hyperband, max_resource: 64}",
    "{algorithm: parallel_sha, max_resource: 16}", "{algorithm: stopping, max_resource: 64}",
    "{algorithm: pasha, max_resource: 64}", "{algorithm: curve, max_resource: 64}",
  ])
  func everySchedulerGoesOnWhereItWasStopped(scheduler: String) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 150, seconds: 0.004, scheduler: scheduler))
    let stopped = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "0.3s"], ranks: 3, in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
    let resumed = try await AshMPI.run(["resume", "out"], ranks: 2, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(try scratch.json("out/summary.json")["configurations"]?.integer == 150)
    try await expectLegal(scratch.path("out/journal.jsonl"), scheduler)
  }

  /// A run may be killed between a trial's last result and the deletion of its checkpoint.
  @Test func checkpointsThatTheRunBeforeHasLeftAreDeleted() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 400, seconds: 0.004, scheduler: "{algorithm: random, max_resource: 1}"))
    let stopped = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "0.3s"], ranks: 3, in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
    let results = try scratch.text("out/journal.jsonl").split(separator: "\n").filter { $0.contains("\"result\"") }
    #expect(!results.isEmpty)
    let checkpoints = CheckpointStore(folder: scratch.path("out/checkpoints"))
    let trials = try results.map { TrialID(try #require(try JSONValue(parsing: $0.utf8)["trial"]?.integer)) }
    for trial in trials + [123_456] { try checkpoints.slot(for: trial).write([1]) }
    #expect(checkpoints.trials().count == trials.count + 1)
    let resumed = try await AshMPI.run(["resume", "out"], ranks: 3, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(checkpoints.trials().isEmpty)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGUSR1])
  func aSignalStopsTheStudyInGoodOrder(signal: Int32) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4000, seconds: 0.01))
    let run = try await Launch.start(
      "ash-mpi", arguments: ["run", "study.yaml", "-o", "out"], directory: scratch.url, timeLimit: .seconds(300))
    // Before it trains, it may not know yet what to do with signals.
    try await scratch.wait { ((try? $0.text("out/journal.jsonl")) ?? "").contains("dispatch") }
    run.send(signal: signal)
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(try scratch.text("out/journal.jsonl").contains(#""event":"stop","reason":"signal""#))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/lock")))
  }

  @Test(arguments: [nil, 3])
  func nearItsTimeLimitAStudyStartsNothingThatCannotFinishAndSaysSo(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4000, seconds: 0.1))
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--set", "budget.time=3s"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let journal = try scratch.text("out/journal.jsonl")
    #expect(journal.contains(#""event":"horizon","units":"#))
    #expect(journal.contains(#""event":"stop","reason":"time""#))
    try await expectLegal(scratch.path("out/journal.jsonl"), "near the time limit")
  }

  @Test func aResumedStudyHasTheSameJournalAsOneThatWasNeverStopped() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 60, seconds: 0.002))
    let whole = try await AshMPI.run(["run", "study.yaml", "-o", "whole"], in: scratch)
    let part = try await AshMPI.run(["run", "study.yaml", "-o", "part", "--time-limit", "0.2s"], in: scratch)
    #expect(whole.isSuccess && part.exitCode == 75, "\(part)")
    #expect(try await AshMPI.run(["resume", "part"], in: scratch).isSuccess)
    // One rank decides the same, whenever it was interrupted.
    #expect(try scratch.resultsWithoutTimes("whole") == scratch.resultsWithoutTimes("part"))
  }

  @Test func aFinishedStudyGoesOnOnlyWithALargerBudget() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 16))
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch).isSuccess)
    let journal = try scratch.text("out/journal.jsonl")

    let again = try await AshMPI.run(["resume", "out"], in: scratch)
    #expect(again.isSuccess && again.stdout.contains("16 configurations tried"), "\(again)")
    #expect(try scratch.text("out/journal.jsonl") == journal, "there was nothing to add")

    let more = try await AshMPI.run(["resume", "out", "--set", "budget.configurations=64"], ranks: 2, in: scratch)
    #expect(more.isSuccess && more.stdout.contains("64 configurations tried"), "\(more)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "a larger budget")
    // What the study went on with is known to the next resume.
    let last = try await AshMPI.run(["resume", "out"], in: scratch)
    #expect(last.isSuccess && last.stdout.contains("64 configurations tried"), "\(last)")

    let whole = try scratch.text("out/journal.jsonl")
    let less = try await AshMPI.run(["resume", "out", "--set", "budget.configurations=8"], in: scratch)
    #expect(less.isSuccess && less.stdout.contains("64 configurations tried"), "\(less)")
    #expect(try scratch.text("out/journal.jsonl") == whole)
  }

  /// How many trials the study has begun.
  private func begun(_ scratch: Scratch) throws -> Int {
    let dispatched = try scratch.text("out/journal.jsonl").split(separator: "\n")
      .filter { $0.contains(#""event":"dispatch""#) }
    return try Set(dispatched.map { try JSONValue(parsing: $0.utf8)["trial"]?.integer }).count
  }

  @Test(arguments: ["asha", "hyperband", "pasha", "random", "stopping", "median"])
  func aSmallerBudgetBeginsNothingNewAndTrainsOnWhatHasBegun(algorithm: String) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(
        configurations: 60, seconds: 0.002, scheduler: "{algorithm: \(algorithm), min_resource: 1, max_resource: 16}"))
    let stopped = try await AshMPI.run(["run", "study.yaml", "-o", "out", "--time-limit", "0.1s"], in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
    let grown = try await AshMPI.run(
      ["resume", "out", "--set", "budget.configurations=100000", "--time-limit", "2s"], ranks: 2, in: scratch)
    #expect(grown.exitCode == 75, "\(grown)")
    let count = try begun(scratch)
    let smaller = try await AshMPI.run(["resume", "out", "--set", "budget.configurations=2"], ranks: 2, in: scratch)
    #expect(smaller.isSuccess && smaller.stdout.contains("\(count) configurations tried"), "\(smaller)")
    #expect(
      smaller.stderr.contains("budget.configurations is 2, and \(count) have begun: no other begins"), "\(smaller)")
    #expect(try begun(scratch) == count)
    let status = try await AshMPI.run(["status", "out"], in: scratch)
    #expect(status.stdout.contains("\(count) configurations, "), "\(status)")
    let again = try await AshMPI.run(
      ["resume", "out", "--set", "budget.configurations=\(count + 5)"], ranks: 2, in: scratch)
    #expect(again.isSuccess && again.stdout.contains("\(count + 5) configurations tried"), "\(again)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "a smaller budget, then a larger one")
  }

  @Test func aTimeBudgetBelowWhatHasPassedEndsTheStudy() async throws {
    let scratch = try Scratch()
    _ = try await stoppedStudy(in: scratch)
    let count = try begun(scratch)
    let outcome = try await AshMPI.run(["resume", "out", "--set", "budget.time=0.5s"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("the time is used up"), "\(outcome)")
    #expect(try begun(scratch) == count)
    try await expectLegal(scratch.path("out/journal.jsonl"), "a time budget that is over")
  }

  @Test func anotherStudyIsRefusedWithWhatDiffers() async throws {
    let scratch = try Scratch()
    _ = try await stoppedStudy(in: scratch)
    try scratch.write(
      "study.yaml", syntheticStudy(configurations: 400, seconds: 0.004).replacing("max: 100}", with: "max: 101}"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out", "--resume"], ranks: 2, in: scratch)
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.stderr.contains("study.yaml:3: search_space: differs"), "\(outcome)")
  }

  @Test func aTornLastLineIsDroppedWithANote() async throws {
    let scratch = try Scratch()
    _ = try await stoppedStudy(in: scratch)
    let journal = try scratch.text("out/journal.jsonl")
    try scratch.write("out/journal.jsonl", String(journal.dropLast(30)))
    let outcome = try await AshMPI.run(["resume", "out"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess && outcome.stderr.contains("torn"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "torn")
  }

  @Test func damageInTheMiddleIsReportedWithItsLineAndNothingIsOverwritten() async throws {
    let scratch = try Scratch()
    _ = try await stoppedStudy(in: scratch)
    var lines = try scratch.text("out/journal.jsonl").split(separator: "\n", omittingEmptySubsequences: false)
    lines[9] = "{\"event\":\"res"
    let damaged = lines.joined(separator: "\n")
    try scratch.write("out/journal.jsonl", damaged)
    let outcome = try await AshMPI.run(["resume", "out"], ranks: 2, in: scratch)
    #expect(outcome.exitCode == 65 && outcome.stderr.contains("journal.jsonl:10:"), "\(outcome)")
    #expect(try scratch.text("out/journal.jsonl") == damaged)
  }

  @Test func aSecondRunOnTheSameFolderIsRefusedWhileTheFirstRuns() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 400_000, seconds: 0.01))
    // The second may have to wait for its turn.
    let first = try await Launch.start(
      "ash-mpi", arguments: ["run", "study.yaml", "-o", "out"], directory: scratch.url, timeLimit: .seconds(900))
    while (try? scratch.text("out/journal.jsonl").contains("dispatch")) != true {
      try await Task.sleep(for: .milliseconds(50))
    }
    for arguments in [["resume", "out"], ["run", "study.yaml", "-o", "out"]] {
      let second = try await AshMPI.run(arguments, ranks: 2, in: scratch)
      #expect(second.exitCode == 73 && second.stderr.contains("is in use by another run"), "\(second)")
    }
    first.killEverything()
    _ = await first.outcome()
  }

  @Test func resumingWhereNothingHasRunSaysSo() async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(["resume", "nowhere"], ranks: 2, in: scratch)
    #expect(outcome.exitCode == 65 && outcome.stderr.contains("no study has been run here"), "\(outcome)")
  }
}
