internal import AshMPI
internal import Files
internal import Foundation
internal import StudyFile

/// Where the files that come with the program are.
enum Installation {
  /// What `pip install` takes for the Python client: the wheel of a package, or else the client's source.
  static var client: String {
    let wheel = try? path(of: "python/ash_mpi-\(TuningProgram.version)-py3-none-any.whl")
    return wheel ?? (try? path(of: "clients/python")) ?? "clients/python"
  }

  /// The path of a bundled file.
  ///
  /// Looked for in `ASH_MPI_HOME`, in every folder above the program itself, and in `share/ash-mpi` beside its `bin`.
  static func path(of name: String) throws -> String {
    var candidates: [String] = []
    if let home = ProcessInfo.processInfo.environment["ASH_MPI_HOME"] { candidates.append(home) }
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    var folder = program.deletingLastPathComponent()
    while folder.path(percentEncoded: false) != "/" {
      let path = folder.path(percentEncoded: false)
      candidates.append(path)
      candidates.append(path + "/share/ash-mpi")
      folder.deleteLastPathComponent()
    }
    for candidate in candidates where Disk.exists("\(candidate)/\(name)") {
      return URL(filePath: "\(candidate)/\(name)").standardizedFileURL.path(percentEncoded: false)
    }
    throw StudyError(
      source: name, problem: "not found near the program \(program.path(percentEncoded: false))",
      advice: "Set ASH_MPI_HOME to the folder that holds Examples and Datasets, or name a study of your own.")
  }
}
