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
  private let metric: String

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
    additions = try section.variables("environment")
    metric = study.plan.objective.metric

    guard !words.contains(where: { $0.unicodeScalars.contains("\0") }) else {
      throw section.error("command", "has an argument with a NUL character", "No program can be given one.")
    }
    guard CommandTemplate([program]).placeholders.isEmpty else {
      throw section.error("command", "begins with a placeholder", "Name the program itself: [python3, train.py].")
    }
    let hyperparameters = study.plan.space.parameters.map(\.name)
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
    let job = CommandJob(job: job, resumeResource: 0, checkpoint: folder, worker: 0, localWorker: 0)
    let words = [name] + arguments.arguments(job.value)
    var variables = additions
    if kind == .once { variables.merge(CommandEnvironment.values(of: job)) { $1 } }
    variables["ASH_PROTOCOL"] = kind.rawValue
    variables["ASH_CHECKPOINT"] = nil
    let settings = variables.sorted { $0.key < $1.key }.map { "\($0.key)=\(quoted($0.value))" }
    let program = words.map(quoted).joined(separator: " ")
    let request = String(decoding: job.request.dropLast(), as: UTF8.self)
    let input = kind == .serve ? "echo \(quoted(request)) | " : ""
    let line =
      "cd \(quoted(directory)) && export ASH_CHECKPOINT=$(mktemp -d) && \(input)env \(settings.joined(separator: " ")) \(program)"
    return line.replacing(folder, with: "'\"$ASH_CHECKPOINT\"'")
  }

  /// A word that a shell takes as it is.
  private func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
          || UInt8(ascii: "+")...UInt8(ascii: ":") ~= byte || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "=")
      }
    return isPlain ? word : "'\(word.replacing("'", with: #"'\''"#))'"
  }

  func makeTrainer(sharedData: SharedBytes) throws -> sending any Trainer {
    return CommandTrainer(
      settings: CommandSettings(
        kind: kind, program: try program(), name: name, arguments: arguments,
        environment: CommandEnvironment(
          inherited: Spawning.environment(), additions: additions, gpusPerNode: gpusPerNode),
        directory: directory, limits: limits, metric: metric))
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
    case .success(let path): return path
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
