import Foundation

/// A child process in a process group of its own, and the reading ends of its output.
struct Child: Sendable {
  let processID: pid_t
  private let streams: [Int32]
  private let started: ContinuousClock.Instant

  // Between making a pipe and marking it close-on-exec, no other child may start: it would keep the pipe open.
  private static let spawning = NSLock()

  static func spawn(executable: String, arguments: [String], environment: [String: String], directory: URL?) throws
    -> Child
  {
    try spawning.withLock {
      let pipes = try (0..<2).map { _ in try makePipe() }
      defer { for pipe in pipes { close(pipe.write) } }
      do {
        var command = [executable] + arguments
        if let directory {
          // Swift does not see posix_spawn_file_actions_addchdir_np. exec keeps the process.
          let folder = directory.path(percentEncoded: false)
          command = ["/bin/sh", "-c", #"cd "$1" && shift && exec "$@""#, "sh", folder] + command
        }
        let processID = try spawn(command, environment: environment, output: pipes.map(\.write))
        return Child(processID: processID, streams: pipes.map(\.read), started: .now)
      } catch {
        for pipe in pipes { close(pipe.read) }
        throw error
      }
    }
  }

  private static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw LaunchError("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  private static func spawn(_ command: [String], environment: [String: String], output: [Int32]) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output[0], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output[1], STDERR_FILENO)

    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    // What the test runner ignores or blocks, the program must not.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)

    var argv = command.map { strdup($0) } + [nil]
    var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, command[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw LaunchError("cannot start \(command[0]): \(String(cString: strerror(code)))") }
    return processID
  }

  // MARK: Watching

  /// How long a launcher gets to take its ranks down before they are killed.
  private static let gracePeriod = Duration.seconds(3)
  /// How long after the end its last processes may take to go.
  private static let lingering = Duration.seconds(3)

  /// Reads the output and waits for the end, which it brings about when the time is over. Blocks.
  func watch(_ processes: LaunchedProcesses, output: OutputSoFar, timeLimit: Duration) -> Outcome {
    var open = [true, true]
    var termination: ContinuousClock.Instant?
    var status: Int32 = 0
    while true {
      readAvailable(into: output, open: &open, waitMilliseconds: 20)
      if waitpid(processID, &status, WNOHANG) == processID { break }
      if let termination {
        if termination.duration(to: .now) > Self.gracePeriod { processes.kill(leaderIsWaitedFor: false) }
      } else if started.duration(to: .now) > timeLimit {
        // First SIGTERM: mpirun then ends its ranks.
        kill(-processID, SIGTERM)
        termination = .now
      }
    }
    let duration = started.duration(to: .now)
    output.complete()

    let end = ContinuousClock.now
    var left = processes.living()
    while !left.isEmpty, end.duration(to: .now) < Self.lingering {
      readAvailable(into: output, open: &open, waitMilliseconds: 20)
      left = processes.living()
    }
    processes.kill(leaderIsWaitedFor: true)
    let drainEnd = ContinuousClock.now + .seconds(1)
    while open.contains(true), .now < drainEnd { readAvailable(into: output, open: &open, waitMilliseconds: 20) }
    for stream in streams { close(stream) }

    let signal = Int(status & 0x7f)
    return Outcome(
      exitCode: signal == 0 ? Int(status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
      timedOut: termination != nil, stdout: String(decoding: output.read(0), as: UTF8.self),
      stderr: String(decoding: output.read(1), as: UTF8.self), duration: duration,
      leftProcesses: left.map(\.description))
  }

  private func readAvailable(into output: OutputSoFar, open: inout [Bool], waitMilliseconds: Int32) {
    guard open.contains(true) else {
      usleep(UInt32(waitMilliseconds) * 1000)
      return
    }
    var polls = streams.indices.map { pollfd(fd: open[$0] ? streams[$0] : -1, events: Int16(POLLIN), revents: 0) }
    guard poll(&polls, nfds_t(polls.count), waitMilliseconds) > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    for index in polls.indices where polls[index].revents != 0 {
      let count = read(streams[index], &bytes, bytes.count)
      if count > 0 {
        output.append(bytes[..<count], to: index)
      } else if count == 0 || errno != EINTR {
        open[index] = false
      }
    }
  }
}
