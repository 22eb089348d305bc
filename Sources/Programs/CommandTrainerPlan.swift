internal import Files
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import Training
internal import TuningTypes

/// `kind: command`: a program of whatever language trains.
struct CommandTrainerPlan: TrainerPlan {
  private static let keys = [
    "kind", "command", "protocol", "timeout", "silence_timeout", "grace", "environment", "directory", "gpus_per_node",
    "loss_pattern", "metric_patterns", "resource_pattern", "resource_unit",
  ]

  private let section: StudySection
  private let kind: CommandSettings.Kind
  /// The program as the study writes it.
  private let name: String
  private let arguments: CommandTemplate
  private let directory: String
  private let additions: [String: String]
  private let limits: CommandLimits
  private let gpusPerNode: Int?
  private let worker: WorkerSpecification
  private let metric: String
  private let patterns: OutputPatterns.Sources?
  let resourceUnit: String
  let checks: CommandChecks

  init(study: Study) throws(StudyError) {
    section = study.trainer
    try section.allow(Self.keys)
    guard let words = try section.texts("command"), let program = words.first, !program.isEmpty else {
      throw section.missing("command", "Give the program and its arguments: command: [python3, train.py].")
    }
    let kinds = CommandSettings.Kind.allCases.map(\.rawValue)
    kind = try section.choice("protocol", kinds).flatMap(CommandSettings.Kind.init(rawValue:)) ?? .once
    directory = try section.file("directory") ?? study.trainer.directory
    name = program
    arguments = CommandTemplate(Array(words.dropFirst()))
    let (job, silence) = (try section.duration("timeout"), try section.duration("silence_timeout"))
    limits = CommandLimits(job: job, silence: silence, grace: try section.duration("grace") ?? 10)
    gpusPerNode = try section.integer("gpus_per_node", in: 1...1024)
    worker = study.worker
    additions = try section.variables("environment")
    metric = study.plan.objective.metric
    patterns = try section.outputPatterns(of: study.plan.objective)
    resourceUnit = try section.text("resource_unit") ?? "units"
    if patterns != nil, kind == .serve {
      throw section.error(
        section.has("loss_pattern") ? "loss_pattern" : "metric_patterns",
        "is for programs that print text, and serve answers in JSON",
        "Use protocol: once, or let the program answer each job with a line of JSON.")
    }
    checks = CommandChecks(study, program: program, arguments: arguments, directory: directory, kind: kind)

    guard !words.contains(where: { $0.unicodeScalars.contains("\0") }) else {
      throw section.error("command", "has an argument with a NUL character", "No program can be given one.")
    }
    guard CommandTemplate([program]).placeholders.isEmpty else {
      throw section.error("command", "begins with a placeholder", "Name the program itself: [python3, train.py].")
    }
    let hyperparameters = study.plan.space.parameters.map(\.name)
    for name in arguments.flags {
      guard let parameter = study.plan.space.parameters.first(where: { $0.name == name }), !parameter.domain.isFlag
      else {
        continue
      }
      throw section.error(
        "command", "has {\(name)?…}, and \(name) has values other than true and false",
        "Let it be {type: categorical, values: [true, false]}, or give its value: {\(name)}.")
    }
    let values = kind == .serve ? JobValue.ofWorker : JobValue.allCases
    let known = (kind == .serve ? [] : hyperparameters) + values.map(\.rawValue)
    for placeholder in arguments.placeholders where !known.contains(placeholder) {
      if kind == .serve, hyperparameters.contains(placeholder) || JobValue(rawValue: placeholder) != nil {
        throw section.error(
          "command", "has the placeholder {\(placeholder)}, but serve starts one program for all jobs",
          "Read it from the line that comes with each job, or use protocol: once.")
      }
      let nearest = nearestName(to: placeholder, among: known).map { "Did you mean {\($0)}? " } ?? ""
      throw section.error(
        "command", "has the placeholder {\(placeholder)}, which nothing fills",
        "\(nearest)Known: \(known.joined(separator: ", ")). For braces as they are: {{\(placeholder)}}.")
    }
  }

  /// What finds losses in its text reports each of them; of other programs only running them tells.
  var reportsWhileTraining: Bool? { patterns == nil ? nil : true }
  var startsWithEachJob: Bool { kind == .once }

  var useOfRanks: RankUse { arguments.startsItsRanks ? .launcher : .processes }

  func loadSharedData() throws -> [UInt8] {
    _ = try program()
    return []
  }

  func instructions(for job: Job) -> [JSONValue.Member] {
    [job.programSeedInstruction, .init("command", .text(shellLine(for: job)))]
  }

  /// A line for a shell that trains the job from scratch, in a new folder for its checkpoint.
  private func shellLine(for job: Job) -> String {
    // Stands for the folder, which the shell makes.
    let folder = "\u{10FE00}"
    let job = CommandJob(
      job: job, resumeResource: 0, checkpoint: folder, worker: 0, localWorker: 0,
      rank: .alone(on: "localhost"))
    let words = [name] + arguments.arguments(job.value)
    var variables = additions
    if kind == .once { variables.merge(CommandEnvironment.values(of: job)) { $1 } }
    variables["ASH_PROTOCOL"] = kind.rawValue
    if let threads = worker.threads, variables[CommandEnvironment.threads] == nil {
      variables[CommandEnvironment.threads] = "\(threads)"
    }
    variables["ASH_CHECKPOINT"] = nil
    let settings = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.shellWord)" }
    let program = words.map(\.shellWord).joined(separator: " ")
    let request = String(decoding: job.request.dropLast(), as: UTF8.self)
    let input = kind == .serve ? "echo \(request.shellWord) | " : ""
    var start = "\(input)env \(settings.joined(separator: " ")) \(program)"
    if worker.ranks > 1, useOfRanks == .processes {
      let numbers = (0..<worker.ranks).map(String.init).joined(separator: " ")
      start =
        "export WORLD_SIZE=\(worker.ranks) LOCAL_WORLD_SIZE=\(worker.ranks) GROUP_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=29500 && "
        + "for RANK in \(numbers); do export RANK LOCAL_RANK=$RANK; \(start) & done; wait"
    }
    let line = "cd \(directory.shellWord) && export ASH_CHECKPOINT=$(mktemp -d) && \(start)"
    return line.replacing(folder, with: "'\"$ASH_CHECKPOINT\"'")
  }

  func makeTrainer(sharedData: SharedBytes) throws -> sending any Trainer {
    let environment = CommandEnvironment(
      inherited: Spawning.environment(), additions: additions, gpusPerNode: gpusPerNode, worker: worker)
    if let problem = environment.gpuProblem, let gpus = worker.gpus {
      throw section.error(
        "gpus_per_node", "a worker is to have \(gpus) GPU\(gpus == 1 ? "" : "s") (worker.gpus), and \(problem)",
        "Ask the batch system for them, or say how many a node has: gpus_per_node: \(gpus). Without GPUs leave worker.gpus out."
      )
    }
    return CommandTrainer(
      settings: CommandSettings(
        kind: kind, program: try program(), name: name, arguments: arguments, environment: environment,
        directory: directory, limits: limits, metric: metric, patterns: patterns))
  }

  /// Where the program lies on this machine.
  ///
  /// - Throws: `StudyError` where no job could start: every trial would fail.
  private func program() throws(StudyError) -> String {
    guard Disk.isFolder(directory) else {
      throw section.error(
        section.has("directory") ? "directory" : nil, "no folder \(directory) on this machine",
        "Programs are started there; make it, or name another.")
    }
    let search = additions["PATH"] ?? Spawning.environment()["PATH"] ?? "/usr/bin:/bin"
    switch ProgramSearch(path: search, directory: directory).find(name) {
    case .success(let path):
      try checks.expectScript()
      return path
    case .failure(let problem):
      let isSentence = name.contains(" ") && !name.contains("/")
      throw section.error(
        "command", problem.text,
        isSentence ? "No shell takes it apart; write a list: [python3, train.py]." : problem.advice)
    }
  }
}

extension StudySection {
  /// A mapping of environment variables.
  fileprivate func variables(_ key: String) throws(StudyError) -> [String: String] {
    guard let section = try section(key) else { return [:] }
    var variables: [String: String] = [:]
    for name in section.keys {
      guard !name.isEmpty, !name.contains("="), !name.hasPrefix("ASH_") else {
        throw section.error(
          name, "can't be set", "Names starting with ASH_ are for what a job is told; others have no '=' in them.")
      }
      let value = try section.text(name)
      guard let value, !value.unicodeScalars.contains("\0") else {
        throw section.error(name, "has a NUL character", "No program can be given one.")
      }
      variables[name] = value
    }
    return variables
  }
}

extension Domain {
  /// Whether its values are `true` and `false` alone.
  fileprivate var isFlag: Bool {
    switch self {
    case .categorical(let values), .ordinal(let values):
      values.allSatisfy { if case .flag = $0 { true } else { false } }
    case .float, .integer: false
    }
  }
}

extension StudySection {
  /// What finds losses and metrics in the text that a program prints; nil where the study says nothing of it.
  fileprivate func outputPatterns(of objective: Objective) throws(StudyError) -> OutputPatterns.Sources? {
    let metrics = try section("metric_patterns")
    let resource = try text("resource_pattern")
    var named: [OutputPatterns.Sources.Metric] = []
    for name in metrics?.keys ?? [] {
      if let pattern = try metrics?.text(name) { named.append(.init(name, pattern)) }
    }
    let loss = try text("loss_pattern")
    let own = named.first { $0.name == objective.metric }?.pattern
    guard let trigger = objective.isLoss ? loss ?? own : own else {
      if loss == nil, named.isEmpty, resource == nil { return nil }
      throw error(
        has("metric_patterns") ? "metric_patterns" : has("loss_pattern") ? "loss_pattern" : "resource_pattern",
        "finds no \(objective.metric), which is the study's objective",
        objective.isLoss
          ? "Say what finds the loss: loss_pattern: 'valid loss +(\\S+)'."
          : "Say what finds it: metric_patterns: {\(objective.metric): '\(objective.metric) +(\\S+)'}.")
    }
    let sources = OutputPatterns.Sources(loss: trigger, metrics: named, resource: resource)
    let all =
      [("loss_pattern", trigger)] + named.map { ("metric_patterns", $0.pattern) } + [
        ("resource_pattern", resource ?? "")
      ]
    for (key, pattern) in all where has(key) {
      do { _ = try Regex(pattern) } catch {
        throw self.error(
          key, "is no regular expression: \(error)",
          "Write for example 'valid loss +(\\S+)', in single quotation marks.")
      }
    }
    return sources
  }
}
