import Foundation
import LaunchSupport
import Testing
import Text

/// Files that somebody takes away while a study runs, and folders that are gone.
@Suite struct LostFolderTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.001))
  }

  private func lines(_ name: String) throws -> [Substring] { try scratch.text(name).split(separator: "\n") }

  /// Starts the study, does something to its folder once it runs, and waits for the end that this should bring.
  private func outcome(ranks: Int?, after harm: String) async throws -> Outcome {
    let arguments = ["run", "study.yaml", "-o", "out", "--progress", "none"]
    let run = try await AshMPI.start(arguments, ranks: ranks, in: scratch)
    try await scratch.wait { scratch in ((try? scratch.text("out/journal.jsonl").count) ?? 0) > 20_000 }
    let shell = Process()
    shell.executableURL = URL(filePath: "/bin/sh")
    shell.arguments = ["-c", harm]
    shell.currentDirectoryURL = scratch.url
    try shell.run()
    shell.waitUntilExit()
    return await run.outcome()
  }

  @Test(
    arguments: [nil, 2],
    [
      ("cp out/journal.jsonl x && mv x out/journal.jsonl", "was replaced by another file"),
      ("rm out/journal.jsonl", "was deleted"), ("rm -rf out", "was deleted"),
    ])
  func aJournalThatIsTakenAwayIsNoticedAndSaved(ranks: Int?, harm: (script: String, what: String)) async throws {
    let outcome = try await outcome(ranks: ranks, after: harm.script)
    #expect(outcome.exitCode == 73 && !outcome.timedOut, "\(outcome)")
    #expect(outcome.stderr.contains("journal.jsonl \(harm.what) while the study ran; all of it is in "), "\(outcome)")
    #expect(outcome.stderr.contains("Once its journal is back: ash-mpi resume "), "\(outcome)")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["status"] == "stopped" && summary["best"]?["trial"]?.integer != nil)

    // Back in its place, the study goes on.
    try await expectLegal(scratch.path("out/journal.rescued.jsonl"), harm.script)
    let results = try lines("out/journal.rescued.jsonl").count { $0.contains(#""event":"result""#) }
    // What came in the moment before the driver knew of it is in the summary alone, and runs again.
    let jobs = try #require(summary["jobs"]?.integer)
    #expect(results > 50 && results > jobs - 500, "\(results) of \(jobs)")
    try? FileManager.default.removeItem(atPath: scratch.path("out/journal.jsonl"))
    try FileManager.default.moveItem(
      atPath: scratch.path("out/journal.rescued.jsonl"), toPath: scratch.path("out/journal.jsonl"))
    let resumed = try await AshMPI.run(["resume", "out", "--time-limit", "0.3s"], ranks: ranks, in: scratch)
    #expect(resumed.exitCode == 75, "\(resumed)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "resumed")
  }

  @Test func aJournalThatIsEmptiedIsNoticed() async throws {
    let outcome = try await outcome(ranks: nil, after: ": > out/journal.jsonl")
    #expect(outcome.exitCode == 73 && !outcome.timedOut, "\(outcome)")
    #expect(outcome.stderr.contains("was cut short, from "), "\(outcome)")
    #expect(try scratch.json("out/summary.json")["best"]?["configuration"]?["rate"]?.number != nil)
  }

  @Test func aCurrentFolderThatIsGoneIsTold() async throws {
    let outcome = try await AshMPI.shell(
      #"mkdir gone && cd gone && rmdir ../gone && for o in "-o x" "" "-o ../x"; do "$ASH" run "$STUDY" $o; echo $?; done"#,
      environment: ["STUDY": scratch.path("study.yaml")], in: scratch)
    #expect(outcome.stdout == "73\n73\n73\n", "\(outcome)")
    #expect(outcome.stderr.contains("can't find the current folder: No such file or directory"), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: "/x"))
  }

  private static let canTrace = (try? Launch.path(ofCommand: "strace")) != nil

  /// A file that was created or renamed is not safe before its folder is on the disk as well.
  @Test(.enabled(if: canTrace)) func theFolderIsOnTheDiskAfterEachNewName() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    let outcome = try await AshMPI.shell(
      #"""
      strace -f -y -o trace -e trace=fsync,rename,renameat,renameat2,openat,mkdir,mkdirat \
        "$ASH" run study.yaml -o out
      """#, in: scratch)
    guard !outcome.stderr.contains("strace: ") else { return }
    #expect(outcome.isSuccess, "\(outcome)")
    let calls = try scratch.text("trace").split(separator: "\n")
    let out = scratch.path("out")
    for name in ["study.yaml", "journal.jsonl", "summary.json", "results.csv", "best"] {
      let place = calls.firstIndex { call in
        let makesIt = call.contains("rename") || call.contains("O_CREAT") || call.contains("mkdir")
        return makesIt && call.contains("\(name)\"") && !call.contains(" = -1")
      }
      let rest = calls[try #require(place.map { $0 + 1 }, "\(name) is never made")...]
      #expect(rest.contains { $0.contains("fsync(") && $0.contains("<\(out)>") }, "\(name)")
    }
  }

  /// Links that somebody else has planted in a folder that others can write to.
  @Test(arguments: ["lock", "logs/0/job-0.log", "checkpoints", "best", "logs"])
  func aPlantedLinkIsNotFollowed(place: String) async throws {
    try scratch.write("victim", "precious")
    try FileManager.default.createDirectory(atPath: scratch.path("elsewhere"), withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: scratch.path("out/logs/0"), withIntermediateDirectories: true)
    try scratch.write(
      "study.yaml",
      """
      search_space: {rate: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 1}
      budget: {configurations: 2}
      trainer:
        kind: command
        command: [sh, -c, 'echo attack >&2; echo attack > "$ASH_CHECKPOINT/x"; echo "{\\"loss\\": 1}"']
      """)
    let isFolder = ["checkpoints", "best", "logs"].contains(place)
    try? FileManager.default.removeItem(atPath: scratch.path("out/\(place)"))
    symlink(scratch.path(isFolder ? "elsewhere" : "victim"), scratch.path("out/\(place)"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(try scratch.text("victim") == "precious", "\(outcome)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path("elsewhere")) == [], "\(outcome)")
    if place == "logs/0/job-0.log" || place == "logs" {
      #expect(outcome.exitCode == 0, "a log is no reason to stop: \(outcome)")
    } else {
      #expect(outcome.exitCode == 73, "\(outcome)")
      #expect(outcome.stderr.contains("is a symbolic link, which is not followed here"), "\(outcome)")
    }
  }

  @Test func aFolderThatOthersCanWriteToIsToldOf() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 2))
    try FileManager.default.createDirectory(atPath: scratch.path("out"), withIntermediateDirectories: true)
    chmod(scratch.path("out"), 0o777)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.stderr.contains("others can write to "), "\(outcome)")
  }
}
