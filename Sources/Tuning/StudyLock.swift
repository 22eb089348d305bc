internal import Glibc

/// Keeps a second run off a study's folder, on this node and on others.
///
/// The file `lock` says who runs the study, and its heart beats: a count that grows every few seconds. On one node the
/// operating system's own lock decides at once, and goes with the process however it ends. Where a file system does not carry
/// that lock between nodes, a heart that beats is a run that is alive.
public final class StudyLock {
  public let path: String
  private let file: Int32
  private var beats = 0
  private var lastBeat = 0.0

  /// Seconds between two beats.
  private static let interval = 5.0
  /// How long the heart of another node's run is listened to, in seconds: three beats.
  package static let patience = 15.0

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - overridden: the person knows that a run on another node is dead.
  ///   - started: the time of day, for the message that another run gets.
  /// - Throws: ``FolderLocked`` with who has it; ``DiskError``.
  public convenience init(folder: String, overridden: Bool, started: String) throws {
    try self.init(folder: folder, overridden: overridden, started: started, patience: Self.patience)
  }

  package init(folder: String, overridden: Bool, started: String, patience: Double) throws {
    path = "\(folder)/lock"
    let host = Self.hostName
    text = "\(host) \(getpid()) \(started)"
    file = try Self.openLocked(path, folder: folder)
    do {
      if !overridden, let owner = Self.owner(path), owner.host != host {
        var waited = 0.0
        while waited < patience {
          usleep(500_000)
          waited += 0.5
          let now = Self.owner(path)
          guard now == owner else { throw FolderLocked(folder: folder, owner: now ?? owner) }
        }
      }
      guard ftruncate(file, 0) == 0 else { throw DiskError.last("write to", path) }
      try write()
    } catch {
      close(file)
      throw error
    }
  }

  /// Takes the lock if it is free, and waits for whoever has it if not.
  ///
  /// - Parameter seconds: how long to wait.
  /// - Throws: ``FolderLocked`` when the time is over; ``DiskError``.
  public static func waiting(upTo seconds: Double, folder: String, started: String) throws -> StudyLock {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      do {
        return try StudyLock(folder: folder, overridden: false, started: started)
      } catch let error as FolderLocked {
        guard ContinuousClock.now < deadline else { throw error }
        usleep(5000)
      }
    }
  }

  /// Opens the file that everybody opens, with the operating system's lock on it.
  private static func openLocked(_ path: String, folder: String) throws -> Int32 {
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw DiskError.last("create", path) }
      // A file system that knows no such locks leaves the decision to the heartbeat.
      if flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
        let owner = owner(path)
        close(file)
        throw FolderLocked(folder: folder, owner: owner)
      }
      // A run that ended in between has deleted the file that we have locked; the next run will lock another.
      var (ours, theirs) = (stat(), stat())
      if fstat(file, &ours) == 0, stat(path, &theirs) == 0, ours.st_ino == theirs.st_ino { return file }
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
    unlink(path)
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

  private static var hostName: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    return withUnsafeBytes(of: name.nodename) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

/// Another run has the folder.
public struct FolderLocked: Error, Hashable, Sendable, CustomStringConvertible {
  let folder: String
  let owner: StudyLock.Owner?

  public var description: String {
    let who = owner.map { "process \($0.process) on \($0.host) since \($0.started)" } ?? "another process"
    return "\(folder) is in use by another run: \(who). Wait for it, or end it; if it is dead, add --override-lock"
  }
}
