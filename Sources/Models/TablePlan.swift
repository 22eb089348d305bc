internal import Files
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import Text
internal import Training
internal import TuningTypes

/// A family of models on a table of data: `kind: mlp`, `kind: xgboost`.
struct TablePlan<Hyperparameters: FamilyHyperparameters>: TrainerPlan {
  typealias Family = Hyperparameters.Family

  private let dataPath: String
  private let options: DataSetOptions
  private let hyperparameters: Hyperparameters
  private let maxResource: Int?
  /// On how many threads a worker trains: those of all of its ranks.
  private let threads: Int

  init(study: Study) throws(StudyError) {
    let section = study.trainer
    let ladder = study.plan.scheduler.ladder
    var fixed = try Hyperparameters(section, ladder: ladder)
    try section.allow(
      [
        "kind", "dataset", "target", "task", "missing", "validation_fraction", "test_fraction", "ignore", "resource",
      ] + Hyperparameters.sectionKeys + fixed.names)
    guard let path = try section.file("dataset") else {
      throw section.missing("dataset", "Name a CSV file: dataset: data.csv.")
    }
    guard let target = try section.text("target") else {
      throw section.missing("target", "Name the column to predict.")
    }
    dataPath = path
    let tasks = DataSetOptions.Task.allCases.map(\.rawValue)
    let task = try section.choice("task", tasks).flatMap(DataSetOptions.Task.init(rawValue:)) ?? .automatic
    let policies = Hyperparameters.missingPolicies.map(\.rawValue)
    let missing = try section.choice("missing", policies).flatMap(DataSetOptions.Missing.init(rawValue:))
    options = DataSetOptions(
      target: target, task: task, missing: missing ?? Hyperparameters.missingPolicies.first ?? .error,
      validationFraction: try section.fraction("validation_fraction", default: 0.2, mayBeZero: false),
      testFraction: try section.fraction("test_fraction", default: 0.2, mayBeZero: true), splitSeed: study.plan.seed,
      ignoredColumns: try section.texts("ignore") ?? [], standardizes: Hyperparameters.wantsStandardizedNumbers)
    threads = (study.worker.threads ?? 1) * study.worker.ranks
    maxResource = ladder.isBounded ? ladder.maxResource.rawValue : nil

    for name in fixed.names where section.has(name) {
      guard !study.plan.space.parameters.contains(where: { $0.name == name }) else {
        throw section.error(
          name, "is fixed here, and searched as well", "Take it out here, or out of the search_space.")
      }
      try fixed.set(name, of: section)
    }
    try fixed.check(section, beside: study.plan.space)
    try fixed.check(study.plan.space, in: study.document)
    hyperparameters = fixed
  }

  /// It pauses at a rung, and loses nothing by it.
  var reportsWhileTraining: Bool? { false }
  var metricNames: [String]? { ["validation_loss", "validation_error", "training_loss"] }

  var resourceUnit: String { hyperparameters.unit.rawValue }
  /// Threads share memory, and give the same bits as several processes could.
  var useOfRanks: RankUse { Hyperparameters.usesThreads ? .cores : .one }

  func loadSharedData() throws -> [UInt8] {
    try loadSharedData { _ in }
  }

  func loadSharedData(note: (String) -> Void) throws -> [UInt8] {
    var notes: [String] = []
    let data = try DataSet.load(path: dataPath, options: options, notes: &notes)
    if hyperparameters.unit == .records, !Hyperparameters.repeatsRecords, let maxResource,
      maxResource > data.train.count
    {
      notes.append(
        "the training part has \(data.train.count) records, and max_resource is \(maxResource): rungs above that train on "
          + "all of them")
    }
    for text in notes { note("\(dataPath): \(text)") }
    if threads > 1, !Hyperparameters.usesThreads {
      note("\(Hyperparameters.modelName) is trained on one thread: worker.threads is of no use here")
    }
    return data.serialized()
  }

  func makeTrainer(sharedData: SharedBytes) throws -> sending any Trainer {
    try Family.loadLibrary(forThreads: threads)
    return TableTrainer(
      hyperparameters: hyperparameters, data: Family.material(of: try DataSet(memory: sharedData)), threads: threads)
  }

  func conclude(best: Job, checkpoint: [UInt8], sharedData: SharedBytes, folder: String) throws
    -> [TrainingReport.Metric]
  {
    try Family.loadLibrary()
    let data = try DataSet(memory: sharedData)
    let learner = try Family(
      configuration: hyperparameters.configuration(of: best.configuration), data: Family.material(of: data),
      seed: best.seed, checkpoint: checkpoint)
    let model = try learner.model
    for file in try [(name: TrainedModel.fileName, bytes: model.serialized())] + model.exports() {
      try Disk.writeAtomically(
        file.bytes, to: "\(folder)/\(file.name)", below: Paths.folder(of: folder), durable: true)
    }
    guard data.test.count > 0 else { return [] }
    let evaluation = try learner.evaluate(.test)
    return [.init("test_loss", evaluation.loss), .init("test_error", evaluation.error)]
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
