internal import Glibc

/// The processes that a launcher has started together with this one, found without the launcher's variables: a wrapper such as `env -i`
/// or `apptainer --cleanenv` may have taken them out of the environment.
package struct LaunchedTwins {
  /// What the system says of a process.
  package struct Process: Hashable, Sendable {
    package var parent: Int32
    package var name: String
    /// The command line, as `/proc` has it.
    package var command: [UInt8]

    package init(parent: Int32, name: String, command: [UInt8]) {
      (self.parent, self.name, self.command) = (parent, name, command)
    }
  }

  /// The launcher's name.
  package let launcher: String
  /// The processes with this one's launcher and command line, this one among them, by their numbers.
  package let processes: [Int32]
  /// Whether this process has the lowest number.
  package var isFirst: Bool { processes.first == own }
  private let own: Int32

  /// Looks for them once.
  ///
  /// - Parameters:
  ///   - own: this process.
  ///   - process: what the system says of a process; nil where there is none of that number.
  ///   - all: the numbers of all processes.
  /// - Returns: nil where no launcher has started this process.
  package init?(of own: Int32, process: (Int32) -> Process?, all: () -> [Int32]) {
    guard let launcher = Self.launcher(of: own, process), let name = process(launcher)?.name,
      let command = process(own)?.command
    else { return nil }
    self.own = own
    self.launcher = name
    processes = all().filter { process($0)?.command == command && Self.launcher(of: $0, process) == launcher }.sorted()
  }

  /// Looks for them until there are some: the launcher may still be starting them.
  ///
  /// - Parameter ignored: a launcher that counts for none.
  /// - Returns: nil where this process is alone.
  package static func ofThisProcess(ignoring ignored: String?) -> LaunchedTwins? {
    for _ in 0..<looks {
      guard let twins = LaunchedTwins(of: getpid(), process: ProcessFolder.process, all: ProcessFolder.numbers),
        twins.launcher != ignored
      else { return nil }
      if twins.processes.count > 1 { return twins }
      usleep(pause)
    }
    return nil
  }

  /// How often it is looked for twins, and the microseconds between two looks.
  private static let (looks, pause): (Int, UInt32) = (5, 100_000)

  /// The nearest launcher above a process.
  private static func launcher(of process: Int32, _ table: (Int32) -> Process?) -> Int32? {
    var number = process
    // Numbers come again, so that the way up might not end.
    for _ in 0..<100 {
      guard let parent = table(number)?.parent, parent > 0, let name = table(parent)?.name else { return nil }
      if isLauncher(name) { return parent }
      number = parent
    }
    return nil
  }

  /// Whether it is a program that starts ranks: Open MPI's, MPICH's, or Slurm's. The system cuts names at 15 bytes.
  private static func isLauncher(_ name: String) -> Bool {
    name.hasPrefix("mpirun") || name.hasPrefix("mpiexec")
      || ["orterun", "orted", "prterun", "prted", "hydra_pmi_proxy", "slurmstepd"].contains(name)
  }
}

/// Processes, as `/proc` has them.
private enum ProcessFolder {
  static func process(_ number: Int32) -> LaunchedTwins.Process? {
    // `NUMBER (NAME) STATE PARENT …`, where the name may hold anything.
    guard let status = read("/proc/\(number)/stat"), let start = status.firstIndex(of: UInt8(ascii: "(")),
      let end = status.lastIndex(of: UInt8(ascii: ")")), start < end
    else { return nil }
    let fields = status[(end + 1)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let parent = Int32(String(decoding: fields[1], as: UTF8.self)) else { return nil }
    return .init(
      parent: parent, name: String(decoding: status[(start + 1)..<end], as: UTF8.self),
      command: read("/proc/\(number)/cmdline") ?? [])
  }

  static func numbers() -> [Int32] {
    guard let folder = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(folder) }
    var numbers: [Int32] = []
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
  }

  private static func read(_ path: String) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 16384)
    let count = unsafe Glibc.read(file, &bytes, bytes.count)
    return count >= 0 ? Array(bytes.prefix(count)) : nil
  }
}
