internal import Files
internal import Foundation
internal import Glibc

/// Who runs a study at the moment, as its folder's lock file has it. Looking takes no lock and writes nothing.
public struct RunOwner: Hashable, Sendable {
  public let host: String
  public let process: String
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
    (host, process) = (words[0], words[1])
    silence = max(0, Date().timeIntervalSince1970 - modified)
    var isThere: Bool?
    if words[0] == StudyLock.hostName, let number = pid_t(words[1]), number > 0 {
      isThere = kill(number, 0) == 0 || errno == EPERM
    }
    isAlive = isThere ?? (silence < Self.longestSilence)
  }
}
