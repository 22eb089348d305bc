import Foundation
import LaunchSupport
import Testing
import Text

/// `status` and `watch`, beside a study that runs.
@Suite struct WatchTests {
  /// Runs lines of a shell beside a study on one rank that lasts for longer than they do; its folder is `out`, and `$study` its
  /// process. One launch: launches take turns, and a test that waited for a second one could wait for ever.
  private func besideRunningStudy(
    _ lines: String, configurations: Int = 2000, environment: [String: String?] = [:], in scratch: Scratch
  ) async throws -> Outcome {
    try scratch.write("study.yaml", syntheticStudy(configurations: configurations, seconds: 0.05))
    let script = """
      $ASH run study.yaml -o out --progress none > run.txt 2>&1 & study=$!
      until grep -qs '"result"' out/journal.jsonl; do sleep 0.02; done
      \(lines)
      code=$?
      kill -9 $study 2> /dev/null
      wait
      exit $code
      """
    let outcome = try await AshMPI.shell(script, environment: environment, in: scratch)
    #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
    return outcome
  }

  /// What a terminal of so many rows and columns shows of `watch`; see `Tests/Terminal/terminal.py`.
  private func watch(
    _ size: String, _ steps: [String], environment: [String: String?] = [:], in scratch: Scratch
  ) async throws -> (json: JSONValue, screens: [[String]]) {
    let steps = steps.map { "'\($0)'" }.joined(separator: " ")
    let script = Repository.path("Tests/Terminal/terminal.py")
    let outcome = try await besideRunningStudy(
      "python3 '\(script)' \(size) \(steps) -- $ASH watch out --interval 0.5s",
      environment: ["NO_COLOR": nil].merging(environment) { $1 }, in: scratch)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let json = try JSONValue(parsing: Array(outcome.stdout.utf8))
    return (json, json["screens"]?.elements?.map { $0.elements?.compactMap(\.text) ?? [] } ?? [])
  }

  @Test func aRunReplacesStatusJSONWhileItLivesAndDeletesItAtItsEnd() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 20, seconds: 0.1))
    let run = try await AshMPI.start(["run", "study.yaml", "-o", "out"], ranks: 2, in: scratch)
    try await scratch.wait { FileManager.default.fileExists(atPath: $0.path("out/status.json")) }
    let status = try scratch.json("out/status.json")
    #expect(status["version"] == 1 && status["workers"] == 2)
    #expect((1...2).contains(status["running"]?.elements?.count ?? 0), "\(status)")
    let outcome = await run.outcome()
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/status.json")))
    let header = try JSONValue(parsing: Array(scratch.text("out/journal.jsonl").prefix { $0 != "\n" }.utf8))
    #expect(header["hosts"]?.elements?.count == 2)
    try await expectLegal(scratch.path("out/journal.jsonl"), "a journal with hosts")
  }

  @Test func whatAJobReportsWhileItTrainsIsShown() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.sh",
      """
      for resource in 1 2 3; do
        echo '{"progress":{"resource":'$resource',"loss":0.'$resource'}}'
        sleep 0.2
      done
      sleep 60
      """)
    try scratch.write(
      "study.yaml",
      """
      name: reports
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {reduction_factor: 2, min_resource: 4, max_resource: 8}
      budget: {configurations: 2}
      trainer: {kind: command, command: [sh, train.sh]}

      """)
    let outcome = try await AshMPI.shell(
      """
      $ASH run study.yaml -o out --progress none > run.txt 2>&1 & study=$!
      until grep -qs '"loss":0.3' out/status.json; do sleep 0.05; done
      $ASH status out --json > status.json
      kill -9 $study; wait
      """, in: scratch)
    let jobs = try scratch.json("status.json")["longest_running"]?.elements
    let report = try #require(jobs?.first?["report"], "\(outcome)")
    #expect(report["resource"]?.number == 3 && report["value"]?.number == 0.3)
  }

  @Test func whereTheOutputIsNoTerminalItIsALineNowAndThenUntilTheStudyIsOver() async throws {
    let scratch = try Scratch()
    let outcome = try await besideRunningStudy(
      "$ASH watch out --interval 0.2s --prometheus out.prom", configurations: 60, in: scratch)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.lines.count == 2 && !outcome.stdout.contains("\u{1B}"), "\(outcome)")
    #expect(outcome.lines.first?.hasPrefix("out: running on 1 worker on ") ?? false, "\(outcome)")
    #expect(
      outcome.lines.last?.hasPrefix("out: finished (configurations), 60 of 60 configurations") ?? false, "\(outcome)")
    #expect(try scratch.text("out.prom").contains("state=\"finished\"} 1\n"))
  }

  @Test func onATerminalItFillsTheScreenAndGivesItBack() async throws {
    let scratch = try Scratch()
    let steps = [
      "wait:Best: trial", "snap", "key:w", "wait:Workers:", "snap", "key:w", "key:?", "wait:Keys", "snap", "key:?",
      "wait:Slowest", "key:s", "wait:Running, by worker", "key: ", "wait:paused", "snap", "resize:10x60",
      "wait:synthetic", "wait:paused", "snap", "key:q",
    ]
    let (json, screens) = try await watch("24x80", steps, in: scratch)
    #expect(json["exit"] == 0 && json["isRestored"] == true && json["after"]?.text == "", "\(json)")
    try #require(screens.count == 5, "\(screens)")
    for index in [0, 1, 3] {
      #expect(screens[index].count == 24 && screens[index][0].hasPrefix("synthetic: running on 1 worker on "))
    }
    #expect(screens[0][23].hasPrefix("q quit") && screens[0].contains { $0.hasPrefix("  workers busy") })
    #expect(screens[2][0] == "Keys" && screens[3][23].hasPrefix("paused"))
    #expect(screens[4].count == 10 && screens[4][9].hasPrefix("paused"), "\(screens[4])")
  }

  @Test(arguments: ["INT", "TERM"]) func aSignalGivesTheTerminalBack(signal: String) async throws {
    let scratch = try Scratch()
    let (json, _) = try await watch("24x80", ["wait:rung", "signal:\(signal)"], in: scratch)
    #expect(json["exit"] == 0 && json["isRestored"] == true, "\(json)")
  }

  @Test func aTerminalWithoutUnicodeOrColoursGetsNeither() async throws {
    let scratch = try Scratch()
    let (_, screens) = try await watch(
      "24x80", ["wait:Best: trial", "snap", "key:q"], environment: ["LC_ALL": "C", "NO_COLOR": "1"], in: scratch)
    #expect(screens.first?.joined().utf8.allSatisfy { $0 < 0x80 } ?? false, "\(screens)")
  }

  @Test func aStudyThatIsKilledIsSaidToHaveEndedAndOneThatIsResumedRunsAgain() async throws {
    let scratch = try Scratch()
    let outcome = try await besideRunningStudy(
      """
      $ASH status out --json > running.json; echo $?
      kill -9 $study; wait
      $ASH status out --json > dead.json; echo $?
      $ASH resume out --progress none > resumed.txt 2>&1 & study=$!
      until grep -q '"resume"' out/journal.jsonl; do sleep 0.02; done
      $ASH status out --json > resumed.json; echo $?
      """, in: scratch)
    #expect(outcome.stdout == "0\n75\n0\n", "\(outcome)")
    for (name, state) in [("running", "running"), ("dead", "ended"), ("resumed", "running")] {
      #expect(try scratch.json("\(name).json")["state"]?.text == state)
    }
    try await expectLegal(scratch.path("out/journal.jsonl"), "a journal that was resumed, with hosts")
  }
}

/// A study on 64 ranks is killed at any moment: `status` says what the journal holds, and that the study is dead. 100 times:
/// `ASH_MPI_STATUS_KILLS=100`.
@Suite(.serialized) struct StatusAfterKillTests {
  static let kills = ProcessInfo.processInfo.environment["ASH_MPI_STATUS_KILLS"].flatMap(Int.init) ?? 2

  @Test(arguments: 0..<kills) func statusSaysThatAKilledStudyIsDeadAndWhatItHolds(number: Int) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.2))
    let run = try await AshMPI.start(
      ["run", "study.yaml", "-o", "out", "--progress", "none"], ranks: 64, in: scratch, timeLimit: .seconds(300))
    // Any moment: also before there is a folder, or a journal.
    if number.isMultiple(of: 10) {
      try await Task.sleep(for: .milliseconds(Int.random(in: 100...6000)))
    } else {
      try await scratch.wait { FileManager.default.fileExists(atPath: $0.path("out/journal.jsonl")) }
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...3000)))
    }
    run.killEverything()
    _ = await run.outcome()
    let status = try await AshMPI.run(["status", "out", "--json"], in: scratch)
    guard let journal = try? scratch.text("out/journal.jsonl"), journal.contains("\n") else {
      #expect(status.exitCode == 65 || status.exitCode == 75, "\(status)")
      return
    }
    #expect(status.exitCode == 75, "\(status)")
    let json = try JSONValue(parsing: Array(status.stdout.utf8))
    #expect(json["state"] == "ended", "\(status)")
    let lines = try journal.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      try JSONValue(parsing: Array($0.utf8))
    }
    let count = { (event: String) in lines.count { $0["event"]?.text == event } }
    #expect(json["jobs"]?.integer == count("result") && json["failed_jobs"]?.integer == count("failure"))
    #expect(json["running_jobs"]?.integer == count("dispatch") - count("result") - count("failure"))
    #expect(json["workers"] == 63 && json["hosts"]?.elements?.count == 63)
    #expect(json["best"]?["value"]?.number == lines.compactMap { $0["loss"]?.number }.filter(\.isFinite).min())
  }
}
