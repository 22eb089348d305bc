internal import Journal
internal import Reporting
internal import TuningTypes

/// The losses of each rung: their quartiles, and some of the trials themselves.
struct LossByRung {
  struct Column {
    let level: Int
    let quantiles: Quantiles
    /// The trials that are drawn, by their number among the level's results.
    let shown: [Int]
  }

  private let study: ReportedStudy
  let columns: [Column]
  private let standings: [ReportedStudy.Standing]
  private static let mostColumns = 12
  private static let mostPoints = 140

  init?(_ study: ReportedStudy, _ standings: [ReportedStudy.Standing]) {
    (self.study, self.standings) = (study, standings)
    columns = study.shownLevels(Self.mostColumns).map { number in
      let level = study.levels[number]
      let stride = max(1, (level.count + Self.mostPoints - 1) / Self.mostPoints)
      return Column(
        level: number, quantiles: Quantiles(level.losses.lazy.map { study.value($0) }),
        shown: Array(Swift.stride(from: 0, to: level.count, by: stride)))
    }
    guard columns.contains(where: { !$0.quantiles.sorted.isEmpty }) else { return nil }
  }

  var figure: Figure {
    let diverged = columns.reduce(0) { $0 + $1.quantiles.notFinite }
    let all = columns.flatMap(\.quantiles.sorted)
    let axis = Axis.robust(all, isLowBest: study.isLowBest, label: study.metric)
    let beyond = all.count { !axis.contains($0) }
    let sampled = columns.contains { $0.shown.count < study.levels[$0.level].count }
    return Figure(
      name: "losses", title: "\(study.metric) by rung",
      caption:
        "Boxes hold the middle half of a rung's trials, the line in them is the median, whiskers reach from 5 to 95 %. "
        + "Dots are \(sampled ? "some of the trials" : "the trials"); filled ones went on. "
        + columns.map { "\(study.rung($0.level)): n = \(study.levels[$0.level].count)" }.joined(separator: ", ") + "."
        + (beyond > 0
          ? " \(Wording.count(beyond, "result")) beyond the axis \(beyond == 1 ? "is" : "are") drawn at its end." : "")
        + (diverged > 0 ? " \(Wording.count(diverged, "result")) not a number." : ""),
      body: drawn)
  }

  private var drawn: Markup {
    var picture = Picture(label: "Losses by rung")
    let all = columns.flatMap(\.quantiles.sorted)
    let vertical = Axis.robust(all, isLowBest: study.isLowBest, label: study.metric)
    picture.verticalAxis(vertical)
    picture.line(picture.left, picture.bottom, picture.right, picture.bottom, class: "axis")
    let slot = (picture.right - picture.left) / Double(columns.count)
    for (index, column) in columns.enumerated() {
      let center = picture.left + (Double(index) + 0.5) * slot
      draw(column, in: &picture, center: center, slot: slot, vertical)
      let name = slot > 50 || !study.hasOneBracket ? study.rung(column.level) : "\(column.level)"
      picture.text(name, center, picture.bottom + 18, class: "tick-label", anchor: .middle)
      if study.hasOneBracket, slot > 60 {
        picture.text(
          study.name(of: study.levels[column.level].resource), center, picture.bottom + 34, class: "axis-label",
          anchor: .middle)
      }
    }
    return picture.svg
  }

  private func draw(_ column: Column, in picture: inout Picture, center: Double, slot: Double, _ axis: Axis) {
    let level = study.levels[column.level]
    let spread = min(slot * 0.36, 44)
    let (bottomEdge, topEdge) = (picture.bottom, picture.top)
    let place = { (value: Double) in bottomEdge - axis.position(of: value) * (bottomEdge - topEdge) }
    for index in column.shown {
      let value = study.value(level.losses[index])
      guard value.isFinite else { continue }
      let trial = Int(level.trials[index])
      let wentOn = standings[trial].level > column.level
      // Spread evenly, without chance.
      let offset = (Double(index) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1) * 2 - 1
      picture.circle(
        center + offset * spread, place(value), 2.4,
        class: "dot \(study.ramp(column.level))\(wentOn ? "" : " hollow")",
        [.init("data-trial", study.history.trials[trial].id.rawValue), .init("data-value", exactly: value)],
        tip: "\(study.description(ofTrialAt: trial))\n\(study.metric) \(Wording.short(value))")
    }
    guard let low = column.quantiles(0.25), let middle = column.quantiles(0.5), let high = column.quantiles(0.75),
      let bottom = column.quantiles(0.05), let top = column.quantiles(0.95)
    else { return }
    let half = spread + 5
    let tip =
      "\(study.longName(column.level)), n = \(level.count)\nmedian \(Wording.short(middle))\n"
      + "middle half \(Wording.short(low)) to \(Wording.short(high))"
    picture.line(center, place(bottom), center, place(low), class: "whisker")
    picture.line(center, place(high), center, place(top), class: "whisker")
    picture.rectangle(
      center - half, min(place(low), place(high)), 2 * half, abs(place(low) - place(high)), class: "box",
      [
        .init("data-level", column.level), .init("data-low", exactly: low), .init("data-median", exactly: middle),
        .init("data-high", exactly: high),
      ], tip: tip)
    picture.line(center - half, place(middle), center + half, place(middle), class: "median")
  }
}
