internal import Glibc
internal import Tuning

/// Finds programs as a shell would, and tells why one could not start.
struct ProgramSearch {
  /// Folders, with colons between.
  let path: String
  /// Where relative paths start from.
  let directory: String

  struct Problem: Error, Hashable {
    var text: String
    var advice: String
  }

  /// The absolute path of a program.
  func find(_ name: String) -> Result<String, Problem> {
    let candidates =
      name.contains("/")
      ? [absolute(name)]
      : path.split(separator: ":", omittingEmptySubsequences: false).map { folder in
        absolute(folder.isEmpty ? name : "\(folder)/\(name)")
      }
    if let program = candidates.first(where: { isFile($0) && access($0, X_OK) == 0 }) {
      if let interpreter = missingInterpreter(of: program) {
        return .failure(
          Problem(
            text: "\(program) is to be run by \(interpreter), which is not there",
            advice: "Correct the script's first line, or name the interpreter in the command."))
      }
      return .success(program)
    }
    if let file = candidates.first(where: isFile) {
      return .failure(
        Problem(text: "\(file) is not executable", advice: "Run 'chmod +x' on it, or name its interpreter before it."))
    }
    let beside = !name.contains("/") && isFile(absolute(name)) ? "Did you mean './\(name)'? " : ""
    return .failure(
      Problem(
        text: name.contains("/") ? "no program \(absolute(name))" : "no program '\(name)' in PATH",
        advice: "\(beside)Check the name; on a cluster, that it is installed on every node and its module is loaded."))
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }

  private func isFile(_ path: String) -> Bool { Disk.exists(path) && !Disk.isFolder(path) }

  /// What the `#!` line of a script names, if that is missing: the system would say that the script itself is.
  private func missingInterpreter(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var start = [UInt8](repeating: 0, count: 256)
    guard case .bytes(let count) = Spawning.read(file, into: &start) else { return nil }
    let line = start[..<count].prefix { $0 != 0x0A }
    guard line.starts(with: "#!".utf8) else { return nil }
    let words = line.dropFirst(2).split { $0 == 0x20 || $0 == 0x09 }
    guard let first = words.first else { return nil }
    let interpreter = String(decoding: first, as: UTF8.self)
    return access(interpreter, X_OK) == 0 ? nil : interpreter.filter { $0 != "\r" }
  }
}
