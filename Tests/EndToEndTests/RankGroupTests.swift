import Foundation
import LaunchSupport
import Testing
import Text

/// Trials that several ranks train together, each with a process of its own.
@Suite(.serialized) struct RankGroupTests {
  /// The ranks' shares come together at the first one, over TCP, as those of a training with several processes do; every rank
  /// has to be there at each epoch. The loss tells what all of them were told.
  private static let script = """
    import json, os, signal, socket, sys, time
    from pathlib import Path

    x, epochs = float(sys.argv[1]), int(sys.argv[2])
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    assert int(os.environ["LOCAL_WORLD_SIZE"]) == size and int(os.environ["LOCAL_RANK"]) == rank
    fate = os.environ.get("FATE", "")
    state = Path(os.environ["ASH_CHECKPOINT"], "epoch")
    start = int(os.environ["ASH_RESUME_RESOURCE"])
    if start:
        start = min(int(state.read_text()), epochs)

    others = []
    if rank == 0:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
        others = [listener.accept()[0].makefile("rw") for _ in range(size - 1)]
    else:
        while True:
            try:
                others = [socket.create_connection(place).makefile("rw")]
                break
            except OSError:
                time.sleep(0.02)

    for epoch in range(start, epochs):
        if rank > 0:
            print((rank + 1) * x, file=others[0], flush=True)
            if not others[0].readline():
                sys.exit("rank 0 is gone")
            if fate == "fails" and x > 0.8:
                sys.exit(f"no memory for {x:.1f}")
            continue
        shares = [other.readline() for other in others]
        if not all(shares):
            sys.exit("a rank is gone")
        total = x + sum(map(float, shares))
        time.sleep(float(os.environ.get("EPOCH", "0")))
        state.with_suffix(".new").write_text(str(epoch + 1))
        state.with_suffix(".new").replace(state)
        print(json.dumps({"progress": {"resource": epoch + 1, "loss": total + 1 / (epoch + 1)}}), flush=True)
        for other in others:
            print("on", file=other, flush=True)
    if rank == 0:
        print(json.dumps({"loss": sum(x * (k + 1) for k in range(size)) + 1 / epochs, "size": size}))
    elif fate == "stays":
        time.sleep(1000)

    """

  static func study(
    ranks: Int = 2, configurations: Int = 12, algorithm: String = "asha", extra: String = ""
  ) -> String {
    """
    name: ranks
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {algorithm: \(algorithm), min_resource: 1, max_resource: 16}
    budget: {configurations: \(configurations)}
    worker: {ranks: \(ranks)}
    retries: 1
    trainer: {kind: command, grace: 4s, command: [python3, train.py, "{x}", "{resource}"]\(extra)}
    """
  }

  func scratch(_ study: String) throws -> Scratch {
    let scratch = try Scratch()
    try scratch.write("train.py", Self.script)
    try scratch.write("study.yaml", study)
    return scratch
  }

  func events(_ scratch: Scratch, _ kind: String) throws -> [JSONValue] {
    try scratch.text("out/journal.jsonl").split(separator: "\n")
      .compactMap { try? JSONValue(parsing: Array($0.utf8)) }
      .filter { $0["event"]?.text == kind }
  }

  /// The configurations are those of the seed, whatever trains them: each loss is a sum over all ranks.
  func expectLosses(_ scratch: Scratch, ranks: Int) throws {
    var x: [Int: Double] = [:]
    for dispatch in try events(scratch, "dispatch") {
      guard let trial = dispatch["trial"]?.integer else { continue }
      if let value = dispatch["configuration"]?["x"]?.number { x[trial] = value }
    }
    let results = try events(scratch, "result")
    #expect(!results.isEmpty)
    for result in results {
      let trial = try #require(result["trial"]?.integer)
      let resource = try #require(result["resource"]?.number)
      let value = try #require(x[trial])
      let sum = (1...ranks).reduce(0.0) { $0 + value * Double($1) }
      #expect(abs((result["loss"]?.number ?? .nan) - sum - 1 / resource) < 1e-9, "\(result)")
    }
    let pairs = Set(results.map { [$0["trial"]?.integer, $0["rung"]?.integer] })
    #expect(pairs.count == results.count, "a (trial, rung) counts twice")
  }

  @Test(arguments: [(2, 2, 1), (4, 2, 2), (5, 2, 2), (3, 3, 1), (7, 3, 2)])
  func ranksTrainEachTrialTogether(size: Int, ranks: Int, workers: Int) async throws {
    let scratch = try scratch(Self.study(ranks: ranks))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: size, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stdout.contains("on \(workers) worker"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(size) ranks")
    try expectLosses(scratch, ranks: ranks)
    #expect(try events(scratch, "result").allSatisfy { $0["metrics"]?["size"]?.integer == ranks })
    #expect(try events(scratch, "failure").isEmpty)
  }

  @Test func ranksThatAreLeftOverAreToldOf() async throws {
    let scratch = try scratch(Self.study(ranks: 3))
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--no-dedicated-driver"], ranks: 5, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("2 ranks are left over and idle"), "\(outcome)")
    try expectLosses(scratch, ranks: 3)
  }

  @Test(arguments: [nil, 2, 3] as [Int?]) func tooFewRanksAreOneMessage(size: Int?) async throws {
    let scratch = try scratch(Self.study(ranks: 4))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: size, in: scratch)
    #expect(outcome.exitCode == 64, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "a worker is 4 ranks in this study").count == 2, "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  @Test func aTrainerOfOneRankIsRefused() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(extra: "worker: {ranks: 2}"))
    for arguments in [["run", "study.yaml", "-o", "out"], ["validate", "study.yaml"]] {
      let outcome = try await AshMPI.run(arguments, ranks: arguments[0] == "run" ? 4 : nil, in: scratch)
      #expect(outcome.exitCode == 65, "\(outcome)")
      let message = "worker.ranks: is 2, and kind: synthetic trains a trial on one rank"
      #expect(outcome.stderr.components(separatedBy: message).count == 2, "\(outcome)")
    }
  }

  /// The process that fails is named, and with it goes the other one.
  @Test func whereOneProcessFailsItsTrialFails() async throws {
    let scratch = try scratch(Self.study(extra: ", environment: {FATE: fails}"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 4, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    let failures = try events(scratch, "failure")
    #expect(!failures.isEmpty && failures.allSatisfy { $0["reason"]?.text?.contains("no memory for") == true })
    #expect(failures.contains { $0["attempt"]?.integer == 2 && $0["final"]?.flag == true })
    try expectLosses(scratch, ranks: 2)
    try await expectLegal(scratch.path("out/journal.jsonl"), "failing processes")
  }

  /// A result counts although another process does not end; it is ended, and told of.
  @Test func aProcessThatOutstaysTheResultIsEnded() async throws {
    let scratch = try scratch(Self.study(configurations: 2, extra: ", environment: {FATE: stays}"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("did not end when the first rank had its result"), "\(outcome)")
    try expectLosses(scratch, ranks: 2)
  }

  @Test func trialsOfSeveralProcessesAreStoppedWhileTheyTrain() async throws {
    let scratch = try scratch(
      Self.study(configurations: 16, algorithm: "stopping", extra: ", environment: {EPOCH: '0.02'}"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 4, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "stopping")
    #expect(try events(scratch, "report").contains { $0["stop"]?.flag == true })
    try expectLosses(scratch, ranks: 2)
  }

  /// How many single processes and ranks the next test kills; `ASH_MPI_KILLS=30` for more.
  private static let kills = max(3, KillTests.kills / 2)

  private static let patientStudy = study(configurations: 12 * kills, extra: ", environment: {EPOCH: '0.02'}")
    .replacingOccurrences(of: "retries: 1", with: "retries: 9")

  /// A killed process of a trainer costs its job a try; a killed rank ends the run, which goes on when it is resumed.
  @Test func whatIsKilledLeavesNoProcessAndNoWrongResult() async throws {
    let scratch = try scratch(Self.patientStudy)
    var kills = 0
    while true {
      let run = try await Launch.startMPI(
        ranks: 4, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--resume"],
        directory: scratch.url, launcherArguments: ["--oversubscribe"], timeLimit: .seconds(240))
      while kills < Self.kills, !run.hasEnded {
        try await Task.sleep(for: .milliseconds(Int.random(in: 400...1200)))
        let trainers = run.livingProcesses.filter { $0.description.contains(" train.py") }.map(\.pid)
        let ranks = (0..<4).compactMap { run.processID(ofRank: $0) }
        guard let victim = (kills.isMultiple(of: 3) ? ranks : trainers).randomElement() else { continue }
        kill(victim, SIGKILL)
        kills += 1
      }
      let outcome = await run.outcome()
      #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
      if outcome.isSuccess { break }
      #expect(kills > 0, "\(outcome)")
      guard outcome.exitCode == 137 || outcome.signal != nil || outcome.stderr.contains("signal 9") else { break }
    }
    #expect(kills == Self.kills)
    #expect(try events(scratch, "stop").count == 1)
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(kills) kills")
    try expectLosses(scratch, ranks: 2)
  }
}

extension RankGroupTests {
  /// Meets the others once, and serves job after job. Of the processes the first learns that a trial is to stop, and tells the others.
  private static let server = """
    import os, socket, time
    import ash_mpi

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    if rank == 0:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
        others = [listener.accept()[0].makefile("rw") for _ in range(size - 1)]
    else:
        while True:
            try:
                others = [socket.create_connection(place).makefile("rw")]
                break
            except OSError:
                time.sleep(0.02)
    calls = 0

    def line(other):
        text = other.readline()
        if not text:
            raise RuntimeError("a rank is gone")
        return text.strip()

    @ash_mpi.trainer
    def train(configuration, job):
        global calls
        calls += 1
        x = configuration["x"]
        start, _ = job.load()
        for epoch in range(start + 1, job.resource + 1):
            if rank > 0:
                print((rank + 1) * x, file=others[0], flush=True)
                if line(others[0]) == "stop":
                    return
                continue
            stops = job.should_stop
            total = x + sum(float(line(other)) for other in others)
            time.sleep(0.01)
            job.save(epoch, b"state")
            job.report(epoch, total + 1 / epoch, calls=calls)
            for other in others:
                print("stop" if stops else "on", file=other, flush=True)
            if stops:
                return

    ash_mpi.serve(train)

    """

  private static func serving(_ algorithm: String) -> String {
    study(
      configurations: 24, algorithm: algorithm,
      extra: ", protocol: serve, environment: {PYTHONPATH: '\(Repository.path("clients/python/src"))'}"
    ).replacingOccurrences(of: #", "{x}", "{resource}"]"#, with: "]")
  }

  @Test(arguments: ["asha", "stopping"]) func processesThatHaveMetServeManyJobs(algorithm: String) async throws {
    let scratch = try scratch(Self.serving(algorithm))
    try scratch.write("train.py", Self.server)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 4, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), algorithm)
    try expectLosses(scratch, ranks: 2)
    #expect(try events(scratch, "failure").isEmpty)
    // None was started twice.
    let calls = try events(scratch, "result").compactMap { $0["metrics"]?["calls"]?.integer }
    let jobs = try events(scratch, "dispatch").count
    #expect((calls.max() ?? 0) >= jobs / 2, "\(calls)")
    if algorithm == "stopping" { #expect(try events(scratch, "report").contains { $0["stop"]?.flag == true }) }
  }

  /// All of a worker's programs start anew where one of them has gone, and meet at another place.
  @Test func whereOneServingProcessDiesAllOfItsWorkerStartAnew() async throws {
    let study = Self.serving("asha").replacingOccurrences(of: "configurations: 24", with: "configurations: 150")
    let scratch = try scratch(study)
    try scratch.write("train.py", Self.server)
    let run = try await AshMPI.start(["run", "study.yaml", "-o", "out"], ranks: 4, in: scratch)
    for kills in 1...3 {
      try await scratch.wait { ((try? events($0, "result").count) ?? 0) >= 15 * kills }
      let trainers = run.livingProcesses.filter { $0.description.contains(" train.py") }
      if let victim = trainers.randomElement() { kill(victim.pid, SIGKILL) }
    }
    let outcome = await run.outcome()
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "three processes killed")
    try expectLosses(scratch, ranks: 2)
    #expect(try events(scratch, "result").filter { $0["rung"]?.integer == 0 }.count >= 148)
  }

  @Test func aTrialOfSeveralProcessesCanBeTried() async throws {
    let scratch = try scratch(Self.study())
    let outcome = try await AshMPI.run(["validate", "study.yaml", "--try"], in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stdout.contains("to 1 unit: validation_loss") && outcome.stdout.contains("goes on from it"))
  }

  /// Launchers of its own: the program is started once, and told how many ranks it has, and where.
  @Test func aProgramThatStartsItsRanksIsStartedOnce() async throws {
    let scratch = try scratch(
      Self.study(configurations: 4).replacingOccurrences(
        of: #"command: [python3, train.py, "{x}", "{resource}"]"#,
        with: #"command: [sh, train.sh, "{ranks}", "{hosts}", "{host_slots}"]"#))
    try scratch.write(
      "train.sh",
      """
      test -z "$RANK$MASTER_PORT" || exit 1
      test "$ASH_RANKS" = "$1" || exit 2
      test "$2:$1" = "$3" || exit 3
      mpirun --oversubscribe -np "$1" --host "$3" sh -c 'echo here' | sort | uniq -c >&2
      echo "{\\"loss\\": $1}"

      """)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(try events(scratch, "result").allSatisfy { $0["loss"]?.number == 2 })
    #expect(try scratch.text("out/logs/0/trial-0-rung-0.log").contains("2 here"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/logs/0/trial-0-rung-0-rank-1.log")))
  }

  /// A network is trained by the first rank, on the cores of all: what it comes to does not depend on their number.
  @Test func aNetworksLossesAreThoseOfOneRankBitForBit() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      name: wide
      search_space: {learning_rate: {type: float, min: 1.0e-3, max: 0.1, scale: log}}
      scheduler: {reduction_factor: 3, min_resource: 1, max_resource: 9}
      budget: {configurations: 9}
      trainer:
        {kind: mlp, dataset: \(Repository.path("Datasets/digits.csv")), target: target, hidden_layers: 2, hidden_units: 512,
         batch_size: 256}

      """)
    var losses: [[String]] = []
    for (ranks, size) in [(1, nil), (2, 4), (3, 3)] as [(Int, Int?)] {
      let out = "out-\(ranks)"
      let outcome = try await AshMPI.run(
        ["run", "study.yaml", "-o", out, "--set", "worker.ranks=\(ranks)", "--set", "scheduler.algorithm=sha"],
        ranks: size, in: scratch)
      #expect(outcome.isSuccess, "\(outcome)")
      losses.append(try scratch.resultsWithoutTimes("out-\(ranks)"))
    }
    #expect(losses[0].count == 10 && losses[1] == losses[0] && losses[2] == losses[0])
  }

  @Test func workersOnOneGPUAndThreadsOnOneCoreAreToldOf() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 4}
      worker: {threads: 2}
      trainer: {kind: command, gpus_per_node: 1, command: [sh, -c, 'echo "{\\"loss\\": 1}"', "{x}"]}
      """)
    let outcome = try await AshMPI.shell(
      "mpirun --oversubscribe --bind-to core -np 2 $ASH run study.yaml -o out || exit; mpirun --oversubscribe --bind-to none "
        + "-np 2 $ASH run study.yaml -o unbound",
      environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "2 workers of a node share one GPU").count == 3, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "worker.threads is 2, and rank 0 is bound to one core").count == 2)
  }
}
