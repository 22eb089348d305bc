import Foundation
import LaunchSupport
import Testing
import Text

/// Studies that are interrupted where it is least convenient, and folders that two runs want.
@Suite struct InterruptionTests {
  @Test(arguments: [nil, 2]) func aStudyThatIsKilledAsItBeginsAgainAndAgainEndsWell(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 60, seconds: 0.002))
    let arguments = ["run", "study.yaml", "-o", "out", "--resume"]
    var acknowledged = ""
    for attempt in 0..<8 {
      let run = try await AshMPI.start(arguments, ranks: ranks, in: scratch)
      // Within the replay, or before it: under mpirun the ranks come to life after a while.
      try await Task.sleep(for: .milliseconds((ranks == nil ? 0 : 150) + attempt * 12))
      run.killEverything()
      let outcome = await run.outcome()
      #expect(outcome.exitCode == nil || outcome.isSuccess, "\(outcome)")
      let journal = (try? scratch.text("out/journal.jsonl")) ?? ""
      #expect(journal.hasPrefix(acknowledged), "attempt \(attempt) has lost what the journal held")
      acknowledged = String(journal[..<(journal.lastIndex(of: "\n").map(journal.index(after:)) ?? journal.startIndex)])
    }
    let last = try await AshMPI.run(arguments, ranks: ranks, in: scratch)
    #expect(last.isSuccess && last.stdout.contains("all 60 configurations tried"), "\(last)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "killed at its beginnings")
  }

  @Test func aStudyMayGoOnOnAnotherNumberOfRanksEachTime() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 1000, seconds: 0.004))
    for ranks in [1, 2, 3, 5] {
      let outcome = try await AshMPI.run(
        ["run", "study.yaml", "-o", "out", "--resume", "--time-limit", "0.3s"], ranks: ranks, in: scratch)
      #expect(outcome.exitCode == 75, "\(outcome)")
    }
    let last = try await AshMPI.run(["resume", "out"], ranks: 4, in: scratch)
    #expect(last.isSuccess && last.stdout.contains("all 1000 configurations tried"), "\(last)")
    let workers = try scratch.text("out/journal.jsonl").split(separator: "\n")
      .filter { $0.hasPrefix(#"{"event":"study""#) || $0.hasPrefix(#"{"event":"resume""#) }
      .map { try JSONValue(parsing: $0.utf8)["workers"]?.integer }
    #expect(workers == [1, 2, 3, 5, 4])
    try await expectLegal(scratch.path("out/journal.jsonl"), "1, 2, 3, 5 and 4 ranks")
  }

  /// A study of a folder of its own that has been stopped.
  private func stoppedStudy(in scratch: Scratch) async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 4000, seconds: 0.01))
    let stopped = try await AshMPI.run(["run", "study.yaml", "-o", "out", "--time-limit", "0.2s"], in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
  }

  @Test func aStudyThatWasEditedInItsFolderIsRefusedWithWhatDiffers() async throws {
    let scratch = try Scratch()
    try await stoppedStudy(in: scratch)
    let journal = try scratch.text("out/journal.jsonl")
    let study = try scratch.text("out/study.yaml")
    for (old, new, problem) in [
      ("max: 100}", "max: 101}", "out/study.yaml:3: search_space: differs from the study that"),
      ("seed: 5", "seed: 6", "out/study.yaml:2: seed: differs from the study that"),
      ("max_resource: 64", "max_resource: 256", "out/study.yaml:8: scheduler: differs from the study that"),
      ("seconds_per_resource: 0.01", "seconds_per_resource: 0.02", "out/study.yaml:10: trainer: differs"),
    ] {
      try scratch.write("out/study.yaml", study.replacing(old, with: new))
      let outcome = try await AshMPI.run(["resume", "out"], ranks: 3, in: scratch)
      #expect(outcome.exitCode == 65 && outcome.stderr.contains(problem), "\(outcome)")
      #expect(outcome.stderr.components(separatedBy: "ash-mpi: ").count == 2, "one message: \(outcome)")
      #expect(try scratch.text("out/journal.jsonl") == journal)
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out/lock")))
    }
  }

  @Test func ofTwoResumesAtTheSameMomentOneWins() async throws {
    let scratch = try Scratch()
    try await stoppedStudy(in: scratch)
    // Started by one shell: two launches of this test may have to wait for each other.
    let race = #"for i in 1 2; do ("$0" resume out --time-limit 2s; echo "code $?") & done; wait"#
    for _ in 0..<3 {
      let outcome = try await Launch.program(
        "/bin/sh", arguments: ["-c", race, try Launch.path(of: "ash-mpi")], directory: scratch.url)
      let codes = outcome.lines.filter { $0.hasPrefix("code ") }.sorted()
      #expect(codes == ["code 73", "code 75"], "\(outcome)")
      // Who won may not have written yet who it is.
      #expect(outcome.stderr.contains("out is in use by another run: "), "\(outcome)")
    }
    try await expectLegal(scratch.path("out/journal.jsonl"), "after three races")
  }

  @Test func aLockOfADeadNodeIsOverridden() async throws {
    let scratch = try Scratch()
    try await stoppedStudy(in: scratch)
    try scratch.write("out/lock", "elsewhere 12 2026-01-01T00:00:00Z 7\n")
    let outcome = try await AshMPI.run(
      ["resume", "out", "--override-lock", "--time-limit", "0.1s"], ranks: 2, in: scratch)
    #expect(outcome.exitCode == 75, "\(outcome)")
  }

  /// The first run was killed before it had written a line.
  @Test func aStudyThatNeverBeganIsStartedAnew() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 8))
    try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
    try scratch.write("out/study.yaml", syntheticStudy(configurations: 8))
    for beginning in ["", #"{"event":"study","ver"#] {
      try scratch.write("out/journal.jsonl", beginning)
      let resumed = try await AshMPI.run(["resume", "out"], in: scratch)
      #expect(
        resumed.exitCode == 65 && resumed.stderr.contains("ended before it had begun. Start it with"), "\(resumed)")
    }
    let run = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 2, in: scratch)
    #expect(run.isSuccess, "\(run)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "begun anew")
  }

  /// Bytes without a line's end are no beginning of a journal, and are not thrown away.
  @Test(arguments: [false, true]) func aJournalOfZerosIsLeftAsItIs(resumes: Bool) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 8))
    try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
    let zeros = String(repeating: "\0", count: 4096)
    try scratch.write("out/journal.jsonl", zeros)
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out"] + (resumes ? ["--resume"] : []), in: scratch)
    #expect(outcome.exitCode == (resumes ? 65 : 73), "\(outcome)")
    #expect(try scratch.text("out/journal.jsonl") == zeros)
  }
}
