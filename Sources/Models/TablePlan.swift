internal import Files
internal import Networks
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import Training
internal import TuningTypes

/// `kind: mlp`: feed-forward networks on a table of data.
struct NetworkTrainerPlan: TrainerPlan {
  private let dataPath: String
  private let options: DataSetOptions
  private let unit: NetworkTrainerSettings.Unit
  private let settings: NetworkTrainerSettings

  private static let dataKeys = [
    "kind", "dataset", "target", "task", "missing", "validation_fraction", "test_fraction", "ignore", "resource",
  ]

  init(study: Study) throws(StudyError) {
    let section = study.trainer
    try section.allow(Self.dataKeys + NetworkHyperparameters.names)
    guard let path = try section.file("dataset") else {
      throw section.missing("dataset", "Name a CSV file: dataset: data.csv.")
    }
    guard let target = try section.text("target") else {
      throw section.missing("target", "Name the column to predict.")
    }
    dataPath = path
    let tasks = DataSetOptions.Task.allCases.map(\.rawValue)
    let task = try section.choice("task", tasks).flatMap(DataSetOptions.Task.init(rawValue:)) ?? .automatic
    let policies = DataSetOptions.Missing.allCases.map(\.rawValue)
    let missing = try section.choice("missing", policies).flatMap(DataSetOptions.Missing.init(rawValue:)) ?? .error
    options = DataSetOptions(
      target: target, task: task, missing: missing,
      validationFraction: try section.fraction("validation_fraction", default: 0.2, mayBeZero: false),
      testFraction: try section.fraction("test_fraction", default: 0.2, mayBeZero: true), splitSeed: study.plan.seed,
      ignoredColumns: try section.texts("ignore") ?? [])
    unit = try section.choice("resource", ["epochs", "records"]) == "records" ? .records : .epochs

    let ladder = study.plan.scheduler.ladder
    let horizon = ladder.isBounded && unit == .epochs ? Double(ladder.maxResource.rawValue) : nil
    var fixed = NetworkHyperparameters(horizon: horizon)
    for name in NetworkHyperparameters.names where section.has(name) {
      try fixed.set(name, of: section)
    }
    try fixed.check(section, beside: study.plan.space)
    try fixed.check(study.plan.space, in: study.document)
    settings = NetworkTrainerSettings(fixed: fixed, unit: unit)
  }

  var metricNames: [String]? { ["validation_loss", "validation_error", "training_loss"] }

  var resourceUnit: String { unit.rawValue }

  func loadSharedData() throws -> [UInt8] {
    try loadSharedData { _ in }
  }

  func loadSharedData(note: (String) -> Void) throws -> [UInt8] {
    var notes: [String] = []
    let data = try DataSet.load(path: dataPath, options: options, notes: &notes)
    for text in notes { note("\(dataPath): \(text)") }
    return data.serialized()
  }

  func makeTrainer(sharedData: SharedBytes) throws -> any Trainer {
    try NetworkTrainer.loadLibrary()
    return NetworkStudyTrainer(settings: settings, data: try data(in: sharedData))
  }

  func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedBytes, folder: String) throws
    -> [TrainingReport.Metric]
  {
    try NetworkTrainer.loadLibrary()
    let data = try data(in: sharedData)
    let trainer = try NetworkTrainer(
      configuration: settings.network(for: best.configuration), data: data, seed: best.seed, checkpoint: checkpoint)
    try trainer.model.save(to: "\(folder)/\(TrainedModel.fileName)", below: Paths.folder(of: folder))
    guard data.test.count > 0 else { return [] }
    let evaluation = trainer.evaluate(data.test)
    return [.init("test_loss", evaluation.loss), .init("test_error", evaluation.error)]
  }

  private func data(in memory: SharedBytes) throws -> DataSet {
    try DataSet(memory: memory)
  }
}

extension StudySection {
  fileprivate func fraction(_ key: String, default fallback: Double, mayBeZero: Bool) throws(StudyError) -> Double {
    let share = try number(key) ?? fallback
    guard share < 1, share > 0 || mayBeZero && share == 0 else {
      throw error(key, "is \(share)", "Give a share of the rows, \(mayBeZero ? "from 0" : "above 0") to below 1.")
    }
    return share
  }
}

extension NetworkHyperparameters {
  /// Takes the value that the trainer's section fixes.
  fileprivate mutating func set(_ name: String, of section: StudySection) throws(StudyError) {
    if name == "hidden_units", let widths = try section.integers(name), widths.count != 1 { return setWidths(widths) }
    let value = name == "hidden_units" ? try section.values(name)?.first : try section.parameterValue(name)
    guard let value else { return }
    do {
      try set(name, value)
    } catch {
      throw section.error(name, "is \(error.value)", "It must be \(error.rule).")
    }
  }

  /// Checks the values that the trainer's section fixes, once all are there.
  fileprivate func check(_ section: StudySection, beside space: SearchSpace) throws(StudyError) {
    do {
      _ = try configuration()
    } catch {
      // Where the search space has a say in the matter as well, each trial shows whether its values go together.
      let group = Self.group(of: error.key)
      guard !space.parameters.contains(where: { group.contains($0.name) }) else { return }
      let key =
        section.has(error.key) ? error.key : section.keys.first { group.contains($0) || $0.hasPrefix(error.key) }
      let problem = key == error.key ? "is \(error.value)" : "\(error.key) is \(error.value)"
      throw section.error(key, problem, "It must be \(error.rule).")
    }
  }

  /// Hyperparameters of which one's range depends on another.
  private static let groups = [
    ["nesterov", "momentum", "optimizer"],
    ["schedule_epochs", "schedule", "schedule_final", "schedule_factor"],
  ]

  private static func group(of key: String) -> [String] { groups.first { $0.contains(key) } ?? [key] }

  /// Checks that every hyperparameter of the search space is one of a network's, and that no end of its range, or listed
  /// value, is out of bounds.
  fileprivate func check(_ space: SearchSpace, in document: StudySection) throws(StudyError) {
    guard let section = try document.section("search_space") else { return }
    for parameter in space.parameters {
      guard Self.names.contains(parameter.name) else {
        let nearest = nearestName(to: parameter.name, among: Self.names).map { "Did you mean '\($0)'? " } ?? ""
        throw section.error(
          parameter.name, "a network has no such hyperparameter",
          "\(nearest)Known: \(Self.names.filter { !$0.hasPrefix("hidden_units_") }.joined(separator: ", ")).")
      }
      // Whether Nesterov's momentum makes sense depends on another hyperparameter; that is for each trial to say.
      for value in parameter.domain.extremes where parameter.name != "nesterov" {
        do {
          var trial = self
          try trial.set(parameter.name, value)
          _ = try trial.configuration()
        } catch {
          // A complaint about how this value goes with another one is for each trial to make.
          let others = space.parameters.map(\.name).filter { $0 != parameter.name }
          guard parameter.name.hasPrefix(error.key), !others.contains(where: Self.group(of: error.key).contains) else {
            continue
          }
          throw section.error(parameter.name, "may become \(error.value)", "It must be \(error.rule).")
        }
      }
    }
  }
}
