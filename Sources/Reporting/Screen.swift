internal import CTerminal
internal import Glibc
internal import Synchronization

/// A whole terminal: the alternate screen, keys one by one, frames drawn in place.
///
/// Only one at a time, as its signals are the process's. ``close()`` gives the terminal back as it was; so do SIGINT, SIGTERM and
/// SIGHUP, which end ``nextKey(within:)``.
public final class Screen {
  private let saved: termios
  private var shown: [String] = []
  private var isOpen = true

  // A handler may only do what is safe at any moment; to store to an atomic is.
  private static let isEnded = Atomic(false)
  private static let isResized = Atomic(false)

  /// Nil where standard input or output is no terminal that can be drawn on.
  public init?() {
    var settings = termios()
    guard isatty(STDOUT_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &settings) == 0, Terminal.current() != nil
    else { return nil }
    saved = settings
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
    guard unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
    _ = (Self.isEnded.load(ordering: .relaxed), Self.isResized.load(ordering: .relaxed))
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in Screen.isEnded.store(true, ordering: .relaxed) } }
    signal(SIGWINCH) { _ in Screen.isResized.store(true, ordering: .relaxed) }
    // Lines that are too long are cut, not folded.
    Console.draw("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J")
  }

  deinit { close() }

  /// Gives the terminal back.
  public func close() {
    guard isOpen else { return }
    isOpen = false
    Console.draw("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    var settings = saved
    _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &settings)
  }

  /// How large the screen is now.
  public var size: (columns: Int, rows: Int) {
    let (columns, rows) = (ash_terminal_columns(STDOUT_FILENO), ash_terminal_rows(STDOUT_FILENO))
    return (columns > 0 ? Int(columns) : 80, rows > 0 ? Int(rows) : 24)
  }

  /// Shows lines from the top; only those that differ from what is there are written, in one piece.
  ///
  /// - Parameter lines: rendered; those that don't fit are left out.
  func draw(_ lines: [String]) {
    if Self.isResized.exchange(false, ordering: .relaxed) {
      shown = []
      Console.draw("\u{1B}[2J")
    }
    let lines = Array(lines.prefix(size.rows))
    var text = ""
    for (row, line) in lines.enumerated() where row >= shown.count || shown[row] != line {
      text += "\u{1B}[\(row + 1);1H\(line)\u{1B}[K"
    }
    for row in lines.count..<max(lines.count, shown.count) { text += "\u{1B}[\(row + 1);1H\u{1B}[K" }
    if !text.isEmpty { Console.draw(text) }
    shown = lines
  }

  /// What ``nextKey(within:)`` has met.
  public enum Input: Hashable, Sendable {
    case key(Character)
    /// Nothing; or the terminal has another size.
    case nothing
    /// Somebody wants this to end: a signal, or the terminal is gone.
    case end
  }

  /// Waits for a key.
  public func nextKey(within seconds: Double) -> Input {
    if Self.isEnded.load(ordering: .relaxed) { return .end }
    var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    let count = unsafe poll(&wanted, 1, Int32(max(0, min(60, seconds)) * 1000))
    if Self.isEnded.load(ordering: .relaxed) { return .end }
    guard count > 0 else { return .nothing }
    var byte: UInt8 = 0
    let got = unsafe read(STDIN_FILENO, &byte, 1)
    if got == 0 || got < 0 && errno != EINTR && errno != EAGAIN { return .end }
    return got == 1 ? .key(Character(Unicode.Scalar(byte))) : .nothing
  }
}
