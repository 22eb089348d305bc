internal import Logging
internal import Reporting

/// How much a run shows of its study.
public enum Verbosity: String, Sendable, CaseIterable {
  /// Each job as well.
  case verbose
  /// Warnings and errors, and one line at the end.
  case quiet

  /// The least important messages that are shown.
  var level: Logger.Level {
    switch self {
    case .verbose: .debug
    case .quiet: .warning
    }
  }
}

extension Logger {
  /// The logger of a run: to the terminal, or to a logger of the user's in its place, and to `run.log`.
  init(display: ProgressDisplay, file: RunLog?, replacedBy user: Logger?, verbosity: Verbosity?) {
    var first: any LogHandler = user?.handler ?? TerminalLogHandler(display: display)
    if let verbosity { first.logLevel = verbosity.level }
    let handlers: [any LogHandler] = [first] + (file.map { [RunLogHandler(file: $0)] } ?? [])
    self.init(label: user?.label ?? "ash-mpi") { _ in MultiplexLogHandler(handlers) }
  }
}

/// Shows messages on the terminal, above the progress.
private struct TerminalLogHandler: LogHandler {
  let display: ProgressDisplay
  var logLevel = Logger.Level.warning
  var metadata: Logger.Metadata = [:]

  init(display: ProgressDisplay) { self.display = display }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { display.warn("\(event.message)") }
}

/// Appends messages of level `info` and above to `run.log`. The terminal has its own level.
private struct RunLogHandler: LogHandler {
  let file: RunLog
  var metadata: Logger.Metadata = [:]

  init(file: RunLog) { self.file = file }

  var logLevel: Logger.Level {
    get { .info }
    // --quiet and --verbose are about the terminal.
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { file.write(event.level.rawValue, "\(event.message)") }
}
