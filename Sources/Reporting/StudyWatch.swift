internal import Files
internal import Journal

/// A study's status, shown again and again while it changes: on a terminal in place, elsewhere a line a minute.
public struct StudyWatch {
  /// What goes wrong while a study is followed, or why there is nothing to see yet.
  private var problem: String?
  private var follower: StudyFollower
  private let style: TextStyle
  /// Where metrics are written for Prometheus.
  private let metricsPath: String?
  private let interval: Double
  private var view = StatusView()
  private var isPaused = false
  private var showsHelp = false
  private var report: StatusReport?
  private var lastPoll = ContinuousClock.now - .seconds(3600)
  private var quietPolls = 0

  /// While nothing comes, polls become this rare, in seconds.
  private static let longestInterval = 10.0
  /// Seconds between two lines where there is no terminal.
  private static let lineInterval = 60.0

  /// - Parameters:
  ///   - interval: seconds between two looks at the folder, while the study changes.
  ///   - metricsPath: a file that is replaced at each look, in Prometheus' text format.
  public init(_ follower: StudyFollower, interval: Double, style: TextStyle, metricsPath: String? = nil) {
    (self.follower, self.interval, self.style, self.metricsPath) = (follower, interval, style, metricsPath)
    view.showsSizes = false
  }

  /// Watches until somebody ends it, or, without a terminal, until the study is over.
  ///
  /// - Returns: the last report; nil where the study had not begun.
  /// - Throws: `DiskError` where the metrics can't be written.
  public mutating func run() throws -> StatusReport? {
    if let screen = Screen() {
      defer { screen.close() }
      try run(on: screen)
    } else {
      try runInLines()
    }
    return report
  }

  // MARK: On a terminal

  private mutating func run(on screen: Screen) throws {
    while true {
      try look()
      screen.draw(frame(columns: screen.size.columns, rows: screen.size.rows))
      // The report shares the history, which would be copied at the next change.
      let isRunning = report?.isRunning ?? true
      switch screen.nextKey(within: isRunning ? min(1, interval) : interval) {
      case .end: return
      case .nothing: break
      case .key(let key): if !take(key) { return }
      }
    }
  }

  /// - Returns: false where the key ends the watch.
  private mutating func take(_ key: Character) -> Bool {
    switch key {
    case "q", "\u{04}": return false
    case " ": isPaused.toggle()
    case "f": view.showsAllFailures.toggle()
    case "w": view.showsWorkers.toggle()
    case "s":
      let orders = StatusReport.JobOrder.allCases
      let next = (orders.firstIndex(of: view.jobOrder) ?? 0) + 1
      view.jobOrder = orders[next % orders.count]
    case "?", "h": showsHelp.toggle()
    default: break
    }
    return true
  }

  private func frame(columns: Int, rows: Int) -> [String] {
    var style = style
    style.columns = columns + 1
    var lines: [StyledLine]
    if showsHelp {
      lines = Self.help
    } else if let report {
      lines = report.lines(view, width: columns)
    } else {
      lines = []
    }
    if let problem { lines.insert(StyledLine(problem, .warning), at: 0) }
    let footer = isPaused ? "paused; space goes on" : "q quit, space pause, s sort, f failures, w workers, ? help"
    let room = max(1, rows - 1)
    if lines.count > room {
      lines = Array(lines.prefix(room))
    } else {
      lines += Array(repeating: StyledLine(""), count: room - lines.count)
    }
    return (lines + [StyledLine(footer, isPaused ? .warning : .plain)]).map { $0.rendered(in: style) }
  }

  private static let help = [
    StyledLine("Keys", .heading), StyledLine("  q      quit"), StyledLine("  space  pause, and go on"),
    StyledLine("  s      running jobs by their time against their rung's median, by time, or by worker"),
    StyledLine("  f      all reasons of failures, or the most frequent"), StyledLine("  w      workers"),
    StyledLine("  ?      this page, and back"), StyledLine(""),
    StyledLine("promoted up to: the value that a trial of the rung needs to be promoted now."),
  ]

  // MARK: In lines

  private mutating func runInLines() throws {
    var nextLine = ContinuousClock.now
    while true {
      try look()
      let isOver = report.map { !$0.isRunning } ?? false
      if .now >= nextLine || isOver {
        nextLine = .now + .seconds(Self.lineInterval)
        if let report { report.showLine(in: style) } else if let problem { Console.complain(problem) }
      }
      if isOver { return }
      Pause.sleep(min(interval, Self.lineInterval))
    }
  }

  // MARK: Looking

  /// Polls where it is time, and makes the report anew.
  private mutating func look() throws {
    guard !isPaused else { return }
    let wait = min(interval * Double(1 + quietPolls / 5), max(interval, Self.longestInterval))
    if ContinuousClock.now - lastPoll >= .seconds(wait * 0.99) {
      lastPoll = .now
      // Or the history would be copied.
      report = nil
      do {
        quietPolls = try follower.poll() ? 0 : quietPolls + 1
        problem = nil
      } catch let error as JournalError {
        problem = "waiting: \(error)"
      } catch let error as DiskError {
        problem = "waiting: \(error)"
      }
    }
    report = follower.hasBegun ? follower.report : nil
    guard let metricsPath, let report, lastPoll + .seconds(1) > .now else { return }
    try StatusReport.write([report], prometheus: metricsPath)
  }
}
