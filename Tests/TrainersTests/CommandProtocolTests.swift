import Testing
import Trainers
import Tuning

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
    CommandAnswer.read(Array(line.utf8), metric: metric)?.answer
  }

  private func report(_ line: String, metric: String = "validation_loss") -> TrainingReport? {
    if case .result(let report)? = answer(line, metric: metric) { report } else { nil }
  }

  @Test func aResultIsALossAndTheOtherNumbers() {
    let line =
      #" {"loss": 0.5, "accuracy": 1, "job": 7, "note": "x", "flag": true, "list": [1], "grad": "nan"} "# + "\r"
    let read = CommandAnswer.read(Array(line.utf8), metric: "validation_loss")
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
    #expect(answer(progress) == .progress(.init(resource: 3, loss: 0.4)))
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
    #expect(CommandAnswer.read(Array(line.utf8), metric: "loss") == nil)
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
      // Set by the launcher, and so left alone, unless the study asks for several to be dealt out.
      (["CUDA_VISIBLE_DEVICES": "3", "SLURM_GPUS_ON_NODE": "4"], nil, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "3"], 4, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "4,5"], nil, [nil, nil, nil]),
      (["CUDA_VISIBLE_DEVICES": "4,GPU-ab"], 2, ["4", "GPU-ab", "4"]),
      (["CUDA_VISIBLE_DEVICES": ""], 2, [nil, nil, nil]),
    ] as [([String: String], Int?, [String?])])
  func theWorkersOfANodeShareItsGPUsInTurn(environment: [String: String], gpus: Int?, devices: [String?]) {
    let assignment = GPUAssignment(environment: environment, gpusPerNode: gpus)
    #expect((0..<3).map { assignment.device(ofLocalWorker: $0) } == devices)
  }

  @Test func whatALauncherSetForItsRankIsToldFromWhatItSaysOfTheJob() {
    for name in [
      "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_FD", "PRTE_LAUNCHED", "SLURM_PROCID", "SLURM_STEP_ID", "SLURM_NTASKS",
      "SLURM_LOCALID", "SLURM_STEPID",
    ] { #expect(CommandEnvironment.isLaunchers(name), "\(name)") }
    for name in ["PATH", "SLURM_JOB_ID", "SLURM_CPUS_PER_TASK", "SLURM_GPUS_ON_NODE", "SLURM_TMPDIR", "PMILES"] {
      #expect(!CommandEnvironment.isLaunchers(name), "\(name)")
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
