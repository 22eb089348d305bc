internal import CProcess
internal import Files
internal import Glibc

// The module's only unsafe code.

/// Starting processes and talking to them through pipes.
///
/// With `posix_spawn`, never `fork`: the memory of a process that speaks MPI may be registered with a network card, and a
/// forked copy of it is what Open MPI warns of.
enum Spawning {
  /// What a new process is made of.
  struct Request {
    /// An absolute path.
    var program: String
    /// Without the program's own name.
    var arguments: [String]
    /// The name that the process goes by.
    var name: String
    var environment: ProgramEnvironment
    var directory: String
    /// The process group to join; 0 makes one of its own.
    var group: pid_t
    /// Standard input, output and error; nil is `/dev/null`.
    var streams: [Int32?]
    /// Signals that the process starts with blocked.
    var blockedSignals: [Int32] = []
  }

  static func spawn(_ request: Request) throws(SystemError) -> pid_t {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in request.streams.enumerated() {
      if let stream {
        unsafe posix_spawn_file_actions_adddup2(&actions, stream, Int32(number))
      } else {
        unsafe posix_spawn_file_actions_addopen(&actions, Int32(number), "/dev/null", O_RDWR, 0)
      }
    }
    _ = unsafe process_actions_close_from(&actions, 3)
    _ = unsafe request.directory.withSystemPath { unsafe posix_spawn_file_actions_addchdir_np(&actions, $0) }

    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    unsafe posix_spawnattr_setpgroup(&attributes, request.group)
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for signal in request.blockedSignals { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    // This process ignores some; a program is not to inherit that.
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)

    var arguments = unsafe ([request.name] + request.arguments).map { unsafe copy($0.systemBytes) } + [nil]
    var environment = unsafe request.environment.entries.map { unsafe copy($0) } + [nil]
    defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
    var process: pid_t = 0
    let code = unsafe request.program.withSystemPath {
      unsafe posix_spawn(&process, $0, &actions, &attributes, &arguments, &environment)
    }
    guard code == 0 else { throw SystemError(operation: "start \(request.program)", code: code) }
    return process
  }

  /// A C string of these bytes, to be freed.
  private static func copy(_ bytes: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    unsafe (bytes + [0]).map { CChar(bitPattern: $0) }.withUnsafeBufferPointer { bytes in
      unsafe bytes.baseAddress.map { unsafe strdup($0) } ?? nil
    }
  }

  /// The environment of this process, as the system has it.
  static func environment() -> ProgramEnvironment {
    var entries: [[UInt8]] = []
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      unsafe entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
      unsafe next += 1
    }
    return ProgramEnvironment(entries: entries)
  }

  /// A pipe that no process inherits by accident.
  static func makePipe() throws(SystemError) -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw SystemError(operation: "make a pipe", code: errno) }
    return (ends[0], ends[1])
  }

  static func makeNonBlocking(_ file: Int32) { _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK) }

  /// What a pipe's end gives at this moment.
  enum Transfer {
    case bytes(Int)
    case nothing
    case ended
  }

  static func read(_ file: Int32, into buffer: inout [UInt8]) -> Transfer {
    let count = unsafe Glibc.read(file, &buffer, buffer.count)
    if count > 0 { return .bytes(count) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .ended
  }

  /// An inherited ignorance of the end of children would make them vanish with their exit codes.
  static func expectChildren() { signal(SIGCHLD, SIG_DFL) }

  static func write(_ bytes: ArraySlice<UInt8>, to file: Int32) -> Transfer {
    let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
    if count >= 0 { return .bytes(count) }
    return errno == EAGAIN || errno == EINTR ? .nothing : .ended
  }

  /// Waits until one of the reading ends has something, the writing end has room, or the time is over. Nil is no stream.
  static func wait(reading: [Int32?], writing: Int32?, milliseconds: Int32) {
    var polls = reading.map { pollfd(fd: $0 ?? -1, events: Int16(POLLIN), revents: 0) }
    polls.append(pollfd(fd: writing ?? -1, events: Int16(POLLOUT), revents: 0))
    _ = unsafe poll(&polls, nfds_t(polls.count), milliseconds)
  }

  /// How a process ended, once it has; nil while it lives. A negative number is that of a group: of any one of it.
  ///
  /// `unknown` where this process has no such child, or not any more.
  static func reap(_ process: pid_t) -> ProgramExit? {
    var status: Int32 = 0
    let found = unsafe waitpid(process, &status, WNOHANG)
    if found > 0 { return status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F) }
    return found < 0 && errno == ECHILD ? .unknown : nil
  }

  /// A TCP port that is free on this host at this moment; nil where there is none.
  ///
  /// Whoever listens there next is the only one to have it: another may come first.
  static func freePort() -> Int? {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { return nil }
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { any in
        unsafe bind(listener, any, length) == 0 ? getsockname(listener, any, &length) : -1
      }
    }
    return code == 0 ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }

  static func seconds() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}

/// How a process ended.
enum ProgramExit: Hashable, Sendable {
  case code(Int32)
  case signal(Int32)
  case unknown

  var isSuccess: Bool { self == .code(0) }

  /// For people.
  var text: String {
    switch self {
    case .code(let code): "exit code \(code)"
    case .signal(SIGKILL): "killed by signal 9 (out of memory?)"
    case .signal(let signal): unsafe "ended by signal \(signal) (\(String(cString: strsignal(signal))))"
    case .unknown: "ended, how is unknown"
    }
  }
}
