internal import Files
internal import Foundation
internal import Glibc

/// Who runs a study at the moment, as its folder's lock file has it. Looking takes no lock and writes nothing.
public struct RunOwner: Hashable, Sendable {
  public let host: String
  public let process: String
  /// The date at which the run began, in ISO 8601.
  public let started: String
  /// Seconds since the run last wrote to its lock file, which it does every five seconds.
  public let silence: Double
  /// Whether the run is alive: for certain on its own node, elsewhere by its silence.
  public let isAlive: Bool

  /// A run that has been silent for longer is taken for dead by the other nodes, in seconds.
  private static let longestSilence = 20.0

  /// The run that has a study's folder; nil where the lock file is not there.
  public init?(of folder: StudyFolder) {
    let path = "\(folder.path)/lock"
    guard let modified = Disk.modificationTime(path), let bytes = try? Disk.read(path) else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 4 else { return nil }
    (host, process, started) = (words[0], words[1], words[2])
    silence = max(0, Date().timeIntervalSince1970 - modified)
    var isThere: Bool?
    if words[0] == StudyLock.hostName, let number = pid_t(words[1]), number > 0 {
      isThere = Self.isLiving(number, since: words[2])
    }
    isAlive = isThere ?? (silence < Self.longestSilence)
  }

  /// Whether a process of this node is there that is no zombie, and that began before the run did: numbers come again.
  private static func isLiving(_ process: pid_t, since started: String) -> Bool {
    guard kill(process, 0) == 0 || errno == EPERM else { return false }
    guard let bytes = try? Disk.read("/proc/\(process)/stat"),
      // After the command, which may hold anything: the state, and as the 20th the start in ticks since the machine's own.
      let end = bytes.lastIndex(of: UInt8(ascii: ")")),
      case let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " ")), fields.count > 19
    else { return true }
    if fields[0].first == UInt8(ascii: "Z") || fields[0].first == UInt8(ascii: "X") { return false }
    guard let ticks = Double(String(decoding: fields[19], as: UTF8.self)),
      let run = try? Date(started, strategy: .iso8601), case let perSecond = Double(sysconf(Int32(_SC_CLK_TCK))),
      perSecond > 0
    else { return true }
    let began = Date().timeIntervalSince1970 - StudyLock.secondsSinceBoot + ticks / perSecond
    return began < run.timeIntervalSince1970 + Self.clockTolerance
  }

  /// By how much the clocks may differ, in seconds.
  private static let clockTolerance = 60.0
}
