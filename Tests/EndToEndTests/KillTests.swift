import Foundation
import LaunchSupport
import Testing
import Text

/// Kills whole studies, again and again, and resumes them. `make torture` does it 200 times.
@Suite(.serialized) struct KillTests {
  static let kills = ProcessInfo.processInfo.environment["ASH_MPI_KILLS"].flatMap(Int.init) ?? 6

  @Test func aStudyThatIsKilledAgainAndAgainLosesNothingAndCountsNothingTwice() async throws {
    var generator = SystemRandomNumberGenerator()
    var kills = 0
    while kills < Self.kills {
      let scratch = try Scratch()
      let ranks = Int.random(in: 1...4, using: &generator)
      let arguments = [
        "run", Repository.path("Examples/digits/study.yaml"), "-o", "out", "--resume", "--set",
        "budget.configurations=\(60 * min(20, Self.kills - kills) + 40)", "--set",
        "sampler={kind: \(["random", "kde", "gp"].randomElement(using: &generator) ?? "kde")}",
      ]
      var acknowledged = ""
      while true {
        let run = try await Launch.startMPI(
          ranks: ranks, program: "ash-mpi", arguments: arguments, directory: scratch.url,
          launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
        if kills < Self.kills {
          try await Task.sleep(for: .milliseconds(Int.random(in: 300...1500, using: &generator)))
          run.killEverything()
          kills += 1
        }
        let outcome = await run.outcome()
        #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
        #expect(outcome.signal != nil || outcome.isSuccess, "\(outcome)")

        // What was acknowledged before stands there still, line for line.
        let journal = (try? scratch.text("out/journal.jsonl")) ?? ""
        #expect(journal.hasPrefix(acknowledged), "after \(kills) kills the journal has lost what it held")
        acknowledged = String(
          journal[..<(journal.lastIndex(of: "\n").map { journal.index(after: $0) } ?? journal.startIndex)])
        if outcome.isSuccess { break }
      }
      try await expectLegal(scratch.path("out/journal.jsonl"), "\(kills) kills on \(ranks) ranks")
      let results = acknowledged.split(separator: "\n").compactMap { try? JSONValue(parsing: Array($0.utf8)) }
        .filter { $0["event"]?.text == "result" }
      let pairs = Set(results.map { [$0["trial"]?.integer, $0["rung"]?.integer] })
      #expect(pairs.count == results.count, "a (trial, rung) counts twice")

      // Whatever was interrupted where, a trial's losses are those of an undisturbed one.
      let reproduction = try await AshMPI.run(["reproduce", "out"], in: scratch)
      #expect(reproduction.isSuccess, "\(reproduction)")
    }
  }
}
