import Files
import Foundation
import LaunchSupport
import StudyFile
import TestSupport
import Testing
import TrainerSupport
import Trainers
import Training
import TuningTypes

/// The command trainer with real programs, driven job by job.
@Suite struct CommandTrainerTests {
  private static let space = "x: {type: float, min: 0, max: 1}, mode: {type: categorical, values: [a, b]}"

  private func bench(_ script: String, _ more: String = "", arguments: String = "") throws -> Workbench {
    let bench = try Workbench(
      trainer: "{kind: command, command: [sh, program.sh\(arguments)]\(more)}", space: Self.space,
      files: ["program.sh": script])
    return bench
  }

  private static let configuration: Configuration = ["x": 0.25, "mode": "a"]

  private func failure(_ body: () throws -> TrainingReport) -> TrainingFailure? {
    do {
      let report = try body()
      Issue.record("a report: \(report)")
      return nil
    } catch {
      return error as? TrainingFailure
    }
  }

  private func reason(_ body: () throws -> TrainingReport) -> String {
    if case .failed(let reason)? = failure(body) { reason } else { "no failure" }
  }

  @Test func aProgramIsToldItsJobByArgumentsAndByTheEnvironment() throws {
    let bench = try bench(
      """
      printf '%s\\n' "$@" >"$ASH_CHECKPOINT/arguments"
      env | grep -E '^(ASH_|OMPI_COMM_|MINE)' | grep -v -E '^ASH_(PROCESS_GROUP|MPI_)' | sort >"$ASH_CHECKPOINT/environment"
      pwd >"$ASH_CHECKPOINT/directory"
      echo '{"loss": 0.5}'
      """, ", environment: {MINE: 'a b'}",
      arguments: ", '--x={x}', '{mode}', '{resource}', '{resume_resource}', '{trial}', '{seed}', 'a b;$(c)'")
    defer { bench.trainer.finish() }
    _ = try bench.train(bench.job(Self.configuration, to: 4, seed: 5 << 33), in: "t")
    let folder = bench.slot("t").path
    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) }
    #expect(try text("arguments") == "--x=0.25\na\n4\n0\n1\n5\na b;$(c)\n")
    #expect(try text("directory").hasSuffix("\(bench.temporary.path.split(separator: "/").last ?? "")\n"))
    #expect(
      try text("environment") == """
        ASH_BRACKET=0
        ASH_CHECKPOINT=\(folder)
        ASH_CONFIGURATION={"x":0.25,"mode":"a"}
        ASH_HOSTS=localhost
        ASH_HOST_SLOTS=localhost:1
        ASH_JOB=1
        ASH_LOCAL_WORKER=0
        ASH_PROTOCOL=once
        ASH_RANKS=1
        ASH_RESOURCE=4
        ASH_RESUME_RESOURCE=0
        ASH_RUNG=0
        ASH_SEED=5
        ASH_TRIAL=1
        ASH_WORKER=0
        MINE=a b

        """)
    // The folder holds something now, and so the program goes on from what the last result reached.
    _ = try bench.train(bench.job(Self.configuration, to: 16, from: 4), in: "t")
    #expect(try text("environment").contains("ASH_RESUME_RESOURCE=4\n"))
    // It holds nothing where nobody has written into it.
    _ = try bench.train(bench.job(Self.configuration, to: 16, from: 4), in: "other")
    #expect(
      try String(contentsOfFile: "\(bench.slot("other").path)/environment", encoding: .utf8)
        .contains("ASH_RESUME_RESOURCE=0\n"))
  }

  @Test func theLastResultCountsAndOtherLinesDoNot() throws {
    let bench = try bench(
      """
      echo '{"loss": 3}'; echo 'Epoch 1'; echo '{"progress": {"resource": 0.5, "loss": 2}}';
      echo '{"progress": {"resource": 1}}'; echo '{"progress": {"resource": 1, "loss": "nan"}}'; echo '{"note": 1}'
      printf '{"loss": 0.5, "accuracy": 0.75}'
      """)
    let report = try bench.train(bench.job(Self.configuration, to: 1), in: "t")
    #expect(report.loss == 0.5 && report.metrics == [.init("accuracy", 0.75)])
    #expect(report.curve.points.map(\.resource) == [0.5, 1])
    #expect(report.curve.points.first?.loss == 2 && report.curve.points.last?.loss.isNaN == true)
  }

  @Test func aFailureGivesTheEndOfStandardErrorAsItsReason() throws {
    let bench = try bench("echo '{\"loss\": 1}'; echo Traceback >&2; echo 'ValueError: \u{1B}[31mbad' >&2; exit 3")
    let log = bench.temporary.path + "/logs/0/job-1.log"
    #expect(
      reason { try bench.train(bench.job(Self.configuration, to: 1), in: "t", log: log) }
        == "exit code 3; standard error ends: Traceback | ValueError: [31mbad (\(log))")
    #expect(try String(contentsOfFile: log, encoding: .utf8) == "Traceback\nValueError: \u{1B}[31mbad\n")
  }

  @Test func aLogKeepsTheBeginningAndTheEnd() throws {
    let bench = try bench("echo first >&2; head -c 5000000 /dev/zero >&2; echo last >&2; echo '{\"loss\": 1}'")
    let log = bench.temporary.path + "/logs/0/job-1.log"
    _ = try bench.train(bench.job(Self.configuration, to: 1), in: "t", log: log)
    let bytes = try Data(contentsOf: URL(filePath: log))
    #expect(bytes.starts(with: Data("first\n".utf8)) && bytes.suffix(6) == Data("\0last\n".utf8).suffix(6))
    #expect(bytes.count > 1 << 20 && bytes.count < (1 << 20) + 100)
  }

  @Test func anInvalidConfigurationAndAFailedOneAreSaidInWords() throws {
    let invalid = try self.bench("echo '{\"invalid\": \"too wide\"}'")
    #expect(failure { try invalid.train(invalid.job(Self.configuration, to: 1), in: "t") } == .invalid("too wide"))
    let failed = try self.bench("echo '{\"failed\": \"no data\"}'")
    #expect(failure { try failed.train(failed.job(Self.configuration, to: 1), in: "t") } == .failed("no data"))
  }

  @Test func aJobThatTakesTooLongOrIsSilentForTooLongFails() throws {
    let slow = try bench(
      "while :; do echo '{\"progress\": {}}'; sleep 0.1; done", ", timeout: 3, silence_timeout: 2")
    #expect(reason { try slow.train(slow.job(Self.configuration, to: 1), in: "t") } == "it took longer than 3 s")
    let silent = try bench("sleep 1000", ", silence_timeout: 0.3")
    #expect(
      reason { try silent.train(silent.job(Self.configuration, to: 1), in: "t") }
        .hasPrefix("nothing was heard of it for 0.3 s (silence_timeout; ")
    )
  }

  @Test func anInterruptedProgramMayStillReport() throws {
    let bench = try bench(
      """
      trap 'echo 3 >"$ASH_CHECKPOINT/state"; echo "{\\"loss\\": 0.5}"; exit 0' TERM
      touch "$ASH_CHECKPOINT/ready"
      while :; do sleep 0.05; done
      """)
    let folder = bench.slot("t").path
    let report = try bench.train(bench.job(Self.configuration, to: 1), in: "t") {
      FileManager.default.fileExists(atPath: folder + "/ready")
    }
    #expect(report.loss == 0.5)
    #expect(FileManager.default.fileExists(atPath: folder + "/state"))
  }

  /// Otherwise Python keeps its progress lines back, and a program that trains looks silent.
  @Test(arguments: [("", "1"), (", environment: {PYTHONUNBUFFERED: ''}", "")])
  func pythonPrintsAtOnceUnlessTheStudySaysOtherwise(more: String, expected: String) throws {
    // The variable is set here and now in some shells: what is inherited stands.
    let inherited = ProcessInfo.processInfo.environment["PYTHONUNBUFFERED"] ?? "1"
    let bench = try bench(
      "printf '%s' \"$PYTHONUNBUFFERED\" >\"$ASH_CHECKPOINT/seen\"; echo '{\"loss\": 0.5}'", more)
    defer { bench.trainer.finish() }
    _ = try bench.train(bench.job(Self.configuration, to: 1), in: "t")
    let seen = try String(contentsOfFile: bench.slot("t").path + "/seen", encoding: .utf8)
    #expect(seen == (more.isEmpty ? inherited : expected))
  }

  @Test(arguments: ["sleep 1000", "trap '' TERM; sleep 1000; sleep 1000", "echo '{\"loss\": 1}'; kill -STOP $$"])
  func anInterruptedProgramThatGivesNothingIsInterrupted(script: String) throws {
    let bench = try bench(script, ", grace: 0.3")
    #expect(
      failure { try bench.train(bench.job(Self.configuration, to: 1), in: "t") { true } } == .interrupted)
  }

  @Test func nothingOfAProgramOutlivesItsJob() throws {
    let mark = UUID().uuidString
    let bench = try bench(
      """
      sleep 1000 & setsid sleep 1000 & (setsid sh -c 'sleep 1000 & sleep 1000' &) ; sleep 0.2
      echo '{"loss": 1}'
      """, ", environment: {MARK: \(mark)}")
    _ = try bench.train(bench.job(Self.configuration, to: 1), in: "t")
    #expect(ProcessTable.living { $0.contains("MARK=\(mark)") }.map(\.description) == [])
  }

  // MARK: serve

  private static let server = """
    import json, os, sys
    for line in sys.stdin:
        job = json.loads(line)
        number, mode = job["job"], job["configuration"]["mode"]
        sys.stderr.write("job %d\\n" % number)
        print(json.dumps({"progress": {"resource": 1, "loss": 1}, "job": number}))
        if mode == "b": os._exit(4)
        print(json.dumps({"loss": job["resource"], "job": number, "process": os.getpid(),
                          "resume": job["resume_resource"], "seed": job["seed"]}), flush=True)
    open("ended", "w").write("well")
    """

  private func server(_ program: String = server, _ more: String = "") throws -> Workbench {
    try Workbench(
      trainer: "{kind: command, command: [python3, server.py], protocol: serve\(more)}", space: Self.space,
      files: ["server.py": program])
  }

  @Test func aServingProgramLivesFromJobToJobAndIsStartedAgainWhenItDies() throws {
    let bench = try server()
    func process(_ report: TrainingReport) -> Double? { report.metrics.first { $0.name == "process" }?.value }
    let first = try bench.train(bench.job(Self.configuration, to: 4, seed: 7 << 33), in: "t")
    let second = try bench.train(bench.job(Self.configuration, to: 8), in: "t")
    #expect(first.loss == 4 && second.loss == 8)
    #expect(second.curve.points == [.init(resource: 1, loss: 1)])
    #expect(first.metrics.contains(.init("seed", 7)))
    #expect(process(first) == process(second))
    let reason = reason { try bench.train(bench.job(["x": 0.5, "mode": "b"], to: 4), in: "t") }
    #expect(reason == "it ended before it had answered: exit code 4; standard error ends: job 1")
    let third = try bench.train(bench.job(Self.configuration, to: 16), in: "t")
    #expect(third.loss == 16 && process(third) != process(first))
    // In the end it is told so, by the end of its input.
    bench.trainer.finish()
    #expect(try String(contentsOfFile: bench.temporary.path + "/ended", encoding: .utf8) == "well")
  }

  @Test(arguments: [
    (
      "print(json.dumps({'loss': 1, 'job': job['job'] + 1}), flush=True)",
      "it answered for job 2 where job 1 was asked for", 60
    ),
    ("print(json.dumps({'loss': 1}), flush=True)", "its answer has no \"job\": 1", 60),
    ("print(json.dumps({'failed': 'why', 'job': 1}), flush=True)", "why", 60),
    (
      "print(json.dumps({'val_loss': 1, 'job': 1}), flush=True)",
      "its result has neither 'loss' nor 'validation_loss': it is an object with 'val_loss', 'job'", 60
    ),
    ("sys.stdin.close(); os.close(0); sys.stdout.close(); os.close(1); time.sleep(1000)", "it took longer than 1 s", 1),
    ("time.sleep(1000)", "it took longer than 1 s", 1),
  ]) func aServingProgramThatAnswersWronglyFailsItsJob(answer: String, reason expected: String, limit: Int) throws {
    let bench = try server(
      """
      import json, os, sys, time
      for line in sys.stdin:
          job = json.loads(line)
          \(answer)
      """, ", timeout: \(limit)s, grace: 0.2s")
    for _ in 0..<2 {
      #expect(reason { try bench.train(bench.job(Self.configuration, to: 1), in: "t") } == expected)
    }
    bench.trainer.finish()
  }

  @Test func aServingProgramThatEndsBetweenTwoJobsIsStartedAgainForTheNext() throws {
    let bench = try server(
      """
      import json, os, sys
      job = json.loads(sys.stdin.readline())
      print(json.dumps({"loss": 1, "job": job["job"], "process": os.getpid()}), flush=True)
      """)
    for _ in 0..<3 {
      let report = try bench.train(bench.job(Self.configuration, to: 1), in: "t")
      let process = try #require(report.metrics.first { $0.name == "process" })
      // A job that comes before it is gone fails, and is tried again.
      while ProcessTable.isLiving(pid_t(process.value)) { usleep(10_000) }
    }
    bench.trainer.finish()
  }

  // MARK: What a study may say

  @Test(arguments: [
    ("{kind: command}", "command: is missing. Give the program and its arguments: command: [python3, train.py]."),
    (
      "{kind: command, command: [sh, '{lerning}']}",
      "command: has the placeholder {lerning}, which nothing fills. Did you mean {learning}? Known: learning, trial, rung, "
        + "bracket, job, resource, resume_resource, checkpoint, seed, worker, local_worker, ranks, hosts, host_slots. For braces as they are: {{lerning}}."
    ),
    (
      "{kind: command, command: [sh, '{learning}'], protocol: serve}",
      "command: has the placeholder {learning}, but serve starts one program for all jobs. Read it from the line that comes "
        + "with each job, or use protocol: once."
    ),
    (
      "{kind: command, command: ['{learning}']}",
      "command: begins with a placeholder. Name the program itself: [python3, train.py]."
    ),
    (
      "{kind: command, command: [sh], protocol: server}",
      "protocol: is 'server'. Did you mean 'serve'? Choose one of: once, serve."
    ),
    ("{kind: command, command: [sh], gpus_per_node: 0}", "gpus_per_node: is 0. Give a whole number, 1 to 1024."),
    (
      "{kind: command, command: [sh], environment: {ASH_X: 1}}",
      "environment.ASH_X: can't be set. Names starting with ASH_ are for what a job is told; others have no '=' in them."
    ),
    (
      "{kind: command, command: [no-such-program]}",
      "command: no program 'no-such-program' in PATH. Check the name; on a cluster, that it is installed on every node and its "
        + "module is loaded."
    ),
    (
      "{kind: command, command: plain.sh}",
      "command: no program 'plain.sh' in PATH. Did you mean './plain.sh'? Check the name; on a cluster, that it is installed on "
        + "every node and its module is loaded."
    ),
    (
      "{kind: command, command: python3 train.py}",
      "command: no program 'python3 train.py' in PATH. No shell takes it apart; write a list: [python3, train.py]."
    ),
  ]) func aBadSectionIsAStudyErrorWithItsLine(section: String, message: String) throws {
    #expect {
      _ = try Workbench(
        trainer: section, space: "learning: {type: float, min: 0, max: 1}", files: ["plain.sh": "exit"])
    } throws: {
      "\($0)" == "study.yaml:5: trainer.\(message)"
    }
  }

  @Test func aProgramThatCannotStartIsFoundBeforeAnythingRuns() throws {
    let alien = "\u{7F}ELF\u{2}\u{1}" + String(repeating: "\0", count: 12) + "\u{7}\u{7}"
    for (name, mode, text, expected) in [
      ("plain.sh", 0o644, "#!/bin/sh\n", "is not executable"),
      ("bad.sh", 0o755, "#!/no/such/interpreter -x\n", "is to be run by /no/such/interpreter, which is not there"),
      ("text.sh", 0o755, "echo '{\"loss\": 1}'\n", "is no program: it neither begins with '#!' nor is it compiled"),
      ("empty", 0o755, "", "is no program"),
      ("alien", 0o755, alien, "is compiled for another kind of processor"),
    ] {
      let folder = try TemporaryFolder()
      try Disk.writeAtomically(Array(text.utf8), to: "\(folder.path)/\(name)")
      chmod("\(folder.path)/\(name)", mode_t(mode))
      let study = try Study(
        yaml: """
          search_space: {x: {type: float, min: 0, max: 1}}
          scheduler: {max_resource: 4}
          budget: {configurations: 4}
          trainer: {kind: command, command: [./\(name)]}
          """, source: "study.yaml", directory: folder.path)
      #expect {
        _ = try TrainerCatalog.standard.plan(for: study).loadSharedData()
      } throws: {
        "\($0)".contains(expected)
      }
    }
  }
}
