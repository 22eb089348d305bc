internal import HeapModule
internal import Journal
internal import Reporting
internal import Search
internal import StudyFile
internal import SuccessiveHalving

/// The loss that the best 1/η of a rung have reached, over time: whoever is better at this moment may go on.
struct PromotionBar {
  /// A moment at which the bar of a level has moved, or one of those that are kept.
  struct Point {
    let time: Double
    let loss: Double
    /// Results at the level by then.
    let count: Int
  }

  private let study: ReportedStudy
  /// Of each level but the last with results.
  let lines: [(level: Int, points: [Point])]
  private static let mostPoints = 240

  init?(_ study: ReportedStudy) {
    guard study.levels.count > 1 else { return nil }
    self.study = study
    let end = study.time
    lines = study.levels.indices.dropLast().compactMap { number in
      let points = Self.points(of: study.levels[number], share: study.reductionFactor, until: end)
      return points.isEmpty ? nil : (number, points)
    }
    if lines.isEmpty { return nil }
  }

  /// The bar after each result, thinned to a point for each of so many equal parts of the time. O(n log n).
  static func points(of level: Level, share: Int, until end: Double) -> [Point] {
    // The best ⌊n/η⌋ losses, of which the worst is the bar, and the others.
    var (best, others) = (Heap<Double>(), Heap<Double>())
    var points: [Point] = []
    var slot = -1
    for index in level.losses.indices {
      let loss = level.losses[index].isFinite ? level.losses[index] : .infinity
      if let worst = best.max, loss < worst {
        best.insert(loss)
        if let moved = best.popMax() { others.insert(moved) }
      } else {
        others.insert(loss)
      }
      if (index + 1) / share > best.count, let moved = others.popMin() { best.insert(moved) }
      guard let bar = best.max, bar.isFinite else { continue }
      let time = Double(level.times[index])
      let next = end > 0 ? Int(time / end * Double(mostPoints)) : 0
      if next == slot { points.removeLast() }
      slot = next
      points.append(Point(time: time, loss: bar, count: index + 1))
    }
    return points
  }

  var figure: Figure {
    Figure(
      name: "bar", title: "What it took to go on",
      caption: "The \(study.metric) that the best 1 in \(study.reductionFactor) of a rung had reached at each moment"
        + (study.study.plan.scheduler.algorithm.showsThreshold ? "; a trial that reaches it may go on." : ".")
        + " It moves with each result, so that one trial goes on where a slightly better one did not. A line that still "
        + "\(study.isLowBest ? "falls" : "rises") says that better configurations were still being found. "
        + lines.map { "\(study.rung($0.level)): n = \(study.levels[$0.level].count)" }.prefix(8).joined(separator: ", ")
        + ".",
      body: drawn)
  }

  private var drawn: Markup {
    var picture = Picture(right: 62, label: "The loss to go on, by rung, over time")
    let losses = lines.flatMap { line in line.points.map { study.value($0.loss) } }
    let vertical = Axis.robust(losses, isLowBest: study.isLowBest, label: study.metric)
    let time = Axis.time(upTo: study.time)
    picture.verticalAxis(vertical)
    picture.horizontalAxis(time)
    var labels: [Double] = []
    for line in lines {
      let points = line.points.map {
        (x: picture.x(time.position(of: $0.time)), y: picture.y(vertical.position(of: study.value($0.loss))))
      }
      let last = line.points[line.points.count - 1]
      picture.path(
        IncumbentFigure.stairs(points, upTo: picture.x(time.position(of: study.time))),
        class: "curve \(study.ramp(line.level))",
        [.init("data-level", line.level), .init("data-value", exactly: study.value(last.loss))],
        tip: "\(study.longName(line.level))\nat the end \(study.short(last.loss)), n = \(last.count)")
      guard let end = points.last else { continue }
      // No two labels on top of each other.
      guard !labels.contains(where: { abs($0 - end.y) < 12 }) else { continue }
      labels.append(end.y)
      picture.text(study.rung(line.level), picture.right + 6, end.y + 4, class: "tick-label")
    }
    return picture.svg
  }
}
