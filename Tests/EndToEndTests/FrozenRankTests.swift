import Foundation
import LaunchSupport
import Testing
import Text

/// A rank that does not answer any more: its node swaps, its kernel hangs, somebody has stopped it.
@Suite struct FrozenRankTests {
  /// A study on three ranks, none of whose jobs ends before the test says so: however late it comes, there is something left to do.
  ///
  /// - Parameter shell: what a shell does before it becomes the program.
  private func start(_ scratch: Scratch, shell: String = ":") async throws -> RunningProgram {
    try scratch.write(
      "train.sh",
      """
      while [ ! -e go ]; do sleep 0.02; done
      echo "{\\"loss\\": 0.$((1000 + ASH_TRIAL))}"

      """)
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 16}
      budget: {configurations: 24}
      trainer: {kind: command, command: [sh, train.sh]}

      """)
    let program = ["-c", "\(shell); exec \"$0\" \"$@\"", try Launch.path(of: "ash-mpi")]
    return try await Launch.startMPI(
      ranks: 3, program: "/bin/sh",
      arguments: program + ["run", "study.yaml", "-o", "out", "--worker-timeout", "3s"],
      directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
  }

  /// Stops rank 2 when it has its first job, and waits until it is given up.
  private func freeze(_ run: RunningProgram, _ scratch: Scratch) async throws -> pid_t {
    try await scratch.wait { dispatches((try? $0.text("out/journal.jsonl")) ?? "") == 1 }
    let rank = try #require(run.processID(ofRank: 2))
    kill(rank, SIGSTOP)
    try await scratch.wait { try $0.text("out/journal.jsonl").contains("worker 2 is lost") }
    return rank
  }

  private func dispatches(_ text: String) -> Int {
    text.split(separator: "\n").count { $0.contains(#""event":"dispatch""#) && $0.contains(#""worker":2"#) }
  }

  @Test(arguments: [false, true])
  func aFrozenRankIsGivenUpAndTheStudyFinishesWithoutIt(comesBack: Bool) async throws {
    let scratch = try Scratch()
    let run = try await start(scratch)
    let rank = try await freeze(run, scratch)
    if comesBack {
      kill(rank, SIGCONT)
      // It gets work again.
      try await scratch.wait { dispatches(try $0.text("out/journal.jsonl")) > 1 }
    }
    try scratch.write("go", "")
    let outcome = await run.outcome()
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("worker 2 is lost: it has said nothing for 3 s"), "\(outcome)")
    #expect(outcome.stderr.contains("worker 2 answers again") == comesBack, "\(outcome)")
    #expect(try scratch.json("out/summary.json")["configurations"]?.integer == 24)
    try await expectLegal(scratch.path("out/journal.jsonl"), "with a frozen rank")
  }

  /// A rank that belongs to no worker, and a worker that is frozen too late to be missed before the end.
  @Test(arguments: ["worker: {ranks: 2}", "worker: {ranks: 1}"])
  func aFrozenRankWithoutAJobDoesNotHoldUpTheEnd(worker: String) async throws {
    let scratch = try Scratch()
    try scratch.write("train.sh", "while [ ! -e go ]; do sleep 0.02; done; echo '{\"loss\": 0.5}'\n")
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 1}
      budget: {configurations: 1}
      \(worker)
      trainer: {kind: command, command: [sh, train.sh]}

      """)
    let run = try await Launch.startMPI(
      ranks: 3, program: "ash-mpi",
      arguments: ["run", "study.yaml", "-o", "out", "--worker-timeout", "3s", "--no-dedicated-driver"],
      directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
    try await scratch.wait { ((try? $0.text("out/journal.jsonl")) ?? "").contains(#""event":"dispatch""#) }
    // Any worker may have the job.
    let idle = dispatches(try scratch.text("out/journal.jsonl")) == 0 ? 2 : 1
    kill(try #require(run.processID(ofRank: idle)), SIGSTOP)
    try scratch.write("go", "")
    let outcome = await run.outcome()
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    let said = "rank \(idle) said nothing for 3 s at the end, and is not waited for"
    // Where the end comes late, the worker is missed before.
    #expect(
      outcome.stderr.components(separatedBy: said).count == 2 || outcome.stderr.contains("worker \(idle) is lost"),
      "\(outcome)")
    #expect(try scratch.json("out/summary.json")["status"]?.text == "finished")
  }

  @Test func aDiskThatIsFullEndsTheRunThoughARankIsFrozen() async throws {
    let scratch = try Scratch()
    // In blocks of 512 bytes.
    let run = try await start(scratch, shell: "ulimit -f 8")
    _ = try await freeze(run, scratch)
    try scratch.write("go", "")
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 73 && !outcome.timedOut && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("File too large"), "\(outcome)")
  }
}
