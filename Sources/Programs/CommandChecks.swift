internal import Files
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Training
internal import TuningTypes

/// What can be wrong with a command although its program could start: a script that is not there, a hyperparameter that
/// does not reach it.
///
/// A wrong alarm would keep a study from running. So scripts are looked for only behind interpreters, and behind launchers
/// that start them on the same file system: a path for `docker` or `ssh` lies elsewhere.
struct CommandChecks: Sendable {
  private let section: StudySection
  private let program: String
  private let arguments: CommandTemplate
  /// Where relative paths start from.
  private let directory: String
  /// Hyperparameters that no placeholder passes on, though others are passed on.
  private let unused: [String]

  private static let shells: Set = ["sh", "bash", "dash", "ksh", "zsh"]
  private static let interpreters: Set = shells.union([
    "python", "pypy", "Rscript", "julia", "lua", "luajit", "perl", "ruby", "node", "torchrun",
  ])
  private static let launchers: Set = [
    "env", "mpiexec", "mpirun", "nice", "numactl", "orterun", "prterun", "srun", "stdbuf", "taskset", "time", "timeout",
  ]
  private static let endings = [".py", ".R", ".r", ".jl", ".sh", ".lua", ".pl", ".rb", ".js"]
  /// What comes after these is code, the name of a module, or standard input.
  private static let noScript: Set = ["-c", "-m", "-e", "-E", "-s", "-", "--eval", "--print", "-p", "--module"]

  init(
    _ study: Study, program: String, arguments: CommandTemplate, directory: String, kind: CommandSettings.Kind
  ) {
    section = study.trainer
    self.program = program
    self.arguments = arguments
    self.directory = directory
    // A serving program is sent all of them.
    let parameters = kind == .once ? study.plan.space.parameters : []
    // A program can tell what a condition says from the hyperparameters that it gets.
    let used = Set(arguments.placeholders).union(parameters.flatMap { $0.condition?.clauses ?? [] }.map(\.parent))
    let passesSome = parameters.contains { arguments.placeholders.contains($0.name) }
    unused = passesSome ? parameters.map(\.name).filter { !used.contains($0) } : []
  }

  /// A warning of hyperparameters that do not reach the program by its arguments; nil where all do, or none.
  var warning: String? {
    guard !unused.isEmpty else { return nil }
    let names = unused.map { "'\($0)'" }.joined(separator: ", ")
    let placeholders = unused.map { "{\($0)}" }.joined(separator: ", ")
    return section.error(
      "command", "does not pass \(names) to the program, only other hyperparameters",
      "Add \(placeholders), or read the variable ASH_CONFIGURATION in the program."
    ).description
  }

  /// - Throws: `StudyError` where the command names a script that is not there.
  func expectScript() throws(StudyError) {
    guard let (interpreter, script) = script else { return }
    let path = script.hasPrefix("/") ? script : "\(directory)/\(script)"
    guard !Disk.exists(path), !isInSearchPath(script, of: interpreter) else { return }
    let folder = Paths.folder(of: path)
    let name = String(path.dropFirst(folder.count).drop { $0 == "/" })
    let files = Disk.names(in: folder).sorted()
    let nearest =
      nearestName(to: name, among: files).map { "Did you mean '\(script.dropLast(name.count) + $0)'? " } ?? ""
    throw section.error(
      "command", "names the script '\(script)', which is not in \(folder)",
      "\(nearest)Check the name; relative paths start from \(directory).")
  }

  /// The interpreter's name and the script that it is given; nil where there is none, or a job decides which.
  private var script: (interpreter: String, script: String)? {
    var words = [program] + arguments.literals
    if Self.launchers.contains(Self.baseName(program)) {
      let start = words.firstIndex { $0.map(Self.isInterpreter) ?? false }
      guard let start, !words[..<start].contains(where: { $0.map(Self.changesFolder) ?? true }) else { return nil }
      words.removeFirst(start)
    }
    guard let first = words.first, let interpreter = first, Self.isInterpreter(interpreter) else { return nil }
    let name = Self.baseName(interpreter)
    for (index, word) in words.dropFirst().enumerated() {
      guard let word, !Self.noScript.contains(word) else { return nil }
      if word.hasPrefix("-") { continue }
      // Behind an option it may be the option's value.
      if index == 0 || Self.endings.contains(where: word.hasSuffix) { return (name, word) }
    }
    return nil
  }

  /// A shell looks for a script in PATH as well.
  private func isInSearchPath(_ script: String, of interpreter: String) -> Bool {
    guard Self.shells.contains(interpreter), !script.contains("/") else { return false }
    let path = Spawning.environment()["PATH"] ?? ""
    return path.split(separator: ":").contains { Disk.exists("\($0)/\(script)") }
  }

  private static func isInterpreter(_ word: String) -> Bool {
    // python3, python3.12
    let name = baseName(word)
    let end = name.lastIndex { $0 != "." && !("0"..."9").contains($0) }
    return interpreters.contains(end.map { String(name[...$0]) } ?? name)
  }

  /// A word of a launcher by which the script's path starts from elsewhere.
  private static func changesFolder(_ word: String) -> Bool {
    ["-D", "-C", "-wd", "--wd", "-wdir", "--wdir", "--chdir", "--container"].contains { word.hasPrefix($0) }
      || ["apptainer", "ch-run", "chroot", "docker", "enroot", "nsenter", "podman", "shifter", "singularity", "ssh"]
        .contains(baseName(word))
  }

  private static func baseName(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }
}

extension CommandTrainerPlan {
  func loadSharedData(note: (String) -> Void) throws -> [UInt8] {
    let data = try loadSharedData()
    if let warning = checks.warning { note(warning) }
    return data
  }
}
