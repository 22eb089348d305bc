import Foundation
import LaunchSupport
import Testing
import Text

/// A disk that is full, or not to be written to: the study stops, says so once, and goes on when there is room again.
@Suite struct FullDiskTests {
  /// Exit code 73, one line that says why and one that says what to do.
  private func expectHalt(_ outcome: Outcome, _ why: String) {
    #expect(outcome.exitCode == 73 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    let said = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("ash-mpi: ") }
    #expect(said.count == 2, "\(outcome)")
    #expect(said.first?.contains(why) == true, "\(outcome)")
    #expect(said.first?.hasSuffix("; the study stops, and what the journal holds is safe") == true, "\(outcome)")
    #expect(said.last?.contains("could not be written to. Once that is mended: ash-mpi resume ") == true, "\(outcome)")
  }

  /// Goes on where there is room again, and to a good end; nothing of the journal has changed meanwhile.
  private func expectGoodEnd(of folder: String, ranks: Int, configurations: Int, in scratch: Scratch) async throws {
    let journal = "\(folder)/journal.jsonl"
    let before = try wholeLines(journal)
    #expect(before.count > 10)
    let resumed = try await AshMPI.run(["resume", folder], ranks: ranks, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    let after = try wholeLines(journal)
    #expect(after.starts(with: before), "the journal has lost what it held")
    try await expectLegal(journal, "\(ranks) ranks")
    let summary = try JSONValue(parsing: Data(contentsOf: URL(filePath: "\(folder)/summary.json")))
    #expect(summary["configurations"]?.integer == configurations)
    #expect(summary["failed_jobs"]?.integer == 0)
  }

  private func wholeLines(_ path: String) throws -> [Substring] {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  private func disk(in scratch: Scratch, kilobytes: Int) async throws -> SmallDisk {
    try scratch.write("study.yaml", syntheticStudy(configurations: 300, seconds: 0.001))
    return try await SmallDisk(in: scratch, kilobytes: kilobytes)
  }

  @Test(.enabled("needs leave to mount") { await SmallDisk.isPossible() }, arguments: [1, 3])
  func aDiskThatTheJournalFillsStopsTheStudy(ranks: Int) async throws {
    let scratch = try Scratch()
    let disk = try await disk(in: scratch, kilobytes: 64)
    let folder = "\(disk.path)/out"
    // What finds no room first is the journal, or the note of a new best trial.
    expectHalt(
      try await AshMPI.run(["run", "study.yaml", "-o", folder], ranks: ranks, in: scratch), "No space left on device")
    // As long as there is no room, nothing begins and nothing is lost.
    let journal = try wholeLines("\(folder)/journal.jsonl")
    let again = try await AshMPI.run(["resume", folder], in: scratch)
    #expect(again.exitCode == 73, "\(again)")
    #expect(try wholeLines("\(folder)/journal.jsonl").starts(with: journal))

    try await disk.remount("size=4m")
    try await expectGoodEnd(of: folder, ranks: ranks, configurations: 300, in: scratch)
  }

  /// The jobs that find no room for their checkpoints have not failed: they go out again.
  @Test(.enabled("needs leave to mount") { await SmallDisk.isPossible() }, arguments: [1, 3])
  func aDiskThatCheckpointsFillStopsTheStudy(ranks: Int) async throws {
    let scratch = try Scratch()
    let disk = try await disk(in: scratch, kilobytes: 2500)
    let folder = "\(disk.path)/out"
    let study = Repository.path("Examples/digits/study.yaml")
    let full = try await AshMPI.run(
      ["run", study, "-o", folder, "--set", "budget.configurations=80"], ranks: ranks, in: scratch)
    expectHalt(full, "No space left on device")
    try await disk.remount("size=60m")
    try await expectGoodEnd(of: folder, ranks: ranks, configurations: 80, in: scratch)
    let reproduction = try await AshMPI.run(["reproduce", folder], in: scratch)
    #expect(reproduction.isSuccess, "\(reproduction)")
  }

  @Test(.enabled("needs leave to mount") { await SmallDisk.isPossible() }, arguments: [3])
  func aFolderThatIsReadOnlyIsRefused(ranks: Int) async throws {
    let scratch = try Scratch()
    let disk = try await disk(in: scratch, kilobytes: 4000)
    let folder = "\(disk.path)/out"
    let stopped = try await AshMPI.run(["run", "study.yaml", "-o", folder, "--time-limit", "0.1s"], in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
    try await disk.remount("ro")
    for arguments in [["resume", folder], ["run", "study.yaml", "-o", "\(disk.path)/new"]] {
      let outcome = try await AshMPI.run(arguments, ranks: ranks, in: scratch)
      #expect(outcome.exitCode == 73 && outcome.stderr.contains("Read-only file system"), "\(outcome)")
      #expect(outcome.stderr.components(separatedBy: "Read-only").count == 2, "\(outcome)")
    }
  }

  /// A study whose folder may no longer be written to while it runs. Only the journal, which is open, still can.
  @Test(.enabled("needs chattr, and a file system that knows it") { isImmutabilityKnown() })
  func aFolderThatBecomesReadOnlyStopsTheStudy() async throws {
    let scratch = try Scratch()
    let run = try await Launch.startMPI(
      ranks: 3, program: "ash-mpi",
      arguments: [
        "run", Repository.path("Examples/digits/study.yaml"), "-o", "out", "--set", "budget.configurations=100000",
      ],
      directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
    // chattr is not started by Launch, where it might have to wait for its turn.
    let folders = ["out/checkpoints", "out/checkpoints/0"].map(scratch.path)
    try await scratch.wait { _ in FileManager.default.fileExists(atPath: folders[1] + "/40") }
    #expect(Self.changeAttributes("+i", folders))
    let outcome = await run.outcome()
    #expect(Self.changeAttributes("-i", folders))
    expectHalt(outcome, "can't write \(folders[1])/")
    let journal = try scratch.text("out/journal.jsonl")
    #expect(!journal.contains(#""final":true"#), "no trial is lost to the disk")

    let resumed = try await AshMPI.run(
      ["resume", "out", "--time-limit", "0.5s"], ranks: 3, in: scratch)
    #expect(resumed.exitCode == 75, "\(resumed)")
    #expect(try scratch.text("out/journal.jsonl").hasPrefix(journal))
    try await expectLegal(scratch.path("out/journal.jsonl"), "read-only for a while")
  }

  /// Whether it could be done.
  private static func changeAttributes(_ change: String, _ paths: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["chattr", change] + paths
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  private static func isImmutabilityKnown() -> Bool {
    guard let scratch = try? Scratch(), let file = try? scratch.write("file", "") else { return false }
    return changeAttributes("+i", [file]) && changeAttributes("-i", [file])
  }

  /// Needs no mount: what a file may hold is limited, and the write beyond fails as one on a full disk does.
  @Test(arguments: [1, 3]) func aLimitOfFileSizesStopsTheStudyAlike(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 300, seconds: 0.001))
    // In blocks of 512 bytes.
    let limited = ["-c", #"ulimit -f 80; exec "$0" "$@""#, try Launch.path(of: "ash-mpi")]
    let outcome = try await Launch.mpirun(
      ranks: ranks, program: "/bin/sh", arguments: limited + ["run", "study.yaml", "-o", "out"],
      directory: scratch.url, launcherArguments: ["--oversubscribe"])
    expectHalt(outcome, "out/journal.jsonl: File too large")
    try await expectGoodEnd(of: scratch.path("out"), ranks: ranks, configurations: 300, in: scratch)
  }
}
