public import Foundation

/// Starts the built programs the way a user does, alone or under `mpirun`, and sees them end.
///
/// Every launch has a time limit, after which all of its processes are killed. The program starts in an environment without
/// the variables of a launcher, so that tests may themselves run under Slurm or MPI. Few launches run at once; the others
/// wait their turn, and their time starts when they do.
public enum Launch {
  /// Runs a built program on several ranks of this machine, more than it has cores if need be.
  ///
  /// - Parameters:
  ///   - program: an executable target's name, or a path.
  ///   - environment: variables to add; `nil` takes one away.
  ///   - launcherArguments: what else `mpirun` is told, such as `--with-ft ulfm`.
  /// - Throws: ``LaunchError`` if the program isn't there or cannot be started. A program that fails is an outcome.
  public static func mpirun(
    ranks: Int, program: String, arguments: [String] = [], environment: [String: String?] = [:],
    directory: URL? = nil, launcherArguments: [String] = [], timeLimit: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await startMPI(
      ranks: ranks, program: program, arguments: arguments, environment: environment, directory: directory,
      launcherArguments: launcherArguments, timeLimit: timeLimit
    ).outcome()
  }

  /// Runs a built program by itself, without a launcher.
  public static func program(
    _ program: String, arguments: [String] = [], environment: [String: String?] = [:], directory: URL? = nil,
    timeLimit: Duration = .seconds(60)
  ) async throws -> Outcome {
    try await start(
      program, arguments: arguments, environment: environment, directory: directory, timeLimit: timeLimit
    ).outcome()
  }

  /// Like ``mpirun(ranks:program:arguments:environment:directory:launcherArguments:timeLimit:)``, for a test that does
  /// something while the program runs, such as sending it a signal.
  public static func startMPI(
    ranks: Int, program: String, arguments: [String] = [], environment: [String: String?] = [:],
    directory: URL? = nil, launcherArguments: [String] = [], timeLimit: Duration = .seconds(60)
  ) async throws -> RunningProgram {
    let launcher = try path(ofCommand: ProcessInfo.processInfo.environment["ASH_MPIRUN"] ?? "mpirun")
    return try await RunningProgram.start(
      executable: launcher,
      arguments: ["-np", String(ranks)] + launcherArguments + [try path(of: program)] + arguments,
      environment: LaunchEnvironment.clean(adding: environment, toLauncher: true), directory: directory,
      timeLimit: timeLimit)
  }

  /// Like ``program(_:arguments:environment:directory:timeLimit:)``, for a test that does something while it runs.
  public static func start(
    _ program: String, arguments: [String] = [], environment: [String: String?] = [:], directory: URL? = nil,
    timeLimit: Duration = .seconds(60)
  ) async throws -> RunningProgram {
    try await RunningProgram.start(
      executable: try path(of: program), arguments: arguments,
      environment: LaunchEnvironment.clean(adding: environment, toLauncher: false), directory: directory,
      timeLimit: timeLimit)
  }

  /// Where a built executable lies: in the folder of the test binary. A name with a slash is taken as it is.
  public static func path(of program: String) throws -> String {
    if program.contains("/") { return program }
    let path = buildFolder.appending(path: program).path(percentEncoded: false)
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw LaunchError("no program \(program) in \(buildFolder.path(percentEncoded: false)): build it first")
    }
    return path
  }

  /// Where the build puts executables.
  public static let buildFolder: URL = {
    #if os(Linux)
      URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    #else
      (Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main).bundleURL.deletingLastPathComponent()
    #endif
  }()

  /// Where a command lies that is found by `PATH`.
  public static func path(ofCommand command: String) throws -> String {
    if command.contains("/") { return command }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for folder in folders {
      let path = "\(folder)/\(command)"
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    throw LaunchError("no command \(command) on this machine")
  }
}

/// Why a program could not be started at all.
public struct LaunchError: Error, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// How a launched program ended.
public struct Outcome: Sendable, CustomStringConvertible {
  /// What it exited with; `nil` if a signal ended it.
  public let exitCode: Int?
  /// The signal that ended it, if one did.
  public let signal: Int?
  /// Whether it was killed because its time was over.
  public let timedOut: Bool
  public let stdout: String
  public let stderr: String
  /// From the start to the exit.
  public let duration: Duration
  /// The launch's processes that were still there some seconds after its end: "PID COMMAND". They were killed.
  public let leftProcesses: [String]

  /// Whether it ended well: exit code 0, in time, nothing left behind.
  public var isSuccess: Bool { exitCode == 0 && !timedOut && leftProcesses.isEmpty }

  public var lines: [Substring] { stdout.split(separator: "\n") }

  /// All of it, for the comment of an expectation.
  public var description: String {
    """
    exit code \(exitCode.map(String.init) ?? "none"), signal \(signal.map(String.init) ?? "none"), \
    \(timedOut ? "TIMED OUT, " : "")\(duration), left: \(leftProcesses)
    --- stdout
    \(stdout)
    --- stderr
    \(stderr)
    """
  }
}
