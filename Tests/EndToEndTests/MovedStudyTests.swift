import Foundation
import LaunchSupport
import Testing
import Text

/// Studies that are gone on with elsewhere, otherwise, or by a file that the program itself wrote.
@Suite struct MovedStudyTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.path("project"), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Repository.path("Datasets/iris.csv"), toPath: scratch.path("project/data.csv"))
    try scratch.write(
      "project/study.yaml",
      """
      # A comment that stays.
      search_space: {learning_rate: {type: float, min: 1.0e-4, max: 1.0, scale: log}}
      scheduler: {reduction_factor: 2, min_resource: 1, max_resource: 4}
      budget: {configurations: 8}
      trainer: {kind: mlp, dataset: data.csv, target: target, hidden_units: 8}

      """)
  }

  private func move(_ from: String, _ to: String) throws {
    try FileManager.default.moveItem(atPath: scratch.path(from), toPath: scratch.path(to))
  }

  private func run(_ arguments: String...) async throws -> Outcome { try await AshMPI.run(arguments, in: scratch) }

  private func configurations(_ folder: String) throws -> Int? {
    try scratch.json("\(folder)/summary.json")["configurations"]?.integer
  }

  @Test(arguments: ["project/out", "elsewhere/out"]) func aMovedProjectGoesOn(output: String) async throws {
    #expect(try await run("run", "project/study.yaml", "-o", output).isSuccess)
    try move("project", "moved")
    let isInside = output.hasPrefix("project")
    let folder = isInside ? output.replacing("project", with: "moved") : output
    if !isInside {
      // Told once where it is, and remembered.
      let lost = try await run("resume", folder, "--set", "budget.configurations=10")
      #expect(lost.exitCode == 65 && lost.stderr.contains("data.csv"), "\(lost)")
      let told = try await run("run", "moved/study.yaml", "-o", folder, "--resume", "--set", "budget.configurations=10")
      #expect(told.isSuccess, "\(told)")
    }
    let resumed = try await run("resume", folder, "--set", "budget.configurations=12")
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(try configurations(folder) == 12)
    #expect(try await run("reproduce", folder).stdout.contains("the same, bit for bit"))
  }

  @Test func theStudyAsItWasRunRunsFromAnywhere() async throws {
    #expect(
      try await run(
        "run", "project/study.yaml", "-o", "out", "--seed", "18446744073709551615", "--set",
        "search_space.learning_rate.max=0.5"
      ).isSuccess)
    #expect(try await run("run", "project/study.yaml", "-o", "plain").isSuccess)
    #expect(try scratch.text("plain/study.yaml").hasPrefix("# A comment that stays.\n"))
    for name in ["out", "plain"] {
      let again = try await Launch.program(
        "ash-mpi", arguments: ["run", scratch.path("\(name)/study.yaml"), "-o", scratch.path("\(name)-again")],
        directory: URL(filePath: "/"))
      #expect(again.isSuccess, "\(again)")
      // The same configurations in the same order.
      #expect(try scratch.resultsWithoutTimes("\(name)-again") == scratch.resultsWithoutTimes(name))
    }
    #expect(try scratch.text("out/results.csv") != scratch.text("plain/results.csv"))
  }

  @Test func whatDoesNotChangeWhatALossMeansMayChange() async throws {
    try scratch.write(
      "study.yaml",
      """
      search_space: {a: {type: float, min: 0, max: 1}, b: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 4}
      trainer:
        kind: command
        command: [sh, -c, 'echo "{\\"loss\\": $LOSS}"']
        environment: {LOSS: "1"}

      """)
    #expect(try await run("run", "study.yaml", "-o", "out").isSuccess)
    let more = try await run(
      "resume", "out", "--set", "budget.configurations=8", "--set", "trainer.timeout=60s", "--set", "trainer.grace=1s",
      "--set", "trainer.environment={LOSS: 0.5}", "--set", "retries=5", "--set", "trainer.gpus_per_node=2")
    #expect(more.isSuccess, "\(more)")
    #expect(try scratch.json("out/summary.json")["best"]?["loss"]?.number == 0.5)
    // The order of keys means nothing, but for that of the hyperparameters.
    let text = try scratch.text("study.yaml")
    let swapped = text.replacing("  kind: command\n", with: "").replacing(
      "  environment:", with: "  kind: command\n  environment:")
    try scratch.write("swapped.yaml", swapped)
    let same = try await run("run", "swapped.yaml", "-o", "out", "--resume", "--set", "budget.configurations=8")
    #expect(same.isSuccess, "\(same)")
    try scratch.write(
      "turned.yaml",
      text.replacing(
        "{a: {type: float, min: 0, max: 1}, b: {type: float, min: 0, max: 1}}",
        with: "{b: {type: float, min: 0, max: 1}, a: {type: float, min: 0, max: 1}}"))
    let other = try await run("run", "turned.yaml", "-o", "out", "--resume")
    #expect(other.exitCode == 65 && other.stderr.contains("search_space: differs"), "\(other)")
    let command = try await run("resume", "out", "--set", "trainer.command=[true]")
    #expect(command.exitCode == 65, "\(command)")
  }

  /// A study that stopped says how to go on, and counts the time of all its workers.
  /// `-o .`, or the variable of a script that is not set: the study that somebody wrote is not written over.
  @Test(arguments: ["study.yaml", "results.csv"]) func whatIsOfNoStudyIsNotWrittenOver(name: String)
    async throws
  {
    try scratch.write("tune.yaml", syntheticStudy(configurations: 4))
    let text = "# mine\n" + syntheticStudy(configurations: 4)
    try scratch.write(name, text)
    for arguments in [["run", "tune.yaml", "-o", "."], ["ask", "tune.yaml", "-o", scratch.path("")]] {
      let outcome = try await AshMPI.run(arguments, in: scratch)
      #expect(
        outcome.exitCode == 73 && outcome.stderr.contains("/\(name) is there, and is not of a study"), "\(outcome)")
    }
    #expect(try scratch.text(name) == text)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("journal.jsonl")))
    let empty = try await run("run", "tune.yaml", "-o", "")
    #expect(empty.exitCode == 73 && empty.stderr.contains("the empty path"), "\(empty)")
  }

  /// The results lie on another disk, as on many clusters, and are reached over a link.
  @Test func aStudyBehindALinkGoesOnFromEitherSide() async throws {
    try scratch.write("project/train.sh", "echo '{\"loss\": 1}'\n")
    try scratch.write(
      "project/study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 2}
      trainer: {kind: command, command: [sh, train.sh]}
      """)
    try FileManager.default.createDirectory(atPath: scratch.path("disk/out"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("project/out"), withDestinationPath: scratch.path("disk/out"))
    #expect(try await run("run", "project/study.yaml", "-o", "project/out").isSuccess)
    for (number, folder) in ["disk/out", "project/out"].enumerated() {
      let resumed = try await run("resume", folder, "--set", "budget.configurations=\(3 + number)")
      #expect(resumed.isSuccess, "\(resumed)")
      #expect(try configurations("disk/out") == 3 + number)
    }
  }

  /// Somebody has cleared what looks like results.
  @Test func aStudyWhoseBestWasTakenAwayMakesItAgain() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 8))
    #expect(try await run("run", "study.yaml", "-o", "out").isSuccess)
    try FileManager.default.removeItem(atPath: scratch.path("out/best"))
    let resumed = try await run("resume", "out", "--set", "budget.configurations=16")
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(try scratch.json("out/best/configuration.json")["trial"]?.integer != nil)
  }

  /// A pipe or a device is written into, and a link leads to what is written.
  @Test func aReportGoesWhereItIsSent() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    #expect(try await run("run", "study.yaml", "-o", "out").isSuccess)
    try scratch.write("old.html", "old")
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link.html"), withDestinationPath: "old.html")
    #expect(try await run("report", "out", "-o", "link.html").isSuccess)
    #expect(try scratch.text("old.html").hasPrefix("<!"))
    let attributes = try FileManager.default.attributesOfItem(atPath: scratch.path("link.html"))
    #expect(attributes[.type] as? FileAttributeType == .typeSymbolicLink)
    let pipe = try await AshMPI.shell(
      "mkfifo pipe && { head -c 2 pipe > first & } && \"$ASH\" report out -o pipe; test -p pipe && wait && cat first",
      in: scratch)
    #expect(pipe.stdout.hasSuffix("<!"), "\(pipe)")
    let full = try await AshMPI.shell("\"$ASH\" status out --json > /dev/full", in: scratch)
    #expect(full.exitCode == 73 && full.stderr.contains("can't write to standard output: No space left"), "\(full)")
  }

  @Test func aStoppedStudySaysHowToGoOn() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.005))
    let stopped = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "1s"], ranks: 3, in: scratch)
    #expect(stopped.exitCode == 75, "\(stopped)")
    #expect(stopped.stdout.hasSuffix("To go on: ash-mpi resume \(scratch.path("out"))\n"), "\(stopped)")
    let resumed = try await run("resume", "out", "--time-limit", "0.5s")
    #expect(resumed.exitCode == 75, "\(resumed)")
    let share = try #require(try scratch.json("out/summary.json")["utilisation"]?.number)
    #expect(share > 0.2 && share <= 1.001, "the workers trained for \(share) of their time")
  }

  @Test func aStudyWithoutOneFiniteLossIsNoSuccess() async throws {
    try scratch.write(
      "study.yaml",
      """
      search_space: {a: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 4}
      trainer: {kind: command, command: [sh, -c, 'echo "{\\"loss\\": NaN}"']}

      """)
    let outcome = try await run("run", "study.yaml", "-o", "out")
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.stderr.contains("not one of 4 losses is a finite number. Likely causes: "), "\(outcome)")
  }

  @Test(
    arguments: [
      (["help", "foo"], "There is no command 'foo'."),
      (["statu"], "There is no command 'statu', and no study file of that name. Did you mean 'status'?"),
      (["resmue", "out"], "Did you mean 'resume'?"),
      (["run", "study.yaml", "--set", "a"], "The value 'a' is invalid for '--set"),
      (["validate", "study.yaml", "--set", "=1"], "is invalid for '--set"),
      (["resume", "out", "--set", "budget..time=1"], "is invalid for '--set"),
      (["run", "study.yaml", "--seed", "18446744073709551616"], "is invalid for '--seed"),
    ])
  func wrongWordsAreToldAsSuch(arguments: [String], message: String) async throws {
    let outcome = try await AshMPI.run(arguments, in: scratch)
    #expect(outcome.exitCode == 64 && outcome.stderr.contains(message), "\(outcome)")
  }

  @Test func aLockThatADeadRunLeftDoesNotKeepAskersOut() async throws {
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    #expect(try await run("ask", "study.yaml", "-o", "asked").isSuccess)
    // As another node's run would have left it, whose heart has just beaten.
    try scratch.write("asked/lock", "another-node 1 2026-01-01T00:00:00Z 7\n")
    let asked = try await run("ask", "asked", "--override-lock")
    #expect(asked.isSuccess && asked.stdout.hasPrefix("{\"job\":1,"), "\(asked)")
    try scratch.write("asked/lock", "another-node 1 2026-01-01T00:00:00Z 7\n")
    let told = try await run("tell", "asked", "--job", "0", "--loss", "0.5", "--override-lock")
    #expect(told.isSuccess, "\(told)")
  }

  /// Whose command is run is said before it is.
  @Test(.enabled(if: getuid() == 0)) func anotherUsersStudyIsToldOfBeforeItRuns() async throws {
    try scratch.write(
      "study.yaml",
      """
      search_space: {a: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 1}
      budget: {configurations: 2}
      trainer: {kind: command, command: [sh, -c, 'echo "{\\"loss\\": 1}"']}

      """)
    #expect(try await run("run", "study.yaml", "-o", "out").isSuccess)
    chown(scratch.path("out/study.yaml"), 27_177, 27_177)
    for words in [["resume", "out", "--set", "budget.configurations=4"], ["reproduce", "out"]] {
      let outcome = try await AshMPI.run(words, in: scratch)
      #expect(outcome.isSuccess, "\(outcome)")
      #expect(
        outcome.stderr.contains("study.yaml belongs to user 27177, and its command is run as you: sh -c echo"),
        "\(outcome)")
    }
  }

  @Test func whatATerminalWouldObeyIsShown() async throws {
    try scratch.write(
      "train.py",
      #"""
      import json, os
      trial = int(os.environ["ASH_TRIAL"])
      if trial == 0: print(json.dumps({"failed": "\u001b]0;title\u0007\u001b[2J"}))
      elif trial == 1: print(json.dumps({"loss": 0.1, "m\u001b[31mX\u0007\nash-mpi: fake": 2}))
      else: print(json.dumps({"lo\u001b[31mss": 1}))
      """#)
    try scratch.write(
      "study.yaml",
      #"""
      search_space: {a: {type: categorical, values: ["=cmd", "x\e[31m", "y\r"]}}
      scheduler: {min_resource: 1, max_resource: 1}
      budget: {configurations: 3}
      retries: 0
      trainer: {kind: command, command: [python3, train.py]}

      """#)
    let outcome = try await run("run", "study.yaml", "-o", "out")
    #expect(outcome.isSuccess, "\(outcome)")
    for text in [
      outcome.stdout, outcome.stderr, try scratch.text("out/results.csv"), try await run("status", "out").stdout,
      try await run("status", "out", "--failures").stdout,
    ] {
      #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x7F }, "\(text)")
      #expect(!text.contains("\nash-mpi: fake"), "\(text)")
    }
    #expect(outcome.stdout.contains(#"m\x1B[31mX\x07\x0Aash-mpi: fake 2"#), "\(outcome)")
  }

  /// Columns of the same name are kept apart.
  @Test func hyperparametersMayBeCalledAsColumnsAre() async throws {
    try scratch.write(
      "study.yaml",
      """
      search_space:
        loss: {type: float, min: 0, max: 1}
        status: {type: float, min: 0, max: 1}
        optimizer.lr: {type: float, min: 0, max: 1}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 2}
      trainer: {kind: synthetic}

      """)
    let outcome = try await run(
      "run", "study.yaml", "-o", "out", "--set", "search_space.optimizer.lr.max=0.001", "--set",
      #"search_space."optimizer.lr".min=0.0005"#)
    #expect(outcome.isSuccess, "\(outcome)")
    let rows = try scratch.text("out/results.csv").split(separator: "\n").map { $0.split(separator: ",") }
    #expect(
      rows[0].joined(separator: ",")
        == "trial,bracket,configuration.loss,configuration.status,optimizer.lr,status,resource,loss,loss_rung_0,"
        + "seconds,reason")
    for row in rows.dropFirst() { #expect((0.0005...0.001).contains(Double(row[4]) ?? 0)) }
  }
}
