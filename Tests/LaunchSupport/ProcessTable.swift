import Foundation

/// The processes of this machine, known by their environment (Linux; elsewhere there are none).
public enum ProcessTable {
  /// The living processes of this user that `isWanted` chooses by their environment (`NAME=VALUE` texts): "PID COMMAND".
  public static func living(where isWanted: ([String]) -> Bool) -> [(pid: Int32, description: String)] {
    numbers().compactMap { pid in
      guard let environment = environment(of: pid), isWanted(environment) else { return nil }
      return (pid, "\(pid) " + texts("/proc/\(pid)/cmdline").joined(separator: " "))
    }
  }

  /// Whether a process runs or stops; a zombie does neither.
  public static func isLiving(_ pid: Int32) -> Bool {
    guard let stat = texts("/proc/\(pid)/stat").first, let end = stat.lastIndex(of: ")") else { return false }
    return !stat[end...].hasPrefix(") Z") && !stat[end...].hasPrefix(") X")
  }

  /// nil for another user's process, a zombie, and a thread of the kernel.
  private static func environment(of pid: pid_t) -> [String]? {
    // In the middle of exec a process shows none for a moment.
    for _ in 0..<100 {
      let environment = texts("/proc/\(pid)/environ")
      if !environment.isEmpty { return environment }
      guard isLiving(pid), access("/proc/\(pid)/exe", R_OK) == 0 else { return nil }
      usleep(1000)
    }
    return nil
  }

  private static func numbers() -> [pid_t] {
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    var numbers: [pid_t] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let number = pid_t(name) { numbers.append(number) }
    }
    return numbers
  }

  /// The texts of a file that ends each with a zero byte; none where it cannot be read.
  private static func texts(_ path: String) -> [String] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = read(file, &block, block.count)
      if count > 0 {
        bytes += block[..<count]
      } else if count == 0 || errno != EINTR {
        break
      }
    }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }
}
