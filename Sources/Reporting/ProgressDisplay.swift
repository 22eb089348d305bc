internal import Files
public import Search

/// Shows a study while it runs: a block on a terminal that is redrawn in place, or a line now and then in a log.
public final class ProgressDisplay: StudyObserver {
  public enum Style: String, Sendable, CaseIterable { case live, lines, none }

  private let style: Style
  private let study: String
  private let columns: Int
  private let resourceUnit: String
  /// How many lines of the terminal the block has at this moment.
  private var height = 0
  private var shown: [String] = []
  private var nextLine = 1.0

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
      if isOver { clear() } else if block != shown { draw(block) }
    case .lines:
      guard time >= nextLine, !isOver else { return }
      // Often at first, once a minute later on.
      nextLine = time + min(60, max(1, time * 0.5))
      Console.write(ProgressText(study: study, tuner: tuner, elapsed: time, resourceUnit: resourceUnit).line + "\n")
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
    let block = shown
    clear()
    Console.write("ash-mpi: \(message)\n")
    draw(block)
  }

  /// Draws over the block that is there, in one write, so that nothing flickers.
  private func draw(_ block: [String]) {
    var text = height > 0 ? "\u{1B}[\(height)A" : ""
    for line in block { text += "\r\(line.visible)\u{1B}[K\n" }
    text += "\u{1B}[J"
    Console.draw(text)
    height = block.count
    shown = block
  }

  private func clear() {
    if height > 0 { Console.draw("\u{1B}[\(height)A\r\u{1B}[J") }
    height = 0
    shown = []
  }
}
