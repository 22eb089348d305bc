internal import Files
internal import Glibc

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
    if let program = candidates.first(where: { isFile($0) && Disk.isExecutable($0) }) {
      return obstacle(to: program).map { .failure($0) } ?? .success(program)
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

  /// Why the system could not run an executable file, as its beginning tells. What the system would say of it ("No such file",
  /// "Exec format error") comes late, once for every job.
  private func obstacle(to program: String) -> Problem? {
    guard let start = beginning(of: program) else { return nil }
    if start.starts(with: "#!".utf8) {
      return missingInterpreter(ofScript: start).map { interpreter in
        Problem(
          text: "\(program) is to be run by \(interpreter), which is not there",
          advice: "Correct the script's first line, or name the interpreter in the command.")
      }
    }
    if hasForeignFormats { return nil }
    guard let machine = Self.machine(ofExecutable: start) else {
      return Problem(
        text: "\(program) is no program: it neither begins with '#!' nor is it compiled for Linux",
        advice: "Let a script begin with a line such as '#!/bin/sh', or name its interpreter in the command.")
    }
    guard let own = beginning(of: "/proc/self/exe").flatMap(Self.machine), own != machine, !own.runs(machine) else {
      return nil
    }
    return Problem(
      text: "\(program) is compiled for another kind of processor", advice: "Compile it for this cluster's nodes.")
  }

  /// What the `#!` line of a script names, if that is missing: the system would say that the script itself is.
  private func missingInterpreter(ofScript start: ArraySlice<UInt8>) -> String? {
    let words = start.prefix { $0 != 0x0A }.dropFirst(2).split { $0 == 0x20 || $0 == 0x09 }
    guard let first = words.first else { return nil }
    let interpreter = String(systemBytes: first)
    return Disk.isExecutable(interpreter) ? nil : interpreter.filter { $0 != "\r" }
  }

  /// A kind of processor as an ELF file names it (`e_machine`).
  private struct Machine: Equatable {
    let code: UInt16

    /// 64-bit processors run the programs of their 32-bit ancestors: x86-64 those of i386, AArch64 those of ARM.
    func runs(_ other: Machine) -> Bool { [62: 3, 183: 40][code] == other.code }
  }

  /// nil where a file is no ELF file (System V ABI, chapter 4, *ELF header*).
  private static func machine(ofExecutable start: ArraySlice<UInt8>) -> Machine? {
    guard start.starts(with: [0x7F] + "ELF".utf8), start.count >= 20 else { return nil }
    let isLittleEndian = start[5] == 1
    return Machine(
      code: UInt16(start[isLittleEndian ? 18 : 19]) | UInt16(start[isLittleEndian ? 19 : 18]) << 8)
  }

  /// Whether this Linux was told to run files of further kinds (`binfmt_misc`): through an emulator, a virtual machine.
  private var hasForeignFormats: Bool {
    var found = unsafe glob_t()
    defer { unsafe globfree(&found) }
    // Its own two files are `register` and `status`.
    return unsafe glob("/proc/sys/fs/binfmt_misc/*", 0, nil, &found) == 0 && found.gl_pathc > 2
  }

  private func beginning(of path: String) -> ArraySlice<UInt8>? {
    guard let bytes = try? Disk.read(path, from: 0, count: 256) else { return nil }
    return bytes[...]
  }
}
