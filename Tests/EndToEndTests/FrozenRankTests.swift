import Foundation
import LaunchSupport
import Testing
import Tuning

/// A rank that does not answer any more: its node swaps, its kernel hangs, somebody has stopped it.
@Suite struct FrozenRankTests {
  @Test(arguments: [false, true])
  func aFrozenRankIsGivenUpAndTheStudyFinishesWithoutIt(comesBack: Bool) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 150, seconds: 0.02))
    let run = try await Launch.startMPI(
      ranks: 3, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--worker-timeout", "1.5s"],
      directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(60))
    while (try? scratch.text("out/journal.jsonl").contains("result")) != true {
      try await Task.sleep(for: .milliseconds(20))
    }
    let rank = try #require(run.processID(ofRank: 2))
    _ = kill(rank, SIGSTOP)
    if comesBack {
      while (try? scratch.text("out/journal.jsonl").contains("worker 2 is lost")) != true {
        try await Task.sleep(for: .milliseconds(20))
      }
      _ = kill(rank, SIGCONT)
    }
    let outcome = await run.outcome()
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("worker 2 is lost: it has said nothing for 1.5 s"), "\(outcome)")
    #expect(outcome.stderr.contains("worker 2 answers again") == comesBack, "\(outcome)")
    #expect(try scratch.json("out/summary.json")["configurations"]?.integer == 150)
    try await expectLegal(scratch.path("out/journal.jsonl"), "with a frozen rank")
  }
}
