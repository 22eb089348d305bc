package import Glibc

/// The operating system's answer to something that it would not start or make.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
  public var operation: String
  public var code: Int32

  public init(operation: String, code: Int32) {
    self.operation = operation
    self.code = code
  }

  /// Another try in a moment may find what is missing now: processes end, and memory is given back.
  public var mayPass: Bool { [EAGAIN, ENOMEM, ENFILE].contains(code) }

  /// A trial's values may be the reason: an argument that is too long, a program that is being replaced.
  public var mayBeTrials: Bool { [E2BIG, ETXTBSY, EINVAL].contains(code) }

  public var description: String {
    let limit = Self.namedLimit(behind: code).map { " (\($0))" } ?? ""
    return unsafe "can't \(operation): \(String(cString: strerror(code)))\(limit)"
  }

  /// The limit that was met, with its value.
  static func namedLimit(behind code: Int32) -> String? {
    switch code {
    case EMFILE: limit(of: RLIMIT_NOFILE).map { "this process may have \($0) files open: ulimit -n" }
    case ENFILE: "the machine's limit on open files: fs.file-max"
    case EAGAIN:
      limit(of: __RLIMIT_NPROC).map {
        "this user may have \($0) processes and threads: ulimit -u; a container or a job may allow fewer: pids.max"
      } ?? "the limit on processes and threads of this container or job: pids.max"
    case ENOMEM: limit(of: RLIMIT_AS).map { "this process may use \($0 >> 20) MiB: ulimit -v" }
    default: nil
    }
  }

  /// A limit of this process (`getrlimit`); nil where there is none.
  package static func limit(of resource: __rlimit_resource) -> UInt? {
    var limits = rlimit()
    guard unsafe getrlimit(Int32(resource.rawValue), &limits) == 0, limits.rlim_cur < UInt(Int.max) else { return nil }
    return limits.rlim_cur
  }
}
