import Foundation
import LaunchSupport
import Testing
import Text

/// Everything that makes a study stop before its end, on one rank and on three.
@Suite struct SignalTests {
  private func start(_ scratch: Scratch, ranks: Int, _ arguments: [String] = []) async throws -> RunningProgram {
    if !FileManager.default.fileExists(atPath: scratch.path("study.yaml")) {
      try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.01))
    }
    let run = try await Launch.startMPI(
      ranks: ranks, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out"] + arguments,
      directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
    // Until it trains.
    try await scratch.wait { ((try? $0.text("out/journal.jsonl")) ?? "").contains("dispatch") }
    return run
  }

  /// Rank 0, which the lock names.
  private func driver(_ scratch: Scratch) throws -> pid_t {
    let words = try scratch.text("out/lock").split(separator: " ")
    return try #require(words.dropFirst().first.flatMap { pid_t($0) })
  }

  /// The study has stopped in good order, and goes on.
  private func expectOrder(_ scratch: Scratch, _ reason: String, _ comment: String) async throws {
    let journal = try scratch.text("out/journal.jsonl")
    let last = try JSONValue(parsing: try #require(journal.split(separator: "\n").last).utf8)
    #expect(last["event"]?.text == "stop" && last["reason"]?.text == reason, "\(comment): \(last)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/lock")), "\(comment)")
    #expect(try scratch.json("out/summary.json")["status"]?.text == "stopped", "\(comment)")
    let resumed = try await AshMPI.run(["resume", "out", "--time-limit", "0.2s"], in: scratch)
    #expect(resumed.exitCode == 75, "\(comment): \(resumed)")
    #expect(try scratch.text("out/journal.jsonl").hasPrefix(journal), "\(comment)")
    try await expectLegal(scratch.path("out/journal.jsonl"), comment)
  }

  @Test(arguments: [SIGTERM, SIGINT, SIGUSR1])
  func aSignalToRank0StopsTheStudyInGoodOrder(signal: Int32) async throws {
    let scratch = try Scratch()
    let run = try await start(scratch, ranks: 3)
    kill(try driver(scratch), signal)
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    try await expectOrder(scratch, "signal", "signal \(signal)")
  }

  /// `mpirun` passes SIGUSR1 on. Of SIGINT and SIGTERM it makes a SIGTERM for the ranks, and exits with a code of its own.
  @Test(arguments: [SIGTERM, SIGINT, SIGUSR1], [1, 3])
  func aSignalToTheLauncherStopsTheStudyInGoodOrder(signal: Int32, ranks: Int) async throws {
    let scratch = try Scratch()
    let run = try await start(scratch, ranks: ranks)
    run.send(signal: signal)
    let outcome = await run.outcome()
    #expect(outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    #expect(signal == SIGUSR1 ? outcome.exitCode == 75 : outcome.exitCode != 0, "\(outcome)")
    try await expectOrder(scratch, "signal", "signal \(signal) on \(ranks) ranks")
  }

  /// A signal that every rank gets, as `scancel` sends it, is one signal.
  @Test func aSignalToAllRanksIsOneSignal() async throws {
    let scratch = try Scratch()
    let run = try await start(scratch, ranks: 3)
    let launcher = run.processID
    for process in run.livingProcesses where process.pid != launcher && process.description.contains("ash-mpi") {
      kill(process.pid, SIGTERM)
    }
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    try await expectOrder(scratch, "signal", "a signal to all")
  }

  /// As when a node shuts down: the trainers' programs die of it, and their jobs are not at fault.
  @Test(arguments: [1, 3]) func aSignalThatEndsTheProgramsAsWellFailsNoJob(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 4}
      budget: {configurations: 64}
      trainer: {kind: command, command: [/bin/sh, -c, ': > training-$ASH_JOB; exec sleep 1000']}
      """)
    let run = try await start(scratch, ranks: ranks)
    try await scratch.wait { scratch in
      (0..<ranks).allSatisfy { FileManager.default.fileExists(atPath: scratch.path("training-\($0)")) }
    }
    let processes = run.livingProcesses.filter { $0.pid != run.processID }
    #expect(processes.count { $0.description.contains("sleep 1000") } == ranks)
    for isProgram in [false, true] {
      for process in processes where process.description.contains("sleep 1000") == isProgram {
        kill(process.pid, SIGTERM)
      }
    }
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    let journal = try scratch.text("out/journal.jsonl")
    #expect(journal.contains(#"{"event":"stop","reason":"signal""#) && !journal.contains("failure"), "\(journal)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "a signal to all")
  }

  @Test(arguments: [1, 3]) func aSecondSignalStopsAtOnce(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      name: deaf
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 64}
      trainer:
        kind: command
        command: [/bin/sh, -c, 'trap "" TERM; : > training-$ASH_JOB; while :; do sleep 1; done']
        grace: 1h
      """)
    let run = try await start(scratch, ranks: ranks, ["--grace", "1h"])
    try await scratch.wait { scratch in
      (0..<ranks).allSatisfy { FileManager.default.fileExists(atPath: scratch.path("training-\($0)")) }
    }
    let driver = try driver(scratch)
    kill(driver, SIGINT)
    try await Task.sleep(for: .seconds(1))
    // It waits for the jobs that run, as it was told to.
    #expect(ProcessTable.isLiving(driver))
    kill(driver, SIGINT)
    let outcome = await run.outcome()
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    let journal = try scratch.text("out/journal.jsonl")
    #expect(journal.contains(#"{"event":"stop","reason":"signal""#))
    let count = { (event: String) in journal.components(separatedBy: "\"event\":\"\(event)\"").count }
    #expect(count("dispatch") - count("result") == ranks, "the jobs were given up")
    try await expectLegal(scratch.path("out/journal.jsonl"), "a second signal")
  }

  /// A study that is over by itself waits no longer for what still runs than one that is stopped.
  @Test(arguments: [1, 3]) func aStudyWhoseTimeIsUpGivesUpWhatDoesNotStop(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {time: 1s}
      trainer:
        kind: command
        command: [/bin/sh, -c, 'trap "" TERM; while :; do sleep 1; done']
        grace: 1h
      """)
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--grace", "0.5s"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 65 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    #expect(outcome.stderr.contains("no job came to a result within the study's "), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "time is up")
  }

  @Test(arguments: [3]) func whatDoesNotStopWithinTheGraceIsGivenUp(ranks: Int) async throws {
    let scratch = try Scratch()
    // One epoch of this network takes far longer than it gets.
    try scratch.write(
      "study.yaml",
      """
      search_space: {hidden_units: {type: int, min: 1000, max: 1024}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 64}
      trainer:
        {kind: mlp, dataset: \(Repository.path("Datasets/letter.csv.gz")), target: lettr, hidden_layers: 8, batch_size: 1}
      """)
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "2s", "--grace", "0.5s"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    let journal = try scratch.text("out/journal.jsonl")
    #expect(journal.contains(#"{"event":"stop","reason":"walltime""#) && !journal.contains(#""event":"result""#))
    try await expectLegal(scratch.path("out/journal.jsonl"), "grace")
  }

  @Test(arguments: [1, 3]) func theEndOfASlurmJobStopsTheStudyAMarginBefore(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.01))
    let end = Date().timeIntervalSince1970 + 1000
    let outcome = try await Launch.mpirun(
      ranks: ranks, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--margin", "999s"],
      environment: ["SLURM_JOB_END_TIME": "\(Int(end))"], directory: scratch.url,
      launcherArguments: ["--oversubscribe"])
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty && !outcome.timedOut, "\(outcome)")
    try await expectOrder(scratch, "walltime", "\(ranks) ranks")
  }

  /// When a Slurm job began and ends, in seconds from now.
  private func slurmJob(began: Double, ends: Double) -> [String: String?] {
    let now = Date().timeIntervalSince1970
    return ["SLURM_JOB_START_TIME": "\(Int(now + began))", "SLURM_JOB_END_TIME": "\(Int(now + ends))"]
  }

  /// As often as it were queued again, it would train nothing.
  @Test(arguments: [1, 3]) func aSlurmJobThatIsNoLongerThanItsMarginIsRefusedOnce(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 10))
    let outcome = try await Launch.mpirun(
      ranks: ranks, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--resume", "--margin", "2h"],
      environment: slurmJob(began: -5, ends: 3595), directory: scratch.url, launcherArguments: ["--oversubscribe"])
    #expect(outcome.exitCode == 64 && outcome.leftProcesses.isEmpty, "\(outcome)")
    let said = "the Slurm job is 1:00:00 long, and a study stops 2:00:00 before its end (--margin): no time is left"
    #expect(outcome.stderr.components(separatedBy: said).count == 2, "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  /// The job had its time, and the next one has it again.
  @Test func aStudyThatIsStartedAgainWithinItsMarginStopsToBeResumed() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.01))
    let outcome = try await Launch.program(
      "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--resume"],
      environment: slurmJob(began: -500, ends: 30), directory: scratch.url)
    #expect(outcome.exitCode == 75, "\(outcome)")
  }

  /// With a `scontrol` that writes down what it is told.
  @Test(arguments: [false, true])
  func theSlurmScriptQueuesAJobAgainOnlyIfTheNextCouldTrain(requeues: Bool) async throws {
    let job = requeues ? slurmJob(began: -5000, ends: 1001) : slurmJob(began: -5, ends: 3595)
    let margin = requeues ? "1000s" : "2h"
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100_000, seconds: 0.01))
    let variables: [String: String?] = [
      "SLURM_JOB_ID": "7", "SLURM_NTASKS": "1", "SLURM_SUBMIT_DIR": scratch.path(""),
      "ASH_MPI": try Launch.path(of: "ash-mpi"), "TUNE": Repository.path("Slurm/tune.sbatch"),
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]
    let outcome = try await AshMPI.shell(
      """
      scontrol() { echo "$@" >>requeued; } && export -f scontrol && exec bash "$TUNE" study.yaml -o out --margin \(margin)
      """, environment: variables.merging(job) { $1 }, in: scratch)
    #expect(outcome.exitCode == (requeues ? 75 : 64) && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(((try? scratch.text("requeued")) == "requeue 7\n") == requeues, "\(outcome)")
  }

  /// What the user asked for is done: a batch script that queues again on 75 must not do so.
  @Test(arguments: [1, 3]) func aTimeBudgetThatIsUsedUpEndsTheStudyAndCountsAcrossRuns(ranks: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      syntheticStudy(configurations: 100_000, seconds: 0.01)
        .replacing("budget: {configurations: 100000}", with: "budget: {time: 1.5s}"))
    let first = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "1s"], ranks: ranks, in: scratch)
    #expect(first.exitCode == 75, "\(first)")
    let before = try #require(try scratch.json("out/summary.json")["wall_seconds"]?.number)
    let second = try await AshMPI.run(["resume", "out"], ranks: ranks, in: scratch)
    #expect(second.isSuccess && second.stdout.contains("the time is used up"), "\(second)")
    let times = try scratch.text("out/journal.jsonl").split(separator: "\n").compactMap {
      try JSONValue(parsing: $0.utf8)["time"]?.number
    }
    #expect(times == times.sorted())
    #expect(try #require(times.last) >= 1.5 && before > 0)
    // There is nothing to go on with.
    let journal = try scratch.text("out/journal.jsonl")
    #expect(try await AshMPI.run(["resume", "out"], ranks: ranks, in: scratch).isSuccess)
    #expect(try scratch.text("out/journal.jsonl") == journal)
  }
}
