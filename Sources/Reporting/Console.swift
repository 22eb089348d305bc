public import Files
internal import Glibc

/// The program's standard output and standard error, each text written in one piece.
///
/// What a terminal would obey, and came from outside with a name or a reason, is shown instead; see `String.visible`.
public enum Console {
  /// Opens on `/dev/null` what is missing of the three standard streams.
  ///
  /// To be called before anything is opened. Of a process that was started without them, as by cron or a daemon, the first
  /// files get their numbers: the journal that of standard output, and progress would be written into it.
  package static func openMissingStreams() {
    while true {
      let file = unsafe open("/dev/null", O_RDWR)
      if file > STDERR_FILENO { close(file) }
      guard (STDIN_FILENO...STDERR_FILENO).contains(file) else { return }
    }
  }

  /// Writes text for a person to standard output.
  public static func write(_ text: String) { write(text.visible(keepingLines: true), to: STDOUT_FILENO) }

  /// Writes data to standard output that somebody has asked for, and needs: as it is, unless a terminal would read it.
  ///
  /// - Throws: ``DiskError`` where it can't be written: nobody reads any more, or the disk is full.
  public static func deliver(_ data: String) throws(DiskError) {
    let code = write(isatty(STDOUT_FILENO) == 1 ? data.visible(keepingLines: true) : data, to: STDOUT_FILENO)
    guard code == 0 else { throw DiskError(path: "standard output", operation: "write to", code: code) }
  }

  /// Writes text of this program's own to standard output, with the control sequences that it draws with.
  static func draw(_ text: String) { write(text, to: STDOUT_FILENO) }

  /// Writes a line for the person to standard error, with the program's name before it.
  public static func complain(_ message: String) { writeError("ash-mpi: \(message)\n") }

  /// Writes to standard error.
  public static func writeError(_ text: String) { write(text.visible(keepingLines: true), to: STDERR_FILENO) }

  /// - Returns: why it could not all be written; 0 where it was. What is only for a person to see has nobody else to tell.
  @discardableResult
  private static func write(_ text: String, to file: Int32) -> Int32 {
    let bytes = Array(text.utf8)
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes[written...].withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR, errno != EAGAIN { return errno }
      written += max(0, count)
    }
    return 0
  }
}
