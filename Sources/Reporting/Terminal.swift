internal import CTerminal
internal import Glibc

/// The screen in front of a person, if there is one.
public struct Terminal: Hashable, Sendable {
  public let columns: Int

  public init(columns: Int) { self.columns = columns }

  /// The terminal that this process's standard output ends at, or nil where it ends in a file or a pipe.
  ///
  /// Open MPI gives every rank a pseudo-terminal for its output, whatever `mpirun`'s own goes to. Below a launcher it is
  /// therefore the launcher's standard output that counts.
  public static func current() -> Terminal? {
    let launchers = ["mpirun", "mpiexec", "orterun", "prterun", "prte"]
    let parent = getppid()
    if let name = text(ofFile: "/proc/\(parent)/comm"), launchers.contains(name) {
      return attached(toPath: "/proc/\(parent)/fd/1")
    }
    let isLaunched = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].contains { (name: String) in
      unsafe getenv(name) != nil
    }
    guard !isLaunched, isatty(STDOUT_FILENO) == 1, isCapable else { return nil }
    return Terminal(columns: columns(of: STDOUT_FILENO))
  }

  private static var isCapable: Bool { unsafe getenv("TERM").map { unsafe String(cString: $0) != "dumb" } ?? false }

  private static func attached(toPath path: String) -> Terminal? {
    let file = unsafe open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC | O_APPEND)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard isatty(file) == 1, isCapable else { return nil }
    return Terminal(columns: columns(of: file))
  }

  private static func columns(of file: Int32) -> Int {
    let columns = Int(ash_terminal_columns(file))
    return columns > 0 ? columns : 80
  }

  private static func text(ofFile path: String) -> String? {
    guard let file = unsafe fopen(path, "r") else { return nil }
    defer { unsafe fclose(file) }
    var text = ""
    while case let byte = unsafe fgetc(file), byte != EOF, byte != 10 {
      text.unicodeScalars.append(Unicode.Scalar(UInt8(byte)))
    }
    return text
  }
}
