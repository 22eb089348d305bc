import Foundation
import LaunchSupport
import Testing
import Text

/// Studies whose trainer is another program, as a user runs them. One at a time: they are many, and others wait for their turns.
@Suite(.serialized) struct CommandTrainerTests {
  private func events(_ scratch: Scratch, _ folder: String = "out") throws -> [JSONValue] {
    try scratch.text("\(folder)/journal.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  private func files(below path: String) -> [String] {
    (FileManager.default.enumerator(atPath: path)?.allObjects as? [String]) ?? []
  }

  /// Waits until something is so, half a minute at most: then what is expected next fails.
  private func wait(until isSo: () -> Bool) async throws {
    for _ in 0..<1500 where !isSo() { try await Task.sleep(for: .milliseconds(20)) }
  }

  /// A study may be checked on a machine that has less than the cluster.
  @Test func validateWarnsOfWhatThisMachineHasNot() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 4}
      budget: {configurations: 4}
      worker: {gpus: 1}
      trainer: {kind: command, command: [sh, -c, 'echo "{\\"loss\\": 1}"', "{x}"]}
      """)
    for (devices, warns) in [(nil, true), ("0", false)] {
      let outcome = try await AshMPI.shell(
        #"exec "$ASH" validate study.yaml"#, environment: ["CUDA_VISIBLE_DEVICES": devices], in: scratch)
      #expect(outcome.isSuccess && outcome.stdout.contains("the study is sound"), "\(outcome)")
      let said =
        "warning: on this machine no trial could be trained: study.yaml:5: trainer.gpus_per_node: a worker is to have 1 GPU"
      #expect(outcome.stderr.contains(said) == warns, "\(outcome)")
    }
  }

  @Test(arguments: HostileTrainer.all)
  func noTrainerBringsItsStudyDown(trainer: HostileTrainer) async throws {
    let scratch = try Scratch()
    let program = trainer.program
    try scratch.write(program.name, program.text)
    try scratch.write("study.yaml", trainer.study)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), trainer.name)
    let best = try scratch.json("out/summary.json")["best"]
    #expect(best?["trial"]?.integer == 0 && best?["loss"]?.number == 0.1)

    let events = try events(scratch)
    for trial in 0..<6 {
      let own = events.filter { $0["trial"]?.integer == trial && $0["rung"]?.integer == 0 }
      let results = own.filter { $0["event"]?.text == "result" }
      let failures = own.filter { $0["event"]?.text == "failure" }
      switch trial % 3 == 1 ? trainer.fate : .trains {
      case .trains: #expect(failures.isEmpty && results.first?["loss"]?.number?.isFinite == true, "\(own)")
      case .diverges: #expect(failures.isEmpty && results.first?["loss"]?.number?.isFinite == false, "\(own)")
      case .fails(let reason):
        #expect(failures.count == 2 && results.isEmpty, "\(own)")
        for failure in failures { #expect(failure["reason"]?.text?.contains(reason) == true, "\(failure)") }
      }
    }
    let left = files(below: scratch.url.path(percentEncoded: false))
    #expect(!left.contains { $0.contains("tmp") || $0.hasSuffix(".new") || $0.hasSuffix(".old") }, "\(left)")
    for log in left where log.hasSuffix(".log") {
      let size = try FileManager.default.attributesOfItem(atPath: scratch.path(log))[.size] as? Int
      #expect(size.map { $0 < 1_100_000 } == true, "\(log) is a log of \(size ?? 0) bytes")
    }
  }

  @Test(arguments: [nil, 3], ["./missing.sh", "./plain.sh", "no-such-program", "./bad.sh"])
  func aProgramThatCannotStartEndsTheStudyAtOnce(ranks: Int?, program: String) async throws {
    let scratch = try Scratch()
    try scratch.write("plain.sh", "#!/bin/sh\n")
    try scratch.write("bad.sh", "#!/no/such/shell\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path("bad.sh"))
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 4}
      budget: {configurations: 4}
      trainer:
        kind: command
        command: [\(program)]

      """)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 65 && outcome.leftProcesses.isEmpty, "\(outcome)")
    let complaints = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("ash-mpi: ") }
    #expect(complaints.count == 1 && complaints[0].contains("study.yaml:6: trainer.command: "), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
  }

  @Test func failedInvalidAndDivergedAreKeptApartAndABadWorkerIsSetAside() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.sh",
      """
      sleep 0.1
      [ "$ASH_WORKER" = 2 ] && exit 9
      case $((ASH_TRIAL % 6)) in
        1) echo '{"invalid": "an odd one"}' ;;
        2) echo '{"loss": NaN}' ;;
        3) [ -e "$ASH_CHECKPOINT/tried" ] && echo '{"loss": 0.3}' || { touch "$ASH_CHECKPOINT/tried"; exit 1; } ;;
        *) echo '{"loss": 0.5}' ;;
      esac

      """)
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 4}
      budget: {configurations: 40}
      retries: 3
      trainer: {kind: command, command: [sh, train.sh]}

      """)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.isSuccess && outcome.stderr.contains("worker 2 is set aside"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "four kinds of trials")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["configurations"]?.integer == 40 && summary["best"]?["loss"]?.number == 0.3)
    for event in try events(scratch) where event["worker"]?.integer != 2 && event["trial"] != nil {
      let (kind, loss) = (event["kind"]?.text, event["loss"]?.number)
      switch (event["event"]?.text, (event["trial"]?.integer ?? 0) % 6) {
      case ("failure", 1): #expect(kind == "invalid" && event["reason"]?.text == "an odd one")
      case ("failure", 3): #expect(kind == "failed" && event["final"]?.flag == false)
      case ("failure", _): Issue.record("\(event)")
      case ("result", 2): #expect(loss?.isFinite == false)
      case ("result", 3): #expect(loss == 0.3)
      case ("result", let kind): #expect(loss == 0.5 && kind != 1)
      default: break
      }
    }
  }

  /// A trainer of epochs that take their time, each of which ends with a checkpoint that is replaced in one step.
  private static let epochs = """
    state=$ASH_CHECKPOINT/state
    epochs=0
    [ -e "$state" ] && read -r epochs <"$state"
    while [ "$epochs" -lt "$ASH_RESOURCE" ]; do
      sleep 0.02
      epochs=$((epochs + 1))
      echo "$epochs" >"$state.tmp" && mv "$state.tmp" "$state"
      echo "{\\"progress\\": {\\"resource\\": $epochs, \\"loss\\": 1}}"
    done
    echo "{\\"loss\\": 0.$((1000 + ASH_TRIAL)), \\"epochs\\": $epochs, \\"resumed\\": $ASH_RESUME_RESOURCE}"

    """

  private static let epochStudy = """
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {max_resource: 16}
    budget: {configurations: 24}
    trainer: {kind: command, command: [sh, train.sh]}

    """

  @Test func aStudyThatIsKilledIsResumedAndNoEpochIsTrainedTwice() async throws {
    let scratch = try Scratch()
    try scratch.write("train.sh", Self.epochs)
    try scratch.write("study.yaml", Self.epochStudy)
    for seconds in [0.9, 1.3] {
      let run = try await Launch.startMPI(
        ranks: 3, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out", "--resume"],
        directory: scratch.url, launcherArguments: ["--oversubscribe"])
      try await Task.sleep(for: .seconds(seconds))
      run.killEverything()
      #expect(await run.outcome().leftProcesses.isEmpty)
    }
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out", "--resume"], ranks: 3, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "killed twice")
    let results = try events(scratch).filter { $0["event"]?.text == "result" }
    #expect(Set(results.compactMap { $0["trial"]?.integer }).count == 24)
    for result in results {
      #expect(result["metrics"]?["epochs"]?.integer == result["resource"]?.integer, "\(result)")
      let below = results.filter { $0["trial"] == result["trial"] }.compactMap { $0["resource"]?.integer }
        .filter { $0 < result["resource"]?.integer ?? 0 }.max()
      #expect(result["metrics"]?["resumed"]?.integer == below ?? 0, "\(result)")
      // A job that was killed has left epochs, all of them perhaps, that its next try does not train again.
      let curve = (result["curve"]?.elements ?? []).compactMap { $0.elements?.first?.integer }
      let epochs = Array((below ?? 0) + 1...(result["resource"]?.integer ?? 0))
      #expect(curve == Array(epochs.suffix(curve.count)), "\(result)")
    }
    // Six jobs at most were killed.
    #expect(results.count { $0["curve"] == nil } <= 6)
    // The best trial's checkpoint is what it was when it was the best.
    let best = try scratch.json("out/summary.json")["best"]
    let kept = try scratch.text("out/best/checkpoint/state")
    #expect(kept == "\(best?["resource"]?.integer ?? 0)\n")
  }

  @Test func aStudyThatIsStoppedAsksItsProgramsToEnd() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.sh", "trap 'echo saved >\"$ASH_CHECKPOINT/state\"; exit 3' TERM\nwhile :; do sleep 0.05; done\n")
    try scratch.write("study.yaml", Self.epochStudy)
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--time-limit", "4s"], ranks: 3, in: scratch)
    #expect(outcome.exitCode == 75 && outcome.leftProcesses.isEmpty, "\(outcome)")
    for trial in 0..<3 { #expect(try scratch.text("out/checkpoints/0/\(trial)/state") == "saved\n") }
    #expect(try events(scratch).contains { $0["event"]?.text == "failure" } == false)
  }

  @Test(arguments: ["once", "serve"])
  func noProgramOutlivesRanksThatAreKilled(protocol: String) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.sh", "trap '' TERM HUP INT\nsleep 1000 &\nsetsid sleep 1000 &\necho started >>started\nsleep 1000\n")
    try scratch.write("study.yaml", Self.epochStudy.replacing("sh]", with: "sh], protocol: \(`protocol`)"))
    let run = try await Launch.startMPI(
      ranks: 3, program: "ash-mpi", arguments: ["run", "study.yaml", "-o", "out"], directory: scratch.url,
      launcherArguments: ["--oversubscribe"], timeLimit: .seconds(300))
    try await wait { (try? scratch.text("started").split(separator: "\n").count) == 3 }
    try await Task.sleep(for: .milliseconds(200))
    let ranks = run.livingProcesses.filter { $0.description.contains("ash-mpi run") }
    #expect(ranks.count == 4, "three ranks and their launcher")
    for rank in ranks { kill(rank.pid, SIGKILL) }
    let outcome = await run.outcome()
    #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
  }

  @Test func aWorkerThatWaitsForItsProgramCostsNoTime() async throws {
    let scratch = try Scratch()
    try scratch.write("train.sh", "[ \"$ASH_TRIAL\" = 0 ] && exec >&- 2>&-\nsleep 1000\n")
    try scratch.write("study.yaml", Self.epochStudy)
    let run = try await Launch.start(
      "ash-mpi", arguments: ["run", "study.yaml", "-o", "out"], directory: scratch.url, timeLimit: .seconds(300))
    try await wait { FileManager.default.fileExists(atPath: scratch.path("out/checkpoints/0/0")) }
    try await Task.sleep(for: .seconds(1))
    func ticks() throws -> Int {
      let text = try String(contentsOfFile: "/proc/\(run.processID)/stat", encoding: .utf8)
      let fields = try #require(text.split(separator: ")").last).split(separator: " ")
      return try #require(Int(fields[11])) + #require(Int(fields[12]))
    }
    let before = try ticks()
    try await Task.sleep(for: .seconds(3))
    // A hundredth of a second each: driver, worker and training thread take less than a twentieth of a core together.
    #expect(try ticks() - before < 15)
    run.killEverything()
    _ = await run.outcome()
  }

  // MARK: Nodes

  /// Whether this machine lets a process have a host name of its own, which makes it a node for Open MPI.
  private static let canMakeNodes = {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["unshare", "--uts", "true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: canMakeNodes), arguments: [false, true])
  func theWorkersOfEachNodeShareItsGPUs(hasDedicatedDriver: Bool) async throws {
    let scratch = try Scratch()
    let shell = try scratch.write(
      "remote-shell",
      """
      #!/bin/sh
      # A remote shell to this machine under another name.
      while [ "${1#-}" != "$1" ]; do shift; done
      node=$1; shift
      exec unshare --uts sh -c 'hostname "$1"; shift; exec sh -c "$*"' sh "$node" "$@"

      """)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: shell)
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 72}
      trainer:
        kind: command
        command:
          - sh
          - -c
          - 'sleep 0.4; echo "{\\"loss\\": 1, \\"local\\": $ASH_LOCAL_WORKER, \\"gpu\\": $CUDA_VISIBLE_DEVICES}"'
        gpus_per_node: 2

      """)
    let outcome = try await Launch.mpirun(
      ranks: 9, program: "ash-mpi",
      arguments: ["run", "study.yaml", "-o", "out"] + (hasDedicatedDriver ? ["--dedicated-driver"] : []),
      directory: scratch.url,
      launcherArguments: [
        "--mca", "plm", "rsh", "--mca", "plm_rsh_agent", shell, "--host", "localhost:3,node-a:3,node-b:3",
      ])
    #expect(outcome.isSuccess, "\(outcome)")
    var seen: [Int: [Int?]] = [:]
    for event in try events(scratch) where event["event"]?.text == "result" {
      let metrics = event["metrics"]
      seen[try #require(event["worker"]?.integer)] = [metrics?["local"]?.integer, metrics?["gpu"]?.integer]
    }
    // Rank by rank: three nodes of three. Without rank 0, its node has two workers, which have the GPUs for themselves.
    let expected = hasDedicatedDriver ? [0, 1, 0, 1, 2, 0, 1, 2] : [0, 1, 2, 0, 1, 2, 0, 1, 2]
    #expect(seen == Dictionary(uniqueKeysWithValues: expected.enumerated().map { ($0, [$1, $1 % 2]) }))
  }

  /// A trainer that starts MPI itself, on one rank and several, in what looks like a Slurm job: as it does by hand.
  @Test(arguments: [nil, 2]) func aTrainerMayBeAnMPIProgramInASlurmJob(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 3}
      retries: 0
      trainer:
        kind: command
        command:
          - mpirun
          - -np
          - "2"
          - sh
          - -c
          - >-
            [ "$OMPI_COMM_WORLD_SIZE" = 2 ] && [ "$SLURM_NTASKS" = 4 ] || exit 1;
            [ "$OMPI_COMM_WORLD_RANK" != 0 ] || echo '{"loss": 0.5}'

      """)
    let node = try await Launch.program(Launch.path(ofCommand: "hostname")).stdout.filter { $0 != "\n" }
    let slurm: [String: String?] = [
      "SLURM_JOBID": "77", "SLURM_JOB_ID": "77", "SLURM_NODELIST": node, "SLURM_JOB_NODELIST": node,
      "SLURM_TASKS_PER_NODE": "4", "SLURM_NTASKS": "4", "SLURM_NNODES": "1", "SLURM_JOB_NUM_NODES": "1",
      "SLURM_CPUS_ON_NODE": "4", "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]
    let arguments = ["run", "study.yaml", "-o", "out"]
    let outcome =
      if let ranks {
        // Without the launcher's own look at Slurm: `srun` is not there.
        try await Launch.mpirun(
          ranks: ranks, program: "ash-mpi", arguments: arguments, environment: slurm, directory: scratch.url)
      } else {
        try await Launch.program("ash-mpi", arguments: arguments, environment: slurm, directory: scratch.url)
      }
    #expect(outcome.isSuccess, "\(outcome)")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["configurations"]?.integer == 3 && summary["failed_jobs"]?.integer == 0, "\(outcome)")
  }

  /// Bytes that are no UTF-8, in the environment and in the names of folders.
  @Test func bytesThatAreNoTextReachTheProgramAsTheyAre() async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.shell(
      #"""
      folder=$'r\xe9sultats' && mkdir "$folder" && cd "$folder" && cat > train.sh <<'SH'
      #!/bin/bash
      { printf %s "$DATA_DIR"; pwd; echo "$ASH_CHECKPOINT" "$1"; } > seen; echo "{\"loss\": 1}"
      SH
      chmod +x train.sh && cat > study.yaml <<'YAML'
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 1}
      retries: 0
      trainer:
        kind: command
        command: [./train.sh, "{checkpoint}"]
      YAML
      export DATA_DIR=$'/scratch/donn\xe9es\n'
      "$ASH" run "$PWD/study.yaml" -o "$PWD/o" && "$ASH" run study.yaml --progress none >&2
      od -An -c seen | tr -d ' \n'; ls o ash-runs/*
      """#, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(outcome.stdout.contains(#"/scratch/donn351es\n/"#), "\(outcome)")
    #expect(outcome.stdout.contains(#"r351sultats\n/"#), "\(outcome)")
    #expect(outcome.stdout.contains(#"r351sultats/ash-runs/study-1/checkpoints/0/0"#), "\(outcome)")
  }

  /// What stands in best/configuration.json trains the best configuration again, by hand, to the same loss.
  @Test(arguments: ["once", "serve"]) func theBestConfigurationCanBeTrainedByHand(kind: String) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.py",
      """
      import json, os, sys
      def loss(rate, seed, resource, checkpoint):
          open(os.path.join(checkpoint, "state"), "w").close()
          return (rate - 0.3) ** 2 + seed % 1000 / 1e6 + 1 / resource
      if os.environ["ASH_PROTOCOL"] == "serve":
          for line in sys.stdin:
              job = json.loads(line)
              value = loss(job["configuration"]["rate"], job["seed"], job["resource"], job["checkpoint"])
              print(json.dumps({"job": job["job"], "loss": value}), flush=True)
      else:
          assert sys.argv[2] == "it's one" and os.environ["MINE"] == "a b"
          print(json.dumps({"loss": loss(float(sys.argv[1]), int(os.environ["ASH_SEED"]), int(os.environ["ASH_RESOURCE"]),
                                         os.environ["ASH_CHECKPOINT"])}))

      """)
    let rate = kind == "once" ? #", "{rate}", "it's one", "{checkpoint}""# : ""
    try scratch.write(
      "study.yaml",
      """
      search_space: {rate: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 8}
      trainer:
        kind: command
        protocol: \(kind)
        command: [python3, train.py\(rate)]
        environment: {MINE: a b}

      """)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let best = try scratch.json("out/best/configuration.json")
    #expect(best["seed"]?.integer.map { $0 < 1 << 31 } == true)
    #expect(try scratch.json("out/summary.json")["best"]?["command"] == best["command"])
    let line = try #require(best["command"]?.text)
    let byHand = try await Launch.program(
      Launch.path(ofCommand: "sh"), arguments: ["-c", line], directory: URL(filePath: "/"))
    let result = try JSONValue(parsing: Array(byHand.stdout.utf8))
    #expect(result["loss"]?.number == best["loss"]?.number, "\(line): \(byHand)")
  }
}
