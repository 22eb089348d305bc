internal import Journal
internal import Reporting

/// Whether trials stand in the same order at two rungs: Spearman's rank correlation over those that reached both.
package struct RankAgreement {
  struct Cell {
    let low: Int
    let high: Int
    /// Trials that have a result at both.
    let count: Int
    /// −1…1; nil where there are fewer than three, or all of them are equal.
    let correlation: Double?
  }

  private let study: ReportedStudy
  let levels: [Int]
  let cells: [Cell]
  /// Fewer are no more than chance.
  static let fewest = 10
  /// From so many on a number is worth a sentence of its own.
  private static let enough = 30
  private static let mostTrials = 4000

  init?(_ study: ReportedStudy) {
    self.study = study
    levels = study.shownLevels(8)
    guard levels.count > 1 else { return nil }
    var cells: [Cell] = []
    for (index, low) in levels.enumerated() {
      var losses = [Double?](repeating: nil, count: study.history.trials.count)
      for (trial, loss) in zip(study.levels[low].trials, study.levels[low].losses) { losses[Int(trial)] = loss }
      for high in levels[(index + 1)...] {
        var pairs: [(Double, Double)] = []
        for (trial, loss) in zip(study.levels[high].trials, study.levels[high].losses) {
          if let below = losses[Int(trial)] { pairs.append((below, loss)) }
        }
        let stride = (pairs.count + Self.mostTrials - 1) / Self.mostTrials
        let some = stride > 1 ? Swift.stride(from: 0, to: pairs.count, by: stride).map { pairs[$0] } : pairs
        cells.append(Cell(low: low, high: high, count: pairs.count, correlation: Self.spearman(some)))
      }
    }
    self.cells = cells.filter { $0.count > 0 }
    guard !self.cells.isEmpty else { return nil }
  }

  /// Spearman's correlation; what is not finite counts as the worst, and what is equal shares its rank. O(n log n).
  package static func spearman(_ pairs: [(Double, Double)]) -> Double? {
    guard pairs.count > 2 else { return nil }
    let (a, b) = (ranks(pairs.map(\.0)), ranks(pairs.map(\.1)))
    let mean = Double(pairs.count + 1) / 2
    var (both, first, second) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      both += (x - mean) * (y - mean)
      first += (x - mean) * (x - mean)
      second += (y - mean) * (y - mean)
    }
    guard first > 0, second > 0 else { return nil }
    return both / (first * second).squareRoot()
  }

  /// From 1; equal values get the mean of their ranks.
  private static func ranks(_ values: [Double]) -> [Double] {
    let keys = values.map { $0.isFinite ? $0 : .infinity }
    let order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end + 1 < order.count, keys[order[end + 1]] == keys[order[start]] { end += 1 }
      for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
      start = end + 1
    }
    return ranks
  }

  /// What says most of whether the lowest rung can be trusted: with the highest that enough trials have reached.
  var verdict: Cell? {
    let known = cells.filter { $0.low == levels.first && $0.correlation != nil }
    return known.last { $0.count >= Self.enough } ?? known.last { $0.count >= Self.fewest }
  }

  /// A later rung that the order of the verdict's lower one says little about, over enough trials to tell; nil where there is none.
  func laterDoubt(after verdict: Cell) -> Cell? {
    cells.first {
      $0.low == verdict.low && $0.high > verdict.high && $0.count >= Self.fewest && ($0.correlation ?? 1) < Self.little
    }
  }

  /// Below this an order says little of another.
  static let little = 0.2

  /// In a word.
  static func word(_ correlation: Double) -> String {
    switch correlation {
    case 0.7...: "very well"
    case 0.4...: "well"
    case 0.2...: "somewhat"
    default: "hardly"
    }
  }

  var figure: Figure {
    Figure(
      name: "agreement", title: "Does an early rung tell the late one?",
      caption:
        "Spearman's rank correlation between two rungs, over the trials with a result at both (their number below it). 1: "
        + "the same order; 0: an early result says nothing about a later one (orange). Only trials that went on to the later one "
        + "are in it; they are alike, which lowers the numbers. Grey: fewer than \(Self.fewest) trials.",
      body: drawn)
  }

  private var drawn: Markup {
    let columns = levels.dropLast(), rows = levels.dropFirst()
    let size = min(74, 400 / Double(columns.count))
    let height = min(56, size)
    var picture = Picture(
      height: 34 + height * Double(rows.count) + 10, left: 100, top: 34, bottom: 10,
      label: "Rank correlation between rungs")
    for (column, level) in columns.enumerated() {
      picture.text(
        study.rung(level), picture.left + (Double(column) + 0.5) * size, 22, class: "tick-label", anchor: .middle)
    }
    for (row, level) in rows.enumerated() {
      picture.text(
        study.rung(level), picture.left - 10, picture.top + (Double(row) + 0.5) * height + 4, class: "tick-label",
        anchor: .end)
    }
    for cell in cells {
      guard let column = columns.firstIndex(of: cell.low), let row = rows.firstIndex(of: cell.high) else { continue }
      let (x, y) = (picture.left + Double(column) * size, picture.top + Double(row - 1) * height)
      draw(cell, in: &picture, x, y, size - 3, height - 3)
    }
    return picture.svg
  }

  private func draw(
    _ cell: Cell, in picture: inout Picture, _ x: Double, _ y: Double, _ width: Double, _ height: Double
  ) {
    let text = cell.correlation.map { Wording.decimal($0, 2) } ?? "–"
    let isKnown = cell.count >= Self.fewest && cell.correlation != nil
    let isLittle = (cell.correlation ?? 1) < Self.little
    let step = isKnown ? Int((max(0, cell.correlation ?? 0) * 9).rounded()) : 0
    picture.rectangle(
      x, y, width, height, class: isKnown ? (isLittle ? "heat little" : "heat h\(step)") : "heat unknown",
      [
        .init("data-low", cell.low), .init("data-high", cell.high), .init("data-count", cell.count),
        .init("data-value", exactly: cell.correlation ?? .nan),
      ],
      tip: "\(study.longName(cell.low)) and \(study.longName(cell.high))\nSpearman \(text), n = \(cell.count)")
    let kind = isKnown ? "heat-label\(step > 4 ? " inverse" : "")" : "heat-label muted"
    picture.text(text, x + width / 2, y + height / 2 + (height > 36 ? 0 : 4), class: kind, anchor: .middle)
    if height > 36 {
      picture.text(
        "n = \(Axis.compact(Double(cell.count), decimals: 0))", x + width / 2, y + height / 2 + 15,
        class: "\(kind) small", anchor: .middle)
    }
  }
}
