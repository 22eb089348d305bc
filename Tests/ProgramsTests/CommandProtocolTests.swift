import Files
import Foundation
import Programs
import StudyFile
import Testing
import TuningTypes

/// What passes between ash-mpi and a trainer program, without a program.
@Suite struct CommandProtocolTests {
  @Test(arguments: [
    (["--lr={rate}", "{rate}"], ["--lr=0.5", "0.5"]),
    (["{rate}{units}"], ["0.58"]),
    (["{{rate}}", "a{{rate}}b"], ["{rate}", "a{rate}b"]),
    ([#"{"lr": {rate}}"#, "{print $1}", "{}", "{", "}{"], [#"{"lr": 0.5}"#, "{print $1}", "{}", "{", "}{"]),
    (["--momentum", "{absent}", "-x"], ["-x"]),
    (["--momentum={absent}", "-x"], ["-x"]),
    (["file", "{absent}"], ["file"]),
    (["{text}"], ["a b; $(rm) 'x'"]),
    ([""], [""]),
  ]) func placeholdersBecomeValuesAndOtherBracesStay(arguments: [String], filled: [String]) {
    let values = ["rate": "0.5", "units": "8", "text": "a b; $(rm) 'x'"]
    #expect(CommandTemplate(arguments).arguments { values[$0] } == filled)
  }

  @Test func placeholdersAreListedInTheirOrder() {
    #expect(CommandTemplate(["{b}{a}", "{{c}}", "{d e}", "{a}"]).placeholders == ["b", "a", "a"])
  }

  private func answer(_ line: String, metric: String = "validation_loss") -> CommandAnswer? {
    CommandAnswer.read(Array(line.utf8)[...], metric: metric)?.answer
  }

  private func report(_ line: String, metric: String = "validation_loss") -> TrainingReport? {
    if case .result(let report)? = answer(line, metric: metric) { report } else { nil }
  }

  @Test func aResultIsALossAndTheOtherNumbers() {
    let line =
      #" {"loss": 0.5, "accuracy": 1, "job": 7, "note": "x", "flag": true, "list": [1], "grad": "nan"} "# + "\r"
    let read = CommandAnswer.read(Array(line.utf8)[...], metric: "validation_loss")
    #expect(read?.job == 7)
    let report = report(line)
    #expect(report?.loss == 0.5)
    #expect(report?.metrics.map(\.name) == ["accuracy", "grad"])
    #expect(report?.metrics.first?.value == 1)
  }

  @Test(arguments: ["NaN", "Infinity", "-Infinity", "null", "\"nan\"", "\"NaN\"", "\"inf\"", "\"-Infinity\"", "1e999"])
  func aLossThatIsNotFiniteHasDiverged(text: String) {
    #expect(report("{\"loss\": \(text)}")?.loss.isFinite == false)
    #expect(report("{\"accuracy\": \(text)}", metric: "accuracy")?.metrics.first?.value.isFinite == false)
  }

  @Test func theObjectivesMetricMayStandWithoutALoss() {
    #expect(report(#"{"accuracy": 0.9}"#, metric: "accuracy")?.metrics == [.init("accuracy", 0.9)])
    #expect(answer(#"{"accuracy": 0.9}"#) == .unknown("an object with 'accuracy'"))
  }

  @Test func otherAnswersAreToldApart() {
    let progress = #"{"progress": {"resource": 3, "loss": 0.4}, "job": 1}"#
    #expect(answer(progress) == .progress(.init(resource: 3, TrainingReport(loss: 0.4))))
    let more = #"{"progress": {"resource": 3, "accuracy": 0.9, "f1": 0.5}}"#
    #expect(
      CommandAnswer.read(Array(more.utf8)[...], metric: "accuracy")?.answer
        == .progress(
          .init(resource: 3, TrainingReport(loss: 0.9, metrics: [.init("accuracy", 0.9), .init("f1", 0.5)]))))
    #expect(answer(#"{"interrupted": true, "job": 2}"#) == .interrupted)
    #expect(answer(#"{"interruptible": true}"#) == .interruptible)
    #expect(answer(#"{"progress": {"resource": 3}}"#) == .progress(nil))
    #expect(answer(#"{"invalid": "too wide"}"#) == .invalid("too wide"))
    #expect(answer(#"{"invalid": true}"#) == .invalid("true"))
    #expect(answer(#"{"failed": "ValueError: x", "job": 2}"#) == .failed("ValueError: x"))
    #expect(answer(#"{"loss": "low"}"#) == .failed("the result's loss is no number: low"))
    #expect(answer(#"{"loss": "0.5"}"#) == .failed("the result's loss is no number: 0.5"))
    #expect(answer(#"{"loss": true}"#) == .failed("the result's loss is no number: true"))
    #expect(answer(#"{"loss": [1]}"#) == .failed("the result's loss is no number: [1]"))
    #expect(answer("{}") == .unknown("an empty object"))
  }

  @Test(arguments: ["", "Epoch 1", "0.5", #"{"loss": 0.5"#, #"{"loss": 0.5} tail"#, "{'loss': 0.5}", "[{}]"])
  func aLineThatIsNoJSONObjectSaysNothing(line: String) {
    #expect(CommandAnswer.read(Array(line.utf8)[...], metric: "loss") == nil)
  }

  @Test func linesAreTheSameHoweverTheyArrive() {
    var generator = SplitMix(state: 3)
    for round in 0..<300 {
      let bytes = (0..<Int(generator.next() % 400)).map { _ in
        [0x0A, 0x61, 0xFF, 0x00][Int(generator.next() % 4)] as UInt8
      }
      var naive = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
      if naive.last == [] { naive.removeLast() }
      var cutter = LineCutter()
      var lines: [[UInt8]] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = min(rest.count, 1 + Int(generator.next() % 30))
        cutter.append(rest.prefix(count)) { lines.append(Array($0)) }
        rest = rest.dropFirst(count)
      }
      cutter.finish { lines.append(Array($0)) }
      #expect(lines == naive, "round \(round)")
    }
  }

  @Test func aLineThatIsTooLongIsDroppedAndTheNextIsWhole() {
    var cutter = LineCutter()
    var lines: [String] = []
    let chunk = [UInt8](repeating: 0x78, count: 65_536)[...]
    for _ in 0..<(LineCutter.longestLine / chunk.count + 1) { cutter.append(chunk) { _ in lines.append("x") } }
    cutter.append(Array("\nnext\n".utf8)[...]) { lines.append(String(decoding: $0, as: UTF8.self)) }
    #expect(lines == ["next"])
  }

  @Test func theEndOfAStreamIsItsLastBytes() {
    var generator = SplitMix(state: 4)
    for _ in 0..<100 {
      let bytes = (0..<Int(generator.next() % 300)).map { UInt8(truncatingIfNeeded: $0) }
      var end = StreamEnd(limit: 50)
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = min(rest.count, 1 + Int(generator.next() % 40))
        end.append(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      #expect(end.take() == Array(bytes.suffix(50)))
      #expect(end.dropped == max(0, bytes.count - 50))
    }
  }

  @Test(
    arguments: [
      ([:], nil, [nil, nil, nil]),
      ([:], 2, ["0", "1", "0"]),
      (["SLURM_GPUS_ON_NODE": "2"], nil, ["0", "1", "0"]),
      (["SLURM_GPUS_ON_NODE": "2"], 4, ["0", "1", "2"]),
      (["SLURM_STEP_GPUS": "4,5,6,7"], nil, ["0", "1", "2"]),
      (["SLURM_JOB_GPUS": "6"], nil, ["0", "0", "0"]),
      (["SLURM_GPUS_PER_NODE": "a100:2"], nil, ["0", "1", "0"]),
      (["SLURM_GPUS_PER_NODE": "a100:1,v100:2"], nil, ["0", "1", "2"]),
      (["SLURM_GPUS_PER_NODE": "a100:2(S:0-1)"], nil, ["0", "1", "0"]),
      (["SLURM_JOB_GPUS": "0-1,5"], nil, ["0", "1", "2"]),
      (["SLURM_STEP_GPUS": "4-7"], nil, ["0", "1", "2"]),
      (["SLURM_JOB_GPUS": "7-x"], nil, ["0", "0", "0"]),
      // Set by the launcher, and so left alone, unless the study asks for several to be dealt out.
      (["CUDA_VISIBLE_DEVICES": "3", "SLURM_GPUS_ON_NODE": "4"], nil, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "3"], 4, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "4,5"], nil, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "4,GPU-ab"], 2, ["4", "GPU-ab", "4"]),
      (["CUDA_VISIBLE_DEVICES": "0, 1"], 2, ["0", "1", "0"]),
      (["CUDA_VISIBLE_DEVICES": " MIG-aa11 ,MIG-bb22 "], 2, ["MIG-aa11", "MIG-bb22", "MIG-aa11"]),
      // Other makers' devices, or other ways to name them.
      (["ROCR_VISIBLE_DEVICES": "2", "SLURM_GPUS_ON_NODE": "4"], nil, [nil, nil, nil]),
      (["HIP_VISIBLE_DEVICES": "2"], 4, [nil, nil, nil]),
      (["GPU_DEVICE_ORDINAL": "0", "SLURM_JOB_GPUS": "0-3"], nil, [nil, nil, nil]),
      (["ZE_AFFINITY_MASK": "1"], 4, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": ""], 2, [nil, nil, nil]),
    ] as [([String: String], Int?, [String?])])
  func theWorkersOfANodeShareItsGPUsInTurn(environment: [String: String], gpus: Int?, devices: [String?]) {
    let assignment = GPUAssignment(environment: ProgramEnvironment(environment), gpusPerNode: gpus)
    #expect((0..<3).map { assignment.devices(ofLocalWorker: $0) } == devices)
  }

  @Test(
    arguments: [
      (["SLURM_GPUS_ON_NODE": "4"], nil, 2, ["0,1", "2,3", "0,1"], nil),
      (["CUDA_VISIBLE_DEVICES": "4,5,6,7"], nil, 2, ["4,5", "6,7", "4,5"], nil),
      // Chosen for this rank already.
      (["CUDA_VISIBLE_DEVICES": "4,5"], nil, 2, [nil, nil, nil], nil),
      (["HIP_VISIBLE_DEVICES": "0,1,2,3"], nil, 2, ["0,1", "2,3", "0,1"], nil),
      ([:], 4, 4, ["0,1,2,3", "0,1,2,3", "0,1,2,3"], nil),
      (["CUDA_VISIBLE_DEVICES": "3"], nil, 2, [nil, nil, nil], "CUDA_VISIBLE_DEVICES names 1"),
      (["SLURM_GPUS_ON_NODE": "2"], nil, 4, ["0,1,0,1", "0,1,0,1", "0,1,0,1"], "the node has 2"),
      ([:], nil, 2, [nil, nil, nil], "nothing says how many the node has"),
    ] as [([String: String], Int?, Int, [String?], String?)])
  func aWorkerGetsAsManyGPUsAsTheStudySays(
    environment: [String: String], perNode: Int?, gpus: Int, devices: [String?], problem: String?
  ) {
    let assignment = GPUAssignment(
      environment: ProgramEnvironment(environment), gpusPerNode: perNode, gpus: gpus)
    #expect((0..<3).map { assignment.devices(ofLocalWorker: $0) } == devices)
    #expect(assignment.problem == problem)
    let variable = environment["HIP_VISIBLE_DEVICES"] == nil ? "CUDA_VISIBLE_DEVICES" : "HIP_VISIBLE_DEVICES"
    #expect(assignment.variable == variable)
  }

  @Test func whatALauncherSetForItsRankIsToldFromWhatItSaysOfTheJobAndWhatTheUserSet() {
    for name in [
      "OMPI_COMM_WORLD_RANK", "OMPI_UNIVERSE_SIZE", "OMPI_MCA_ess", "OMPI_MCA_orte_hnp_uri", "PMIX_RANK",
      "PMIX_SERVER_URI41", "PMI_FD", "PMI_RANK", "PRTE_LAUNCHED", "HYDI_CONTROL_FD", "SLURM_PROCID", "SLURM_STEP_ID",
      "SLURM_LOCALID", "SLURM_STEPID", "SLURM_STEP_NODELIST", "SLURM_CPU_BIND_LIST", "SLURM_GTIDS",
      "SLURM_SRUN_COMM_PORT", "SLURM_PMIX_MAPPING_SERV",
    ] { #expect(LauncherVariables.contains(name), "\(name)") }
    for name in [
      "PATH", "PMILES", "SLURM_JOB_ID", "SLURM_JOBID", "SLURM_NODELIST", "SLURM_JOB_NODELIST", "SLURM_TASKS_PER_NODE",
      "SLURM_NTASKS", "SLURM_NPROCS", "SLURM_NTASKS_PER_NODE", "SLURM_NNODES", "SLURM_CPUS_PER_TASK",
      "SLURM_CPUS_ON_NODE", "SLURM_GPUS_ON_NODE", "SLURM_TMPDIR", "OMPI_ALLOW_RUN_AS_ROOT",
      "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_btl", "OMPI_MCA_rmaps_base_oversubscribe",
      "OMPI_MCA_orte_base_help_aggregate", "PRTE_MCA_rmaps_default_mapping_policy", "PMIX_MCA_gds", "HYDRA_HOST_FILE",
      "MPIR_CVAR_CH4_OFI_MAX_VCIS", "PMI_NO_FORK", "BASH_FUNC_module%%",
    ] { #expect(!LauncherVariables.contains(name), "\(name)") }
  }

  /// PyTorch Lightning looks at these two (SLURMEnvironment.detect).
  @Test func lightningDoesNotTakeATrainerForATaskOfTheJob() {
    let job = ProgramEnvironment(["SLURM_NTASKS": "64", "SLURM_JOB_NAME": "tune", "SLURM_PROCID": "3"])
    func seen(_ inherited: ProgramEnvironment, _ additions: [String: String] = [:]) -> ProgramEnvironment {
      CommandEnvironment(inherited: inherited, additions: additions, gpusPerNode: nil, worker: WorkerSpecification())
        .variables(worker: 0, localWorker: 0, protocol: "once")
    }
    #expect(seen(job)["SLURM_NTASKS"] == "64" && seen(job)["SLURM_JOB_NAME"] == "interactive")
    #expect(seen(job)["SLURM_PROCID"] == nil)
    #expect(seen(job, ["SLURM_JOB_NAME": "mine"])["SLURM_JOB_NAME"] == "mine")
    #expect(seen(ProgramEnvironment(["SLURM_NTASKS": "8"]))["SLURM_JOB_NAME"] == nil)
  }

  @Test func aWorkerOfSeveralRanksGetsAGPUForEach() {
    let four = GPUAssignment(environment: ProgramEnvironment(["SLURM_GPUS_ON_NODE": "4"]), gpusPerNode: nil, ranks: 2)
    #expect((0..<2).map { four.devices(ofLocalWorker: $0, ranks: 2) } == ["0,1", "2,3"])
    let chosen = GPUAssignment(
      environment: ProgramEnvironment(["CUDA_VISIBLE_DEVICES": "4,5,6,7"]), gpusPerNode: nil, ranks: 2)
    #expect((0..<2).map { chosen.devices(ofLocalWorker: $0, ranks: 2) } == ["4,5", "6,7"])
    // No device twice for one worker.
    let one = GPUAssignment(environment: ProgramEnvironment([:]), gpusPerNode: 1, ranks: 2)
    #expect(one.devices(ofLocalWorker: 0, ranks: 2) == "0" && one.problem == nil)
  }

  @Test(
    arguments: [
      ([:], nil, nil, 4, nil),
      (["SLURM_GPUS_ON_NODE": "4"], nil, nil, 4, nil),
      (["SLURM_GPUS_ON_NODE": "4"], nil, nil, 5, "5 workers of a node share 4 GPUs"),
      (["SLURM_GPUS_ON_NODE": "4"], nil, 2, 3, "3 workers of a node share 4 GPUs"),
      (["SLURM_GPUS_ON_NODE": "1"], nil, nil, 2, "2 workers of a node share one GPU"),
      (
        ["CUDA_VISIBLE_DEVICES": "0,1,2,3"], nil, nil, 4,
        "all 4 workers of a node see the same 4 GPUs (CUDA_VISIBLE_DEVICES)"
      ),
      (["CUDA_VISIBLE_DEVICES": "0,1,2,3"], nil, nil, 1, nil),
      (["CUDA_VISIBLE_DEVICES": "0,1,2,3"], nil, 1, 4, nil),
      (["CUDA_VISIBLE_DEVICES": "0"], nil, nil, 4, nil),
      (
        ["ROCR_VISIBLE_DEVICES": "0,1"], nil, nil, 2,
        "all 2 workers of a node see the same 2 GPUs (ROCR_VISIBLE_DEVICES)"
      ),
    ] as [([String: String], Int?, Int?, Int, String?)])
  func workersThatUseTheSameGPUsUnaskedAreToldOf(
    environment: [String: String], perNode: Int?, gpus: Int?, workers: Int, text: String?
  ) {
    let warning = GPUAssignment(environment: ProgramEnvironment(environment), gpusPerNode: perNode, gpus: gpus)
      .warning(workers: workers)
    #expect(text == nil ? warning == nil : warning?.hasPrefix(text ?? "") == true, "\(warning ?? "nothing")")
  }

  @Test func aWorkersThreadsAreToldUnlessTheyAreSet() {
    func seen(_ threads: Int?, _ inherited: [String: String] = [:], _ additions: [String: String] = [:]) -> String? {
      CommandEnvironment(
        inherited: ProgramEnvironment(inherited), additions: additions, gpusPerNode: nil,
        worker: WorkerSpecification(threads: threads)
      ).variables(worker: 0, localWorker: 0, protocol: "once")["OMP_NUM_THREADS"]
    }
    #expect(seen(nil) == nil)
    #expect(seen(3) == "3")
    #expect(seen(3, ["OMP_NUM_THREADS": "5"]) == "5")
    #expect(seen(3, [:], ["OMP_NUM_THREADS": "7"]) == "7")
  }

  @Test func anEnvironmentKeepsBytesThatAreNoText() {
    let entries: [[UInt8]] = [
      Array("A=".utf8), [0x42, 0xE9, 0x3D, 0xFF, 0xFE], Array("C=\u{10FEE9} é = x\n".utf8), Array("D".utf8),
    ]
    let environment = ProgramEnvironment(entries: entries)
    #expect(environment.entries == Array(entries.dropLast()).sorted { $0[0] < $1[0] })
    #expect(environment["A"] == "")
  }

  /// Whatever the system's bytes are, they come back.
  @Test func textOfTheSystemGivesItsBytesAgain() {
    var generator = SplitMix(state: 11)
    for _ in 0..<5000 {
      let bytes = (0..<Int(generator.next() % 12)).map { _ in
        [0x41, 0xC3, 0xA9, 0xE9, 0xF4, 0x8F, 0xB8, 0x80, 0xFF, 0x2F][Int(generator.next() % 10)] as UInt8
      }
      let text = String(systemBytes: bytes)
      #expect(text.systemBytes == bytes)
      text.withSystemPath { #expect(Array(UnsafeRawBufferPointer(start: $0, count: bytes.count)) == bytes) }
    }
  }

  // MARK: Numbers as arguments

  @Test func aNumberIsWrittenWithoutAnExponentAndIsTheSameNumber() {
    #expect(ParameterValue.real(-1.38e-05).argument == "-0.0000138")
    #expect(ParameterValue.real(1e-5).argument == "0.00001")
    #expect(ParameterValue.real(2e20).argument == "200000000000000000000.0")
    #expect(ParameterValue.real(1.5e300).argument == "1.5e+300")
    #expect(ParameterValue.real(0.1).argument == "0.1")
    #expect(ParameterValue.integer(-3).argument == "-3")
    #expect(ParameterValue.text("1e-05").argument == "1e-05")
    var generator = SplitMix(state: 3)
    for _ in 0..<20_000 {
      let number = Double(bitPattern: generator.next())
      guard number.isFinite else { continue }
      #expect(Double(ParameterValue.real(number).argument) == number)
      // Of sizes that people use, too.
      let common = number.significand * pow(10, Double(Int(generator.next() % 60)) - 30)
      let argument = ParameterValue.real(common).argument
      #expect(Double(argument) == common && !argument.contains("e"), "\(common): \(argument)")
    }
  }

  // MARK: What a person sees

  @Test(
    arguments: [
      ("plain", "plain"), ("", ""), ("\r", ""), ("text\r", "text"),
      ("epoch 3/3 100%\r{\"loss\": 0.3}", "{\"loss\": 0.3}"),
      ("\u{1B}[32m{\"loss\": 0.3}\u{1B}[0m", "{\"loss\": 0.3}"), ("\u{1B}[1;38;5;196mx\u{1B}[K\r", "x"),
      ("\u{FEFF}{\"loss\": 0.3}\r", "{\"loss\": 0.3}"), ("\u{1B}]0;title\u{07}x\u{1B}]8;;u\u{1B}\\y", "xy"),
      ("a\u{1B}", "a"), ("a\u{1B}[12", "a"), ("a\u{1B}(Bc", "aBc"),
      ("\u{1B}[2K\r\u{1B}[34m\u{FEFF}{\"loss\": 1}\r\r", "{\"loss\": 1}"),
    ])
  func aLineIsWhatIsSeenOfIt(line: String, seen: String) {
    #expect(String(decoding: VisibleLine.of(Array(line.utf8)[...]), as: UTF8.self) == seen)
  }

  @Test func aResultBehindAProgressBarOrInColourIsAResult() {
    for line in [
      "1/3 33%\r3/3 100%\r{\"loss\": 0.3}", "\u{1B}[32m{\"loss\": 0.3}\u{1B}[0m\r", "\u{FEFF}{\"loss\": 0.3}",
    ] {
      let answer = CommandAnswer.read(Array(line.utf8)[...], metric: "loss")?.answer
      #expect(answer == .result(TrainingReport(loss: 0.3)), "\(line)")
    }
  }
}

/// Steele, Lea and Flood 2014.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct OutputPatternTests {
  private func reports(_ sources: OutputPatterns.Sources, _ text: String, from resource: Resource = 0) throws
    -> (reports: [ProgressReport], result: TrainingReport?)
  {
    var patterns = try OutputPatterns(sources, from: resource)
    var reports: [ProgressReport] = []
    for line in text.split(separator: "\n") { patterns.take(Array(line.utf8)[...]) { reports.append($0) } }
    return (reports, patterns.result)
  }

  @Test func eachMatchIsAReportAndTheLastOneTheResult() throws {
    let sources = OutputPatterns.Sources(
      loss: #"valid loss +(\S+)"#, metrics: [.init("accuracy", #"accuracy ([0-9.]+)%"#)])
    let (reports, result) = try reports(
      sources,
      "loading\n| valid loss   0.5, accuracy 90.5%\nvalid loss nan\nother: 1\nvalid loss high\n\u{1B}[1mvalid loss\u{1B}[0m 2e-1,\naccuracy 95%",
      from: 3)
    #expect(reports.map(\.resource) == [4, 5, 6])
    #expect(reports.map(\.report.loss).filter(\.isFinite) == [0.5, 0.2] && reports[1].report.loss.isNaN)
    #expect(reports.allSatisfy { $0.report.metrics == [.init("accuracy", 90.5)] })
    #expect(result?.loss == 0.2 && result?.metrics == [.init("accuracy", 95)])
  }

  @Test func aPatternMayFindTheResource() throws {
    let sources = OutputPatterns.Sources(loss: "loss=([0-9.]+)", resource: "epoch ([0-9]+)")
    let (reports, _) = try reports(sources, "epoch 5\nloss=1\nloss=0.5\nepoch 10 loss=0.25")
    #expect(reports.map(\.resource) == [5, 5, 10])
    #expect(reports.map(\.report.loss) == [1, 0.5, 0.25])
  }

  /// What every match begins with is looked for first, and must not hide one.
  @Test(arguments: [
    (#"loss: (\d+)"#, "loss: 7"), (#"los+: (\d+)"#, "losss: 7"), (#"loss? ?(\d+)"#, "los7"),
    (#"(?i)LOSS (\d+)"#, "loss 7"),
    (#"a|loss (\d+)"#, "loss 7"), (#"[a-z]+ (\d+)"#, "loss 7"), (#"\d+"#, "7"), (#"l*oss (\d+)"#, "oss 7"),
    (#"é (\d+)"#, "é 7"),
  ]) func noMatchIsMissed(pattern: String, line: String) throws {
    #expect(try reports(.init(loss: pattern), line).reports.map(\.report.loss) == [7])
  }

  @Test func aFlagIsGivenOrLeftOut() {
    let template = CommandTemplate(["--fast", "{tied?--tied}", "{tied?--a}{other?b}", "--x={tied?yes}", "{{tied}}"])
    #expect(template.placeholders == ["tied", "tied", "other", "tied"] && template.flags.count == 4)
    #expect(
      template.arguments { $0 == "tied" ? "true" : "false" } == ["--fast", "--tied", "--a", "--x=yes", "{tied}"])
    #expect(template.arguments { $0 == "tied" ? "false" : "true" } == ["--fast", "b", "--x=", "{tied}"])
    #expect(template.arguments { _ in nil } == ["--fast", "--x=", "{tied}"])
  }
}
