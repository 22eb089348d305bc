internal import Files
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import Training
internal import TuningTypes

/// `kind: curves`: a trial is a row of a table of learning curves, and its losses and times are looked up there.
///
/// The search space has a single hyperparameter, whose value is the row, counted from 0. With `sampler: {kind: grid,
/// levels: ROWS}` every row comes once, in a seeded random order; drawn at random, a row may come again. With `space: columns` the
/// hyperparameters are columns of the table, and a trial is the row nearest to its configuration, or with `neighbours: K` the weighted mean
/// of the K nearest.
struct CurvesTrainer: Trainer, SimulatedTrainer {
  let table: CurveTable
  /// Nil where the hyperparameter is the row.
  let columns: TableColumns?
  /// Of how many rows a trial is the mean.
  let neighbours: Int
  let time: SimulatedTime

  var finishesInstantly: Bool { time.scale == 0 }

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    let training = simulate(job)
    try time.pass(training.seconds, in: context)
    return training.report
  }

  func simulate(_ job: Job) -> SimulatedTraining {
    // The plan has seen to it that there is no other row and no other resource.
    let rows =
      columns?.nearestRows(neighbours, to: job.configuration, among: table.places)
      ?? [(job.configuration.entries.first?.value.wholeNumber ?? 0, 1)]
    let units = Double(job.resource.rawValue - job.resumeResource.rawValue)
    return SimulatedTraining(
      report: TrainingReport(loss: loss(of: rows, resource: job.resource.rawValue)),
      seconds: units * rows.reduce(0) { $0 + $1.weight * table.seconds[$1.row] })
  }

  /// Diverged where the nearest row is; other rows that are do not count.
  private func loss(of rows: [(row: Int, weight: Double)], resource: Int) -> Double {
    let nearest = rows.first.map { table.loss(row: $0.row, resource: resource) } ?? .nan
    guard rows.count > 1, nearest.isFinite else { return nearest }
    var (sum, weights) = (0.0, 0.0)
    for (row, weight) in rows {
      let loss = table.loss(row: row, resource: resource)
      guard loss.isFinite else { continue }
      sum += weight * loss
      weights += weight
    }
    // A row may be near and yet count nothing, where all are equally far.
    return weights > 0 ? sum / weights : nearest
  }
}

struct CurvesTrainerPlan: TrainerPlan {
  private let study: Study
  private let path: String
  private let prefix: String
  private let reading: CurveTable.Reading
  private let secondsColumn: String?
  private let secondsPerResource: Double
  private let time: SimulatedTime
  private let columns: TableColumns?
  private let neighbours: Int

  private static let keys = [
    "kind", "table", "space", "neighbours", "curve", "values", "seconds_column", "seconds_per_resource",
    "resource_unit",
  ]
  /// Where the seconds of a unit stand, if the study names no other column.
  private static let usualSecondsColumn = "sec_per_epoch"

  let resourceUnit: String
  var metricNames: [String]? { ["validation_loss"] }
  var reportsWhileTraining: Bool? { false }

  init(study: Study) throws(StudyError) {
    let section = study.trainer
    try section.allow(Self.keys + SimulatedTime.keys)
    guard let path = try section.file("table") else {
      throw section.missing("table", "Name the table of learning curves, a .csv or .csv.gz.")
    }
    self.study = study
    self.path = path
    prefix = try section.text("curve") ?? "v"
    let readings = CurveTable.Reading.allCases.map(\.rawValue)
    reading = try section.choice("values", readings).flatMap(CurveTable.Reading.init) ?? .recorded
    secondsColumn = try section.text("seconds_column")
    secondsPerResource = try section.number("seconds_per_resource") ?? 1
    guard (0...86_400).contains(secondsPerResource) else {
      throw section.error("seconds_per_resource", "is \(secondsPerResource)", "Give seconds from 0 to 86400.")
    }
    if section.has("seconds_per_resource"), secondsColumn != nil {
      throw section.error("seconds_per_resource", "stands beside 'seconds_column'", "Keep one of the two.")
    }
    resourceUnit = try section.text("resource_unit") ?? "units"
    time = try SimulatedTime(section: section, sleepsByDefault: false)
    let usesColumns = try section.choice("space", ["row", "columns"]) == "columns"
    columns = usesColumns ? TableColumns(study.plan.space) : nil
    neighbours = try section.integer("neighbours", in: 1...64) ?? 1
    if section.has("neighbours"), !usesColumns {
      throw section.error(
        "neighbours", "stands without 'space: columns'",
        "Rows are near where the hyperparameters are columns of the table.")
    }
    guard usesColumns || study.plan.space.parameters.count == 1 else {
      throw try document("search_space").error(
        nil, "has \(study.plan.space.parameters.count) hyperparameters, and a row of a table is one",
        "Give a single one, such as row: {type: int, min: 0, max: 999}; or trainer: {space: columns}, where they are columns of the "
          + "table.")
    }
  }

  func loadSharedData() throws -> [UInt8] {
    let text = try Table.read(path: path)
    if let secondsColumn, text.columnIndex(named: secondsColumn) == nil {
      let nearest = nearestName(to: secondsColumn, among: text.columns).map { "Did you mean '\($0)'? " } ?? ""
      throw study.trainer.error(
        "seconds_column", "is '\(secondsColumn)', and \(path) has no such column",
        "\(nearest)Or give seconds_per_resource.")
    }
    var table = try CurveTable(
      text, prefix: prefix, reading: reading, isLowBest: study.plan.objective.mode == .min,
      secondsColumn: secondsColumn ?? (study.trainer.has("seconds_per_resource") ? nil : Self.usualSecondsColumn),
      secondsPerResource: secondsPerResource)
    try checkLadder(table)
    if let columns {
      table.places = try columns.places(in: text, of: study.plan.space, errors: document("search_space"))
    } else {
      try checkRows(table)
    }
    return table.bytes
  }

  /// Whether every resource of the study's ladder is in the table.
  private func checkLadder(_ table: CurveTable) throws(StudyError) {
    let ladder = study.plan.scheduler.ladder
    guard ladder.isBounded, ladder.maxResource.rawValue <= table.maxResource else {
      let problem =
        ladder.isBounded ? "is \(ladder.maxResource)" : "is missing"
      throw try document("scheduler").error(
        "max_resource", "\(problem), and the curves end at \(table.maxResource)",
        "Give at most \(table.maxResource).")
    }
  }

  /// Whether every row that the study may draw is in the table.
  private func checkRows(_ table: CurveTable) throws(StudyError) {
    let parameter = study.plan.space.parameters[0]
    let advice = "Use whole numbers: {type: int, min: 0, max: \(table.rowCount - 1)}."
    if case .float = parameter.domain {
      throw try document("search_space").error(parameter.name, "is not a whole number, and rows are counted", advice)
    }
    for row in parameter.domain.extremes {
      guard let number = row.wholeNumber, (0..<table.rowCount).contains(number) else {
        throw try document("search_space").error(
          parameter.name, "may become \(row), which is no row of the table", advice)
      }
    }
  }

  private func document(_ key: String) throws(StudyError) -> StudySection {
    try study.document.section(key) ?? study.document
  }

  func makeTrainer(sharedData: SharedBytes) -> sending any Trainer { trainer(sharedData) }

  func makeSimulatedTrainer(sharedData: SharedBytes) -> (any SimulatedTrainer)? { trainer(sharedData) }

  private func trainer(_ sharedData: SharedBytes) -> CurvesTrainer {
    CurvesTrainer(table: CurveTable(sharedData), columns: columns, neighbours: neighbours, time: time)
  }
}
