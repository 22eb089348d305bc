internal import Files
internal import Glibc
public import TuningTypes

/// Keeps a second run off a study's folder, on this node and on others.
///
/// The file `lock` says who runs the study, and its heart beats: a count that grows every few seconds. On one node the
/// operating system's own lock decides at once, and goes with the process however it ends. Where a file system does not carry
/// that lock between nodes, a heart that beats is a run that is alive; where it knows no such lock at all, so is a process of
/// this node that is there.
public final class StudyLock {
  public let path: String
  private let file: Int32
  private var beats = 0
  private var lastBeat = 0.0

  /// Seconds between two beats.
  private static let interval = 5.0
  /// How long whoever has come at the same moment gets to write, where the system has no lock: in microseconds.
  package static let settlingTime: UInt32 = 50_000
  /// How long the heart of another node's run is listened to, in seconds: three beats.
  package static let patience = 15.0

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - overridden: the person knows that the run which seems to have the folder is dead.
  ///   - started: the time of day, for the message that another run gets.
  /// - Throws: ``FolderLocked`` with who has it; ``DiskError``.
  public convenience init(folder: String, overridden: Bool, started: String) throws {
    try self.init(folder: folder, overridden: overridden, started: started, patience: Self.patience)
  }

  /// - Parameters:
  ///   - askSystem: asks the operating system for its lock on a file.
  ///   - settle: waits until whoever has come at the same moment has written as well.
  package init(
    folder: String, overridden: Bool, started: String, patience: Double,
    askingSystem askSystem: (Int32) -> SystemLock = SystemLock.init(of:),
    settling settle: () -> Void = { usleep(StudyLock.settlingTime) }
  ) throws {
    path = "\(folder)/lock"
    let host = Self.hostName
    text = "\(host) \(getpid()) \(started)"
    let isSure: Bool
    (file, isSure) = try Self.openLocked(path, folder: folder, askSystem)
    do {
      if !overridden, let owner = Self.owner(path) {
        if owner.host != host {
          try Self.listen(to: owner, path, folder: folder, patience: patience)
        } else if !isSure, owner.process != "\(getpid())", Self.isRunning(owner.process) {
          throw FolderLocked(folder: folder, owner: owner)
        }
      }
      guard ftruncate(file, 0) == 0 else { throw DiskError.last("write to", path) }
      try write()
      if !isSure {
        // Of several that have come at once, the last to write has it.
        settle()
        guard let owner = Self.owner(path), "\(owner.host) \(owner.process) \(owner.started)" == text else {
          throw FolderLocked(folder: folder, owner: Self.owner(path))
        }
      }
    } catch {
      close(file)
      throw error
    }
  }

  /// What the operating system says when it is asked for its lock on a file.
  package enum SystemLock: Sendable {
    case taken, heldByAnother
    /// The file system knows no such locks.
    case unknown

    package init(of file: Int32) {
      self = flock(file, LOCK_EX | LOCK_NB) == 0 ? .taken : errno == EWOULDBLOCK ? .heldByAnother : .unknown
    }
  }

  /// Takes the lock if it is free, and waits for whoever has it if not.
  ///
  /// - Parameters:
  ///   - seconds: how long to wait.
  ///   - overridden: see ``init(folder:overridden:started:)``.
  /// - Throws: ``FolderLocked`` when the time is over; ``DiskError``.
  public static func waiting(
    upTo seconds: Double, folder: String, overridden: Bool = false, started: String
  ) throws -> StudyLock {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      do {
        return try StudyLock(folder: folder, overridden: overridden, started: started)
      } catch let error as FolderLocked {
        guard ContinuousClock.now < deadline else { throw error }
        usleep(5000)
      }
    }
  }

  /// Opens the file that everybody opens, with the operating system's lock on it if it has any.
  private static func openLocked(
    _ path: String, folder: String, _ askSystem: (Int32) -> SystemLock
  ) throws -> (file: Int32, isSure: Bool) {
    while true {
      let file = unsafe path.withSystemPath { unsafe open($0, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666) }
      guard file >= 0 else { throw DiskError.last("create", path) }
      let answer = askSystem(file)
      if answer == .heldByAnother {
        let owner = owner(path)
        close(file)
        throw FolderLocked(folder: folder, owner: owner)
      }
      // A run that ended in between has deleted the file that we have locked; the next run will lock another.
      if let ours = Disk.Identity(of: file), ours == Disk.Identity(path) { return (file, answer == .taken) }
      close(file)
    }
  }

  private let text: String

  /// Beats, if it is time; `time` is in seconds, from any moment on.
  public func beat(at time: Double) {
    guard time - lastBeat >= Self.interval else { return }
    lastBeat = time
    beats += 1
    // A beat that can't be written is missed; the journal will say what is wrong with the disk.
    try? write()
  }

  /// Gives the folder free.
  public func release() {
    try? Disk.removeFile(path)
    close(file)
  }

  /// Writes over what is there, which is never longer: whoever reads meanwhile finds an owner.
  private func write() throws(DiskError) {
    guard lseek(file, 0, SEEK_SET) == 0 else { throw .last("write to", path) }
    try Disk.write(Array("\(text) \(beats)\n".utf8), to: file, path: path)
  }

  struct Owner: Hashable, Sendable {
    var host: String
    var process: String
    var started: String
    var beats: String
  }

  private static func owner(_ path: String) -> Owner? {
    guard let bytes = try? Disk.read(path) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 4 else { return nil }
    return Owner(host: words[0], process: words[1], started: words[2], beats: words[3])
  }

  /// Returns when a heart has not beaten for so many seconds.
  private static func listen(to owner: Owner, _ path: String, folder: String, patience: Double) throws {
    var waited = 0.0
    while waited < patience {
      usleep(500_000)
      waited += 0.5
      let now = Self.owner(path)
      guard now == owner else { throw FolderLocked(folder: folder, owner: now ?? owner) }
    }
  }

  /// Whether a process of this node is there.
  private static func isRunning(_ process: String) -> Bool {
    guard let number = pid_t(process), number > 0 else { return false }
    return kill(number, 0) == 0 || errno == EPERM
  }

  /// This process's number.
  package static var process: Int { Int(getpid()) }

  /// How long the machine has run, in seconds, the time that it was suspended included: as the kernel counts when a process began.
  static var secondsSinceBoot: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// This machine's name.
  package static var hostName: String {
    var name = utsname()
    guard unsafe uname(&name) == 0 else { return "unknown" }
    return unsafe withUnsafeBytes(of: name.nodename) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Another run has the folder.
public struct FolderLocked: UserError, Hashable, Sendable {
  public var exitStatus: ExitStatus { .badFolder }

  let folder: String
  let owner: StudyLock.Owner?

  public var description: String {
    let who = owner.map { "process \($0.process) on \($0.host) since \($0.started)" } ?? "another process"
    return "\(folder) is in use by another run: \(who). Wait for it, or end it; if it is dead, add --override-lock"
  }
}
