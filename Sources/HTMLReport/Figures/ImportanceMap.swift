internal import Importance
internal import Journal
internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import TuningTypes

/// How much each hyperparameter decides, at each rung: PED-ANOVA (see `HyperparameterImportance`).
struct ImportanceMap {
  struct Column {
    let level: Int
    let trials: Int
    /// Enough trials for more than chance.
    let isCertain: Bool
    /// In the order of the search space.
    let shares: [Double]
  }

  private let study: ReportedStudy
  let names: [String]
  let columns: [Column]
  private static let mostRows = 24
  /// More say no more.
  private static let mostTrials = 20_000

  init?(_ study: ReportedStudy) {
    self.study = study
    names = study.study.plan.space.parameters.map(\.name)
    let importance = HyperparameterImportance(space: study.study.plan.space)
    columns = study.shownLevels(8).map { number in
      let level = study.levels[number]
      let stride = max(1, (level.count + Self.mostTrials - 1) / Self.mostTrials)
      let trials = Swift.stride(from: 0, to: level.count, by: stride).map { index in
        (configuration: study.configuration(at: Int(level.trials[index])), loss: Loss(level.losses[index]))
      }
      return Column(
        level: number, trials: level.count, isCertain: importance.isCertain(trials: level.count),
        shares: importance.entries(of: trials).map(\.share))
    }
    guard names.count > 1, columns.contains(where: { $0.trials > 1 }) else { return nil }
  }

  /// The hyperparameters by how much they decide at the lowest rung, the first most; nil where that can't be told.
  var ranking: [Int]? {
    guard let first = columns.first, first.isCertain, first.shares.contains(where: { $0 > 0 }) else { return nil }
    return names.indices.sorted { (-first.shares[$0], $0) < (-first.shares[$1], $1) }
  }

  var figure: Figure {
    let hidden = names.count - shown.count
    return Figure(
      name: "importance", title: "What decides",
      caption:
        "How much each hyperparameter decides whether a trial is among the best tenth of its rung (a variance analysis, "
        + "PED-ANOVA; a column sums to 100 %, up to rounding), one hyperparameter at a time. Higher rungs hold only trials that were "
        + "good below: what decided there has little left to decide. Grey: fewer than 50 trials, too few to tell."
        + (hidden > 0 ? " \(hidden) that decide less are left out." : ""),
      body: drawn)
  }

  /// Those that are drawn, the most important first.
  private var shown: ArraySlice<Int> {
    let order = ranking ?? Array(names.indices)
    return order.prefix(Self.mostRows)
  }

  private var drawn: Markup {
    let rowHeight = 32.0
    let left = min(170, 24 + 7.4 * Double(shown.map { names[$0].count }.max() ?? 0))
    var picture = Picture(
      height: 50 + rowHeight * Double(shown.count), left: left, right: 8, top: 46, bottom: 4,
      label: "Importance of hyperparameters by rung")
    let width = min(110, (picture.right - picture.left) / Double(columns.count))
    for (index, column) in columns.enumerated() {
      let x = picture.left + (Double(index) + 0.5) * width
      picture.text(study.rung(column.level), x, 18, class: "tick-label", anchor: .middle)
      picture.text(
        "n = \(Axis.compact(Double(column.trials), decimals: 0))", x, 35, class: "axis-label", anchor: .middle)
    }
    for (row, parameter) in shown.enumerated() {
      let y = picture.top + Double(row) * rowHeight
      picture.text(
        shortened(names[parameter]), picture.left - 12, y + rowHeight / 2 + 4, class: "row-label", anchor: .end)
      for (index, column) in columns.enumerated() {
        let share = column.shares[parameter]
        let step = column.isCertain ? Int((share * 9).rounded()) : 0
        let x = picture.left + Double(index) * width
        let text = Wording.percent(share)
        picture.rectangle(
          x, y, width - 3, rowHeight - 3, class: column.isCertain ? "heat h\(step)" : "heat unknown",
          [
            .init("data-parameter", names[parameter]), .init("data-level", column.level),
            .init("data-value", exactly: share), .init("data-count", column.trials),
          ],
          tip: "\(names[parameter]) at \(study.longName(column.level)): \(text)\nn = \(column.trials)"
            + (column.isCertain ? "" : ", too few to tell"))
        picture.text(
          text, x + (width - 3) / 2, y + rowHeight / 2 + 3,
          class: column.isCertain ? "heat-label\(step > 4 ? " inverse" : "")" : "heat-label muted", anchor: .middle)
      }
    }
    return picture.svg
  }

  private func shortened(_ name: String) -> String { name.count > 20 ? "\(name.prefix(19))…" : name }
}
