import Foundation
import LaunchSupport
import Testing
import Text

/// What a run says: on the terminal, in `run.log`, to a program's own logger.
@Suite struct RunLogTests {
  private var time: Regex<Substring> { #/(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /# }

  private func faultyStudy(_ faults: String, configurations: Int = 60) -> String {
    syntheticStudy(configurations: configurations)
      .replacing("seconds_per_resource: 0.0}", with: "seconds_per_resource: 0.0005, \(faults)}")
  }

  private func count(_ text: String, in whole: String) -> Int { whole.components(separatedBy: text).count - 1 }

  @Test func warningsAndFailuresAreInTheFolderOnceWithTheirTimes() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", faultyStudy("failing_worker: 1", configurations: 300))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let log = try scratch.text("out/run.log")
    let warning = "worker 1 is set aside: its last 5 jobs failed, while others succeed"
    #expect(count("warning \(warning)", in: log) == 1 && count(warning, in: outcome.stderr) == 1, "\(log)\(outcome)")
    #expect(count("failed, attempt 1, to be retried: ", in: log) == 5, "\(log)")
    let failure =
      #/Z notice  job \d+ on worker 1 \(trial \d+, rung \d\) failed, attempt 1, to be retried: .*failing_worker/#
    #expect(log.matches(of: failure).count == 5, "\(log)")
    let lines = log.split(separator: "\n")
    #expect(lines.first?.contains("starting synthetic on 3 ranks") == true, "\(log)")
    #expect(lines.last?.contains("all 300 configurations tried after ") == true, "\(log)")
    #expect(log.matches(of: time).count == lines.count, "\(log)")
    #expect(!outcome.stderr.contains("to be retried"), "\(outcome)")
  }

  @Test func thousandsOfFailuresMakeNoLongLog() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 4000).replacing("resource: 0.0}", with: "resource: 0, failure_probability: 0.5}"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let log = try scratch.text("out/run.log")
    let failures = try scratch.json("out/summary.json")["failed_jobs"]?.integer ?? 0
    #expect(failures > 1000 && log.utf8.count < 20_000, "\(log)")
    let leftOut = log.matches(of: #/notice  (\d+) more like this were left out/#).compactMap { Int($0.1) }
    // The first one is told twice: as a failed job, and as a reason that is new.
    #expect(leftOut.reduce(0, +) + count("by failure_probability", in: log) - leftOut.count == failures + 1, "\(log)")
  }

  @Test func aResumedRunAppends() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 8))
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch).isSuccess)
    let first = try scratch.text("out/run.log")
    let resumed = try await AshMPI.run(["resume", "out", "--set", "budget.configurations=12"], ranks: 2, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    let log = try scratch.text("out/run.log")
    #expect(log.hasPrefix(first) && log.count > first.count)
    #expect(log.contains(#/Z info    resuming synthetic with \d+ results, on 2 ranks/#), "\(log)")
  }

  /// What ends a run is in its log too, as the terminal has it.
  @Test func theErrorThatEndsARunIsItsLastMessage() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", faultyStudy("failure_probability: 1", configurations: 3))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    let error = "not one job has succeeded; the last one: attempt 1 fails by failure_probability"
    #expect(outcome.exitCode == 65 && outcome.stderr.hasSuffix("\nash-mpi: \(error)\n"), "\(outcome)")
    #expect(try scratch.text("out/run.log").contains("Z error   \(error)\n"))
  }

  @Test(arguments: [1, 3])
  func aLogThatCannotBeWrittenStopsNoStudyAndIsToldOnce(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", faultyStudy("failure_probability: 0.3"))
    try FileManager.default.createDirectory(
      at: scratch.url.appending(path: "out/run.log"), withIntermediateDirectories: true)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("all 60 configurations tried"), "\(outcome)")
    #expect(count("run.log is incomplete: ", in: outcome.stderr) == 1, "\(outcome)")
  }

  @Test func quietPrintsOneLineAndWarnings() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 40, seconds: 0.02))
    let sound = try await AshMPI.run(["run", "study.yaml", "-o", "sound", "--quiet"], ranks: 2, in: scratch)
    #expect(sound.isSuccess && sound.stderr.isEmpty && sound.lines.count == 1, "\(sound)")
    #expect(
      sound.stdout.contains(
        #/^synthetic: all 40 configurations tried after .* · best validation_loss .* · .*/sound\n$/#),
      "\(sound)")

    try scratch.write("study.yaml", faultyStudy("failing_worker: 1", configurations: 300))
    let faulty = try await AshMPI.run(["run", "study.yaml", "-o", "faulty", "--quiet"], ranks: 3, in: scratch)
    #expect(faulty.isSuccess && faulty.lines.count == 1, "\(faulty)")
    #expect(faulty.stderr.contains("ash-mpi: worker 1 is set aside"), "\(faulty)")
  }

  @Test func verboseShowsEachJob() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", faultyStudy("failure_probability: 0.3"))
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--verbose", "--progress", "none"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let events = try scratch.text("out/journal.jsonl").split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
    func number(_ kind: String) -> Int { events.count { $0["event"]?.text == kind } }
    let said = outcome.stderr
    #expect(said.matches(of: #/ash-mpi: job \d+ to worker \d/#).count == number("dispatch"), "\(outcome)")
    #expect(said.matches(of: #/ash-mpi: job \d+ on worker \d: trial \d+ has /#).count == number("result"), "\(outcome)")
    #expect(count(" fails by failure_probability", in: said) == number("failure") + 1, "\(outcome)")
    #expect(!(try scratch.text("out/run.log").contains("to worker")), "run.log has what matters later")
  }

  @Test(arguments: [["--quiet", "--verbose"], ["--quiet", "--progress", "live"]])
  func contradictoryOptionsAreRefused(options: [String]) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy())
    let outcome = try await AshMPI.run(["run", "study.yaml"] + options, in: scratch)
    #expect(outcome.exitCode == 64, "\(outcome)")
  }

  /// Each message begins at the beginning of a line, above the block that shows progress.
  @Test func messagesDoNotTearTheProgress() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 40, seconds: 0.005))
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--verbose", "--progress", "live"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let messages = outcome.stdout.matches(of: #/ash-mpi: job/#)
    #expect(messages.count >= 80)
    for message in messages {
      let before = outcome.stdout[..<message.range.lowerBound]
      #expect(before.isEmpty || before.hasSuffix("\n") || before.hasSuffix("\u{1B}[J"))
    }
    // The block was drawn in between, and redrawn after a message.
    #expect(outcome.stdout.contains(#/after [0-9.]+ s\n\rsynthetic · /#), "\(outcome)")
  }

  @Test func aProgramOfOnesOwnRoutesTheMessages() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 4).replacing(
        "trainer: {kind: synthetic, seconds_per_resource: 0.0}", with: "trainer: {}"))
    let outcome = try await Launch.program(
      "logging-trainer", arguments: ["run", "study.yaml", "-o", "out"], directory: scratch.url)
    #expect(outcome.isSuccess, "\(outcome)")
    for text in [
      #/ warning solver: .*worker 0: trial 1 smells/#, #/ notice solver: .*job=.*to be retried: the solver is broken/#,
    ] {
      #expect(outcome.stdout.matches(of: text).count >= 1, "\(outcome)")
    }
    #expect(outcome.stderr.isEmpty && !outcome.stdout.contains("debug"), "\(outcome)")
    let log = try scratch.text("out/run.log")
    #expect(log.contains("warning worker 0: trial 1 smells") && log.contains("the solver is broken"), "\(log)")

    let verbose = try await Launch.program(
      "logging-trainer", arguments: ["run", "study.yaml", "-o", "verbose", "--verbose"], directory: scratch.url)
    #expect(verbose.stdout.contains(" debug solver: "), "\(verbose)")
    let quiet = try await Launch.program(
      "logging-trainer", arguments: ["run", "study.yaml", "-o", "quiet", "--quiet"], directory: scratch.url)
    #expect(quiet.stdout.contains(" warning solver: ") && !quiet.stdout.contains(" notice "), "\(quiet)")
  }
}
