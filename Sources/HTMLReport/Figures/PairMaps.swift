internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import TuningTypes

/// Pairs of hyperparameters: how good trials were in each part of the plane that two of them span.
struct PairMaps {
  struct Map {
    let x: ParameterAxis
    let y: ParameterAxis
    /// Cells with trials, by column and row.
    let cells: [Cell]
    let columns: Int
    let rows: Int
  }

  struct Cell {
    let column: Int
    let row: Int
    let count: Int
    /// The median of the losses; diverged ones count as the worst.
    let median: Double
  }

  private let study: ReportedStudy
  /// At the level that most trials have reached.
  let level: Int
  let maps: [Map]
  private static let mostParameters = 4
  private static let parts = 10

  /// - Parameter ranking: the hyperparameters, the most important first.
  init?(_ study: ReportedStudy, ranking: [Int]?) {
    self.study = study
    let space = study.study.plan.space
    guard let level = study.levels.indices.max(by: { study.levels[$0].count < study.levels[$1].count }),
      study.levels[level].count >= 20
    else { return nil }
    self.level = level
    let order = (ranking ?? Array(space.parameters.indices)).filter { study.positions.axes[$0].parts > 1 }
    let chosen = Array(order.prefix(Self.mostParameters))
    guard chosen.count > 1 else { return nil }
    var maps: [Map] = []
    for (index, first) in chosen.enumerated() {
      for second in chosen[(index + 1)...] { maps.append(Self.map(first, second, study, study.levels[level])) }
    }
    self.maps = maps
  }

  private static func map(_ first: Int, _ second: Int, _ study: ReportedStudy, _ level: Level) -> Map {
    let positions = study.positions
    let (x, y) = (positions.axes[first], positions.axes[second])
    var losses = [[Double]](repeating: [], count: x.parts * y.parts)
    for index in level.trials.indices {
      let trial = Int(level.trials[index])
      guard let across = positions.position(of: first, ofTrialAt: trial),
        let up = positions.position(of: second, ofTrialAt: trial)
      else { continue }
      let loss = level.losses[index]
      losses[y.part(of: up) * x.parts + x.part(of: across)].append(loss.isFinite ? loss : .infinity)
    }
    let cells = losses.indices.compactMap { index -> Cell? in
      guard !losses[index].isEmpty else { return nil }
      let sorted = losses[index].sorted()
      return Cell(
        column: index % x.parts, row: index / x.parts, count: sorted.count, median: sorted[(sorted.count - 1) / 2])
    }
    return Map(x: x, y: y, cells: cells, columns: x.parts, rows: y.parts)
  }

  var figure: Figure {
    Figure(
      name: "pairs", title: "Two at a time",
      caption:
        "The median \(study.metric) at \(study.longName(level)) (n = \(study.levels[level].count)) in each part of the "
        + "plane of two hyperparameters; the darker the colour, the better. Empty where no trial was. Shown are pairs "
        + "of the \(maps.count == 1 ? "two" : maps.count == 3 ? "three" : "four") that decide most.",
      isWide: true, body: drawn)
  }

  private var drawn: Markup {
    var markup = Markup()
    let ranked = maps.flatMap { $0.cells.map(\.median) }.filter(\.isFinite).sorted()
    markup.element("div", class: "small-multiples") { grid in
      for map in maps { grid.append(draw(map, ranked)) }
    }
    return markup
  }

  private func draw(_ map: Map, _ ranked: [Double]) -> Markup {
    var picture = Picture(
      width: 360, height: 270, left: 74, right: 12, top: 24, bottom: 46, label: "\(map.x.name) and \(map.y.name)")
    let width = (picture.right - picture.left) / Double(map.columns)
    let height = (picture.bottom - picture.top) / Double(map.rows)
    for cell in map.cells {
      // By rank, so that a few bad ones don't take all colours.
      let better =
        cell.median.isFinite ? Double(ranked.count { $0 > cell.median }) / Double(max(1, ranked.count - 1)) : 0
      picture.rectangle(
        picture.left + Double(cell.column) * width, picture.bottom - Double(cell.row + 1) * height, width - 1.5,
        height - 1.5, class: "bar \(Ramp.kind(min(1, better)))",
        [
          .init("data-column", cell.column), .init("data-row", cell.row), .init("data-count", cell.count),
          .init("data-value", exactly: study.value(cell.median)),
        ],
        tip: "\(map.x.name) \(map.x.words(forPart: cell.column))\n\(map.y.name) \(map.y.words(forPart: cell.row))\n"
          + "median \(study.short(cell.median)), n = \(cell.count)")
    }
    picture.horizontal(map.x)
    picture.vertical(map.y)
    return picture.svg
  }
}

extension ParameterAxis {
  /// Into how many parts it is cut: those of a list are its values.
  var parts: Int {
    if !values.isEmpty { return min(values.count, 40) }
    return axis.high > axis.low ? 10 : 1
  }

  func part(of position: Double) -> Int { min(Int(position * Double(parts)), parts - 1) }

  /// What a part holds.
  func words(forPart part: Int, of count: Int? = nil) -> String {
    let parts = count ?? parts
    if values.indices.contains(part), values.count == parts { return values[part].description }
    let (low, high) = (axis.value(at: Double(part) / Double(parts)), axis.value(at: Double(part + 1) / Double(parts)))
    return "\(Wording.short(low)) to \(Wording.short(high))"
  }
}

extension Picture {
  /// A hyperparameter's axis below the plot.
  mutating func horizontal(_ parameter: ParameterAxis) {
    var last = -Double.infinity
    for tick in parameter.ticks {
      let (place, label) = (x(tick.position), String(tick.label.prefix(10)))
      let half = Double(label.count) * 3.2
      guard place - half > last + 4 else { continue }
      last = place + half
      text(label, place, bottom + 17, class: "tick-label", anchor: .middle)
    }
    text(parameter.name, (left + right) / 2, bottom + 36, class: "axis-label", anchor: .middle)
  }

  /// A hyperparameter's axis beside the plot.
  mutating func vertical(_ parameter: ParameterAxis) {
    for tick in parameter.ticks {
      text(String(tick.label.prefix(10)), left - 8, y(tick.position) + 4, class: "tick-label", anchor: .end)
    }
    text(parameter.name, 0, top - 10, class: "axis-label")
  }
}
