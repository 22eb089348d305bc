internal import Randomness
public import Tables

/// Trees in growth on a data set: boosted, as a random forest, or a single one.
///
/// A unit of resource is a boosting round or a tree of a forest; or a training record, where each resource means training
/// from scratch on so many of them. What round *i* draws at random is a function of (seed, i).
public final class TreeTrainer: Learner {
  public let configuration: TreeConfiguration
  public let seed: UInt64
  /// How many rounds it has been trained for.
  public private(set) var rounds = 0
  /// How many training records it sees; nil: all.
  private(set) var records: Int?

  let data: TreeMaterial
  let task: TreeTask
  private var booster: TreeBooster
  private var training: TreeMatrix
  private var meanTarget: Float
  /// Those that each tree of a forest is grown from, once there is one; XGBoost reads them and changes nothing.
  private var forestDerivatives: (gradients: [Float], hessians: [Float])?

  public static func loadLibrary(forThreads count: Int) throws(LibraryError) { _ = try TreeLibrary.shared.get() }

  public static func material(of data: DataSet) -> TreeMaterial { TreeMaterial(data) }

  public convenience init(configuration: TreeConfiguration, data: TreeMaterial, seed: UInt64) throws {
    try self.init(configuration: configuration, data: data, seed: seed, records: nil)
  }

  private init(configuration: TreeConfiguration, data: TreeMaterial, seed: UInt64, records: Int?) throws {
    try configuration.validate()
    task = TreeTask(data.data.preprocessing.target)
    if configuration.positiveWeight != 1, task != .twoClasses {
      throw ConfigurationError(
        key: "scale_pos_weight", value: "\(configuration.positiveWeight)", rule: "1 where there are not two classes")
    }
    self.configuration = configuration
    self.data = data
    self.seed = seed
    self.records = records
    (training, booster, meanTarget) = try Self.begin(configuration, data, task, records: records)
  }

  private static func begin(
    _ configuration: TreeConfiguration, _ data: TreeMaterial, _ task: TreeTask, records: Int?
  ) throws -> (TreeMatrix, TreeBooster, Float) {
    let training = try data.trainingMatrix(for: configuration, records: records)
    let validation = try data.matrix(.validation)
    let booster = try TreeBooster(caching: [training] + (validation.map { [$0] } ?? []))
    let mean = Float(training.labels.reduce(0.0) { $0 + Double($1) } / Double(training.rowCount))
    let fixed = task.parameters(meanTarget: mean) + [("disable_default_eval_metric", "1")]
    for (name, value) in fixed + configuration.parameters { try booster.set(name, value) }
    try booster.set("tree_method", configuration.treeMethod.rawValue)
    // XGBoost 3 writes some numbers in another form once a model was read: all begin with one that was.
    try booster.load(booster.serialized(as: .ubj))
    return (training, booster, mean)
  }

  /// Stays with one thread: XGBoost adds up what its threads found, so that nothing promises the same bits on any number.
  public func useThreads(_ count: Int) {}

  public func isBeyond(_ resource: Int, _ unit: ResourceUnit) -> Bool {
    guard unit == .records else { return rounds > resource }
    let all = data.data.train.count
    return rounds > 0 && (records ?? all) > (part(resource) ?? all)
  }

  /// Trains on, a round at a time.
  public func advance(to resource: Int, _ unit: ResourceUnit, while isWanted: () -> Bool) throws -> Bool {
    if unit == .records, records != part(resource) {
      rounds = 0
      records = part(resource)
      forestDerivatives = nil
      (training, booster, meanTarget) = try Self.begin(configuration, data, task, records: records)
    }
    let target = unit == .records ? configuration.rounds : resource
    while rounds < target {
      guard isWanted() else { return false }
      try trainRound()
    }
    return true
  }

  /// So many of the training records; nil where that is all of them.
  private func part(_ records: Int) -> Int? { records < data.data.train.count ? records : nil }

  /// Grows the trees of one round.
  ///
  /// XGBoost saves no state of its random numbers, so that each round gets a seed of its own. Updaters that sample draw
  /// from them when they are made, so that each round gets new ones: setting another tree method drops those there are,
  /// but only once the parameters are applied, and new updaters know only what is set again.
  private func trainRound() throws {
    let wanted = configuration.treeMethod
    if configuration.samples {
      try booster.set("tree_method", (wanted == .hist ? TreeConfiguration.TreeMethod.approx : .hist).rawValue)
      _ = try booster.roundCount()
      for (name, value) in configuration.parameters { try booster.set(name, value) }
      try booster.set("tree_method", wanted.rawValue)
    }
    if configuration.samples || configuration.booster == .dart {
      try booster.set("seed", "\(seedOfRound(rounds))")
    }
    if configuration.isForest {
      var derivatives =
        forestDerivatives
        ?? task.derivatives(
          labels: training.labels, meanTarget: meanTarget, positiveWeight: Float(configuration.positiveWeight))
      forestDerivatives = nil
      try booster.boost(
        round: rounds, on: training, gradients: &derivatives.gradients, hessians: &derivatives.hessians)
      forestDerivatives = derivatives
    } else {
      try booster.update(round: rounds, on: training)
    }
    rounds += 1
  }

  /// 31 bits. XGBoost takes up a seed only where it differs from the one before, so the lowest bit alternates.
  private func seedOfRound(_ round: Int) -> UInt32 {
    var generator = CounterGenerator(seed: seed, purpose: .treeSampling, index: UInt64(round))
    return UInt32(truncatingIfNeeded: generator.next() >> 33) & ~1 | UInt32(round & 1)
  }

  // MARK: How well

  /// Trees don't diverge; a loss that is not finite shows when it is evaluated.
  public var hasDiverged: Bool { false }

  public var trainingLoss: Double? {
    get throws { rounds > 0 ? try evaluate(on: training).loss : nil }
  }

  /// - Complexity: O(rows × new trees), as XGBoost keeps the margins of the training and the validation part; O(rows × trees)
  ///   elsewhere, and for dart.
  public func evaluate(_ part: DataSet.PartName) throws -> Evaluation {
    if part == .train { return try evaluate(on: training) }
    guard let matrix = try data.matrix(part) else { return Evaluation(loss: .nan, error: .nan, count: 0) }
    return try evaluate(on: matrix)
  }

  private func evaluate(on matrix: TreeMatrix) throws -> Evaluation {
    var margins = try booster.margins(of: matrix)
    if configuration.isForest, rounds > 0 {
      // XGBoost sums trees; a forest is their mean.
      let base = Double(task.baseMargin(meanTarget: meanTarget))
      for place in margins.indices { margins[place] = Float(base + (Double(margins[place]) - base) / Double(rounds)) }
    }
    return task.evaluate(margins: margins, labels: matrix.labels, deviation: data.targetDeviation)
  }

  // MARK: On disk

  public func checkpoint() throws -> [UInt8] {
    var writer = SealedWriter(kind: checkpointKind, version: checkpointVersion)
    writer.write(fingerprint(of: configuration))
    writer.write(data.data.fingerprint)
    writer.write(seed)
    writer.write(UInt64(rounds))
    writer.write(UInt64(records ?? 0))
    writer.write(try booster.serialized(as: .ubj))
    return writer.sealed()
  }

  public convenience init(
    configuration: TreeConfiguration, data: TreeMaterial, seed: UInt64, checkpoint: [UInt8]
  ) throws {
    var reader = try SealedReader(checkpoint, kind: checkpointKind, version: checkpointVersion)
    guard try reader.read() == fingerprint(of: configuration) else { throw CheckpointError.mismatch("configuration") }
    guard try reader.read() == data.data.fingerprint else { throw CheckpointError.mismatch("data set") }
    guard try reader.read() == seed else { throw CheckpointError.mismatch("seed") }
    guard let rounds = Int(exactly: try reader.read(UInt64.self)),
      let records = Int(exactly: try reader.read(UInt64.self)), records <= data.data.train.count
    else { throw CheckpointError.damaged("its numbers are out of range") }
    let model = try reader.readBytes()
    try reader.end()
    try self.init(configuration: configuration, data: data, seed: seed, records: records > 0 ? records : nil)
    do {
      try booster.load(model)
    } catch {
      throw CheckpointError.damaged("\(error)")
    }
    self.rounds = rounds
    guard try booster.roundCount() == rounds else { throw CheckpointError.damaged("it has lost rounds") }
  }

  public var model: TreeModel {
    get throws {
      try TreeModel(
        trees: booster.serialized(as: .json), scale: configuration.isForest ? 1 / Double(max(rounds, 1)) : nil,
        preprocessing: data.data.preprocessing)
    }
  }
}

private let checkpointKind = "ASHX"
private let checkpointVersion: UInt32 = 1
