internal import Importance
internal import Journal
internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import TuningTypes

/// Where the values of the best tenth of the trials lie, beside those of all: what the importance of a hyperparameter comes from.
struct BestValues {
  struct Row {
    let axis: ParameterAxis
    /// In equal parts of the axis, the lowest first; of a list a part is a value.
    let all: [Int]
    let best: [Int]
  }

  private let study: ReportedStudy
  /// The one that most trials have reached.
  let level: Int
  /// How many are the best tenth.
  let bestCount: Int
  let rows: [Row]
  private static let mostRows = 10
  private static let parts = 20
  private static let fewest = 50
  private static let target = 0.1

  /// - Parameter ranking: the hyperparameters, the most important first.
  init?(_ study: ReportedStudy, ranking: [Int]?) {
    guard let ranking, let level = study.levels.indices.max(by: { study.levels[$0].count < study.levels[$1].count }),
      study.levels[level].count >= Self.fewest
    else { return nil }
    (self.study, self.level) = (study, level)
    let results = study.levels[level]
    let losses = results.losses.map { $0.isFinite ? $0 : .infinity }.sorted()
    let cut = losses[max(0, Int((Self.target * Double(losses.count)).rounded(.up)) - 1)]
    bestCount = results.losses.count { $0 <= cut }
    rows = ranking.prefix(Self.mostRows).map { parameter in
      let axis = study.positions.axes[parameter]
      let parts = axis.values.isEmpty ? Self.parts : axis.values.count
      var (all, best) = ([Int](repeating: 0, count: parts), [Int](repeating: 0, count: parts))
      for index in results.trials.indices {
        guard let place = study.positions.position(of: parameter, ofTrialAt: Int(results.trials[index])) else {
          continue
        }
        let part = min(Int(place * Double(parts)), parts - 1)
        all[part] += 1
        if results.losses[index] <= cut { best[part] += 1 }
      }
      return Row(axis: axis, all: all, best: best)
    }
    guard cut.isFinite else { return nil }
  }

  var figure: Figure {
    Figure(
      name: "best-values", title: "Where the best of \(study.rung(level)) lie",
      caption:
        "Grey: the values of all \(study.levels[level].count) trials with a result at \(study.longName(level)). In colour: "
        + "those of the best tenth, n = \(bestCount). Heights are shares of each. Good values are where the colour stands out of "
        + "the grey; where both are alike, the hyperparameter decides little. Few trials make peaks by chance. What is best after longer training may lie elsewhere.",
      body: drawn)
  }

  private var drawn: Markup {
    let rowHeight = 62.0
    let left = min(150, 20 + 7.4 * Double(rows.map { $0.axis.name.count }.max() ?? 0))
    var picture = Picture(
      height: rowHeight * Double(rows.count) + 8, left: left, right: 8, top: 4, bottom: 4,
      label: "Where the best trials lie")
    for (index, row) in rows.enumerated() {
      let base = picture.top + Double(index + 1) * rowHeight - 22
      let name = row.axis.name.count > 18 ? "\(row.axis.name.prefix(17))…" : row.axis.name
      picture.text(name, picture.left - 12, base - 8, class: "row-label", anchor: .end)
      draw(row, in: &picture, base: base, height: rowHeight - 28)
      picture.line(picture.left, base, picture.right, base, class: "axis")
      var end = -Double.infinity
      for tick in row.axis.ticks {
        let label = String(tick.label.prefix(12))
        let (x, half) = (picture.x(tick.position), Double(label.count) * 3.2)
        guard x - half > end + 6 else { continue }
        end = x + half
        picture.text(label, x, base + 14, class: "tick-label", anchor: .middle)
      }
    }
    return picture.svg
  }

  private func draw(_ row: Row, in picture: inout Picture, base: Double, height: Double) {
    let (all, best) = (Double(max(1, row.all.reduce(0, +))), Double(max(1, row.best.reduce(0, +))))
    let most = max(
      row.all.map { Double($0) / all }.max() ?? 1, row.best.map { Double($0) / best }.max() ?? 1, 1e-9)
    let width = (picture.right - picture.left) / Double(row.all.count)
    for part in row.all.indices {
      let x = picture.left + Double(part) * width
      let (grey, colour) = (Double(row.all[part]) / all / most, Double(row.best[part]) / best / most)
      let tip =
        "\(row.axis.name) \(row.axis.words(forPart: part, of: row.all.count))\n\(row.best[part]) of the best, "
        + "\(row.all[part]) of all"
      picture.rectangle(x + 0.5, base - grey * height, width - 1, grey * height, class: "bar all", tip: tip)
      if row.best[part] > 0 {
        picture.rectangle(
          x + width * 0.22, base - colour * height, width * 0.56, colour * height, class: "bar accent",
          [
            .init("data-parameter", row.axis.name), .init("data-part", part), .init("data-count", row.best[part]),
            .init("data-all", row.all[part]),
          ], tip: tip)
      }
    }
  }
}
