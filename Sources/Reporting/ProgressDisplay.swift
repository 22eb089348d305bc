internal import Files
public import Search
internal import Synchronization

/// Shows a study while it runs: a block on a terminal that is redrawn in place, or a line now and then in a log.
///
/// Messages may come from any thread. They go above the block.
public final class ProgressDisplay: StudyObserver, Sendable {
  public enum Style: String, Sendable, CaseIterable { case live, lines, none }

  fileprivate struct State {
    /// How many lines of the terminal the block has at this moment.
    var height = 0
    var shown: [String] = []
    var nextLine = 1.0
  }

  private let style: Style
  private let study: String
  private let columns: Int
  private let resourceUnit: String
  private let state = Mutex(State())

  /// - Parameters:
  ///   - study: the study's name.
  ///   - style: nil chooses by where the output goes.
  public init(study: String, style: Style?, resourceUnit: String) {
    self.study = study
    let terminal = Terminal.current()
    self.style = style ?? (terminal == nil ? .lines : .live)
    columns = terminal?.columns ?? 80
    self.resourceUnit = resourceUnit
  }

  public func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) {
    switch style {
    case .none: break
    case .live:
      let block = ProgressText(study: study, tuner: tuner, elapsed: time, resourceUnit: resourceUnit).block(
        columns: columns)
      state.withLock { state in
        if isOver { state.clear() } else if block != state.shown { state.draw(block) }
      }
    case .lines:
      guard !isOver, isLineDue(at: time) else { return }
      Console.write(ProgressText(study: study, tuner: tuner, elapsed: time, resourceUnit: resourceUnit).line + "\n")
    }
  }

  /// Often at first, once a minute later on.
  private func isLineDue(at time: Double) -> Bool {
    state.withLock { state in
      guard time >= state.nextLine else { return false }
      state.nextLine = time + min(60, max(1, time * 0.5))
      return true
    }
  }

  /// Says what goes on now; nothing where no progress is to be shown.
  package func note(_ text: String) {
    if style != .none { Console.write(text + "\n") }
  }

  public func warn(_ message: String) {
    guard style == .live else {
      Console.complain(message)
      return
    }
    state.withLock { state in
      let block = state.shown
      state.clear()
      Console.write("ash-mpi: \(message)\n")
      if !block.isEmpty { state.draw(block) }
    }
  }
}

extension ProgressDisplay.State {
  /// Draws over the block that is there, in one write, so that nothing flickers.
  fileprivate mutating func draw(_ block: [String]) {
    var text = height > 0 ? "\u{1B}[\(height)A" : ""
    for line in block { text += "\r\(line.visible)\u{1B}[K\n" }
    text += "\u{1B}[J"
    Console.draw(text)
    height = block.count
    shown = block
  }

  fileprivate mutating func clear() {
    if height > 0 { Console.draw("\u{1B}[\(height)A\r\u{1B}[J") }
    height = 0
    shown = []
  }
}
