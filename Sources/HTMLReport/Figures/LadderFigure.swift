internal import Reporting

/// How many trials each rung got, how many went on, and what it cost.
struct LadderFigure {
  struct Row {
    let level: Int
    /// With a result.
    let completed: Int
    let promoted: Int
    let failed: Int
    let running: Int
    /// Seconds of training, of all trials at this level.
    let seconds: Double
  }

  private let study: ReportedStudy
  /// The lowest first.
  let rows: [Row]

  init?(_ study: ReportedStudy) {
    guard !study.levels.isEmpty else { return nil }
    self.study = study
    var seconds = [Double](repeating: 0, count: study.levels.count)
    for interval in study.timeline.intervals where interval.ending == .completed {
      seconds[study.levelOfKey[Int(interval.key)]] += Double(interval.training)
    }
    rows = study.levels.enumerated().map { number, level in
      Row(
        level: number, completed: level.count, promoted: level.promoted, failed: level.failed, running: level.running,
        seconds: seconds[number])
    }
  }

  var figure: Figure {
    Figure(
      name: "ladder", title: "The ladder",
      caption: words + " A bar is the trials with a result at a rung; its dark part went on to the next."
        + (rows.contains { $0.failed > 0 } ? " Red: trials that failed for good." : "")
        + (rows.contains { $0.running > 0 } ? " Hatched: trials that train now." : "")
        + " At the right, the rung's share of all training time.",
      body: drawn)
  }

  /// How the ladder works, for a reader who does not know the method.
  private var words: String {
    guard let first = rows.first, let last = rows.last, rows.count > 1 else {
      return "Every trial was trained to the same length, without rungs."
    }
    let names = (study.name(of: study.levels[first.level].resource), study.name(of: study.levels[last.level].resource))
    let share = study.promotesShare ? " of a rung, about one in \(study.reductionFactor)," : ""
    return
      "Trials train for \(names.0) first. The best\(share) go on to the next rung, up to \(names.1); the others stop."
  }

  private var drawn: Markup {
    let rowHeight = min(44, max(20, 240 / Double(rows.count)))
    let height = 34 + rowHeight * Double(rows.count) + 12
    var picture = Picture(
      height: height, left: 92, right: 170, top: 34, bottom: 12, label: "Trials by rung")
    let most = Double(rows.map { $0.completed + $0.failed + $0.running }.max() ?? 1)
    picture.text("completed · went on", picture.left, 14, class: "column-label")
    picture.text("training time", picture.width - 8, 14, class: "column-label", anchor: .end)
    let seconds = rows.reduce(0) { $0 + $1.seconds }
    for (index, row) in rows.reversed().enumerated() {
      let y = picture.top + Double(index) * rowHeight
      let thickness = min(22, rowHeight - 6)
      picture.text(study.rung(row.level), 0, y + thickness / 2 + 4, class: "row-label")
      if study.hasOneBracket, rowHeight >= 34 {
        picture.text(study.name(of: study.levels[row.level].resource), 0, y + thickness / 2 + 18, class: "tick-label")
      }
      draw(row, in: &picture, y: y, thickness: thickness, scale: (picture.right - picture.left) / max(1, most))
      picture.text(
        seconds > 0 ? Wording.percent(row.seconds / seconds) : "–", picture.width - 8, y + thickness / 2 + 4,
        class: "value-label", anchor: .end)
    }
    return picture.svg
  }

  private func draw(_ row: Row, in picture: inout Picture, y: Double, thickness: Double, scale: Double) {
    let tip =
      "\(study.longName(row.level))\n\(row.completed) completed, \(row.promoted) went on, \(row.failed) failed, "
      + "\(row.running) running\n\(Wording.duration(row.seconds)) of training"
    var x = picture.left
    // Nothing goes on from the top.
    let promoted = row.level + 1 < rows.count ? row.promoted : 0
    let parts: [(count: Int, kind: String, name: String)] = [
      (promoted, study.ramp(row.level), "promoted"),
      (max(0, row.completed - promoted), "\(study.ramp(row.level)) pale", "stopped"), (row.failed, "failed", "failed"),
      (row.running, "running", "running"),
    ]
    for part in parts where part.count > 0 {
      let length = Double(part.count) * scale
      picture.rectangle(
        x, y, max(length, 1.5), thickness, class: "bar \(part.kind)",
        [.init("data-level", row.level), .init("data-kind", part.name), .init("data-count", part.count)], tip: tip)
      x += max(length, 1.5)
    }
    let counts = row.level + 1 < rows.count ? "\(row.completed) · \(row.promoted)" : "\(row.completed)"
    picture.text(counts, x + 8, y + thickness / 2 + 4, class: "value-label")
  }
}
