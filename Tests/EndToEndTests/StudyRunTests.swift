import Foundation
import LaunchSupport
import Testing
import Text

@Suite struct StudyRunTests {
  /// As `apptainer --cleanenv` does it: each rank would take itself for a run of its own.
  @Test(arguments: [[], ["-o", "out"]]) func ranksThatLostTheLaunchersVariablesAreOneMessage(output: [String])
    async throws
  {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy())
    let arguments = ["-i", try Launch.path(of: "ash-mpi"), "run", "study.yaml"] + output
    let outcome = try await Launch.mpirun(
      ranks: 3, program: "/usr/bin/env", arguments: arguments, directory: scratch.url,
      launcherArguments: ["--oversubscribe"])
    #expect(outcome.exitCode == 64 && outcome.leftProcesses.isEmpty && outcome.stdout.isEmpty, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "ash-mpi: ").count == 2, "one message: \(outcome)")
    #expect(outcome.stderr.contains("started 3 of these processes, and each of them would run a study"), "\(outcome)")
    for folder in ["out", "ash-runs"] { #expect(!FileManager.default.fileExists(atPath: scratch.path(folder))) }
    let alone = try await Launch.mpirun(
      ranks: 1, program: "/usr/bin/env", arguments: arguments, directory: scratch.url)
    #expect(alone.isSuccess, "\(alone)")
  }

  @Test(arguments: [nil, 1, 2, 3, 5, 64])
  func aStudyEndsWellOnAnyNumberOfRanks(ranks: Int?) async throws {
    let scratch = try Scratch()
    let study = try scratch.write("study.yaml", syntheticStudy(seconds: 0.001))
    let outcome = try await AshMPI.run(["run", study, "-o", "out"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stdout.contains("synthetic: all 64 configurations tried"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(ranks ?? 0) ranks")

    let summary = try scratch.json("out/summary.json")
    let workers = ranks.map { $0 >= 32 ? $0 - 1 : $0 } ?? 1
    #expect(summary["workers"]?.integer == workers)
    #expect(summary["status"]?.text == "finished")
    #expect(summary["configurations"]?.integer == 64)
    #expect(summary["best"]?["configuration"]?.members?.isEmpty == false)
    let rows = try scratch.text("out/results.csv").split(separator: "\n")
    #expect(rows.count == 65)
    #expect(rows[0].hasPrefix("trial,bracket,rate,units,kind,decay,status,resource,loss,loss_rung_0"))
    #expect(try scratch.text("out/study.yaml").hasPrefix(syntheticStudy(seconds: 0.001)))
  }

  @Test(arguments: [
    "{algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 100, early_stopping_rate: 1}",
    "{algorithm: asha, reduction_factor: 3, promotion: delayed, resources: [1, 5, 7, 50]}",
    "{algorithm: asha, reduction_factor: 4}",
    "{algorithm: sha, reduction_factor: 3, min_resource: 1, max_resource: 27}",
    "{algorithm: random, max_resource: 9}",
    "{algorithm: hyperband, reduction_factor: 3, min_resource: 1, max_resource: 81}",
    "{algorithm: hyperband, max_resource: 64, brackets: [0, 2], promotion: delayed}",
    "{algorithm: sync_hyperband, reduction_factor: 3, max_resource: 27}",
    "{algorithm: parallel_sha, reduction_factor: 3, max_resource: 27, bracket_size: 40}",
    "{algorithm: top_k, max_resource: 64, top_k: 12}",
    "{algorithm: pasha, reduction_factor: 2, resources: [1, 2, 3, 4, 5, 6, 8, 10, 12, 16]}",
    "{algorithm: stopping, reduction_factor: 3, max_resource: 81}",
    "{algorithm: median, resources: [1, 2, 3, 4, 6, 8]}",
    "{algorithm: curve, resources: [1, 2, 4, 8], stop_probability: 0.2}",
  ])
  func everySchedulerDecidesAsSpecified(scheduler: String) async throws {
    let scratch = try Scratch()
    let study = try scratch.write("study.yaml", syntheticStudy(configurations: 300, scheduler: scheduler))
    for ranks in [1, 4] {
      let outcome = try await AshMPI.run(["run", study, "-o", "out\(ranks)"], ranks: ranks, in: scratch)
      #expect(outcome.isSuccess, "\(outcome)")
      try await expectLegal(scratch.path("out\(ranks)/journal.jsonl"), "\(ranks) ranks: \(scheduler)")
    }
  }

  @Test(arguments: ["digits", "iris", "california-housing", "letter", "synthetic"], [1, 3, 64])
  func bundledStudiesDecideAsSpecified(name: String, ranks: Int) async throws {
    let scratch = try Scratch()
    var arguments = ["run", Repository.path("Examples/\(name)/study.yaml"), "-o", "out"]
    if name != "iris" { arguments += ["--set", "budget.configurations=20"] }
    let outcome = try await AshMPI.run(arguments, ranks: ranks, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(name) on \(ranks) ranks")
  }

  @Test func theDefaultStudyRunsFromAnyFolderAndFindsAGoodNetwork() async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run([], ranks: 2, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let summary = try scratch.json("ash-runs/digits-mlp-1/summary.json")
    let error = try #require(summary["best"]?["test_error"]?.number)
    #expect(error < 0.05)
    #expect(outcome.stdout.contains("test_error"), "\(outcome)")

    let again = try await AshMPI.run(["--set", "budget.configurations=4"], in: scratch)
    #expect(again.stdout.contains("ash-runs/digits-mlp-2"), "\(again)")
  }

  @Test func twoRunsOnOneRankGiveTheSameJournalButForTimes() async throws {
    let scratch = try Scratch()
    for name in ["one", "two"] {
      let outcome = try await AshMPI.run(
        ["run", Repository.path("Examples/iris/study.yaml"), "--seed", "9", "-o", name], in: scratch)
      #expect(outcome.isSuccess, "\(outcome)")
    }
    let journals = try ["one", "two"].map { name in
      try scratch.text("\(name)/journal.jsonl").split(separator: "\n").map { line in
        line.replacing(#/"(time|seconds)":[0-9.]+|"(started|sum)":"[^"]*"/#, with: "")
      }
    }
    #expect(journals[0].count > 100)
    #expect(journals[0] == journals[1])
  }

  @Test func theBestTrialGivesTheSameLossFromScratch() async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(
      ["run", Repository.path("Examples/digits/study.yaml"), "--set", "budget.configurations=32", "-o", "out"],
      ranks: 3,
      in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let reproduction = try await AshMPI.run(["reproduce", "out"], in: scratch)
    #expect(reproduction.isSuccess && reproduction.stdout.contains("bit for bit"), "\(reproduction)")
  }

  @Test func aTargetEndsTheStudyAndInterruptsWhatRuns() async throws {
    let scratch = try Scratch()
    let study = try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 100_000, seconds: 0.002)
        .replacing("budget: {configurations: 100000}", with: "budget: {configurations: 100000, target: 0.6}"))
    let outcome = try await AshMPI.run(["run", study, "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("the target is reached"), "\(outcome)")
    let best = try #require(try scratch.json("out/summary.json")["best"]?["loss"]?.number)
    #expect(best <= 0.6)
    try await expectLegal(scratch.path("out/journal.jsonl"), "target")
  }

  @Test func aTimeBudgetEndsAStudyWhoseJobsAreLong() async throws {
    let scratch = try Scratch()
    let study = try scratch.write(
      "study.yaml",
      syntheticStudy(seconds: 1000).replacing("budget: {configurations: 64}", with: "budget: {time: 2s}"))
    let outcome = try await AshMPI.run(["run", study, "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.stdout.contains("the time is used up"), "\(outcome)")
    #expect(try scratch.text("out/journal.jsonl").contains(#""reason":"time""#))
  }

  @Test(arguments: [3])
  func aDedicatedDriverDoesNotTrain(ranks: Int) async throws {
    let scratch = try Scratch()
    let study = try scratch.write("study.yaml", syntheticStudy())
    let outcome = try await AshMPI.run(["run", study, "-o", "out", "--dedicated-driver"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(try scratch.json("out/summary.json")["workers"]?.integer == ranks - 1)
  }
}
