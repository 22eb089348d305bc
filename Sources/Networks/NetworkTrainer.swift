public import Tables

/// A network in training on a data set: its parameters, its optimizer's memory, and how far it has come.
///
/// Training goes in steps of one batch. Epoch *e* takes the training rows in an order that is a function of (seed, e), cut
/// into batches of `batchSize` rows and a last one with what is left; dropout in step *s* is a function of (seed, s). So
/// how far one trained is all that decides the result: going there at once, or with any number of stops, checkpoints and
/// changes of machine (of one type) in between gives the same bits.
///
/// One trainer is for one thread at a time; several may run at once. A trainer may have threads of its own
/// (``useThreads(_:)``); their number does not show in what it computes.
public final class NetworkTrainer {
  public let configuration: NetworkConfiguration
  public let data: DataSet
  public let seed: UInt64
  /// How many batches it has trained on.
  public private(set) var step = 0
  /// Whether the loss of a batch was not finite. Training has stopped there for good.
  public private(set) var hasDiverged = false

  /// What it computes with.
  private(set) var memory: TrainingStep
  /// How many rows a batch has, but for an epoch's last one.
  private let batchRows: Int
  /// The threads that compute, where there is more than one.
  private(set) var team: ThreadTeam?
  /// The sum of the losses of the rows trained on since the last epoch began.
  var lossSinceEpoch = 0.0

  /// Loads the library for matrix products, once a process: to be called before the first network is trained or predicts.
  ///
  /// - Throws: ``LibraryError`` where it is not there, it can't serve so many threads, or there is too little memory for it.
  public static func loadLibrary(forThreads count: Int) throws(LibraryError) {
    try MatrixLibrary.expect(threads: min(count, mostThreads))
  }

  /// Begins with fresh weights.
  ///
  /// - Throws: ``ConfigurationError`` where the configuration makes no sense.
  public init(configuration: NetworkConfiguration, data: DataSet, seed: UInt64) throws(ConfigurationError) {
    try configuration.validate()
    self.configuration = configuration
    self.data = data
    self.seed = seed
    let shape = NetworkShape(
      inputs: data.featureCount, hidden: configuration.hiddenLayers, outputs: data.outputCount)
    memory = TrainingStep(configuration, shape, data, seed: seed)
    batchRows = memory.batch.capacity
  }

  /// Trains and evaluates on so many threads from now on, this one counted. A network that is small stays with one, which
  /// is faster. The threads end with the trainer.
  ///
  /// - Throws: `SystemError` where the system gives no more threads.
  public func useThreads(_ count: Int) throws {
    let useful = memory.division.isDivided ? min(count, Self.mostThreads) : 1
    team = nil
    if useful > 1 { team = try ThreadTeam(size: useful) }
  }

  /// More find nothing to do for most of a step.
  private static let mostThreads = 32

  // MARK: How far

  /// How many steps an epoch takes.
  public var stepsPerEpoch: Int { batchRows.roundingUp(data.train.count) / batchRows }

  /// How many epochs are complete.
  public var epochs: Int { step / stepsPerEpoch }

  /// How many training records it has seen, repeated ones counted each time.
  public var records: Int { epochs * data.train.count + step % stepsPerEpoch * batchRows }

  /// The mean loss of the rows trained on since the last epoch began, dropout on; nil before the first step.
  public var trainingLoss: Double? {
    guard step > 0 else { return nil }
    let rows = step % stepsPerEpoch * batchRows
    return lossSinceEpoch / Double(rows == 0 ? data.train.count : rows)
  }

  // MARK: Training

  /// Trains until `epochs` epochs are complete; does nothing if they already are, or after divergence.
  public func train(toEpochs epochs: Int) {
    train(toStep: step(atEpochs: epochs))
  }

  /// Trains to the first end of a batch at which at least `records` training records have been seen.
  ///
  /// Batches are never cut: where they end depends on the data and the batch size alone, not on where one stops.
  public func train(toRecords records: Int) {
    train(toStep: step(atRecords: records))
  }

  /// The step at which so many epochs are complete.
  public func step(atEpochs epochs: Int) -> Int { epochs * stepsPerEpoch }

  /// The first step at which at least so many training records have been seen.
  public func step(atRecords records: Int) -> Int {
    let (whole, rest) = records.quotientAndRemainder(dividingBy: data.train.count)
    return whole * stepsPerEpoch + batchRows.roundingUp(rest) / batchRows
  }

  /// Trains until `target` steps are taken.
  public func train(toStep target: Int) {
    withDenormalsFlushed {
      while step < target, !hasDiverged { takeStep(&memory) }
    }
  }

  // The memory is handed on, so that nothing is copied or counted for each of its uses.

  private func takeStep(_ memory: inout TrainingStep) {
    let within = step % stepsPerEpoch
    if within == 0 { lossSinceEpoch = 0 }
    memory.batch.select(epoch: step / stepsPerEpoch, step: within)
    let loss = propagate(&memory)
    lossSinceEpoch += loss
    guard loss.isFinite else {
      hasDiverged = true
      return
    }
    let progress = Double(records) / Double(data.train.count)
    let rate = configuration.learningRate(afterEpochs: progress)
    finish(&memory, memory.optimizer.step(learningRate: rate, step: step))
    step += 1
  }

  /// Computes forth and back with the batch.
  ///
  /// - Returns: the sum of the losses of its rows.
  private func propagate(_ memory: inout TrainingStep) -> Double {
    memory.drawMasks(probability: configuration.dropout, seed: seed, step: step)
    let shards = memory.shards
    guard shards > 1, let team else {
      var loss = 0.0
      for shard in 0..<shards { loss += memory.propagate(shard: shard) }
      return loss
    }
    let losses = PartResults(shards, 0.0)
    team.run(shards) { [memory] shard, _ in losses[shard] = memory.propagate(shard: shard) }
    return losses.all.reduce(0, +)
  }

  /// Computes the gradients, and takes the optimizer's step where there is one.
  private func finish(_ memory: inout TrainingStep, _ step: OptimizerStep?) {
    let parts = memory.division.parts.count
    if let team {
      team.run(parts) { [memory] part, _ in memory.finish(part: part, step) }
    } else {
      for part in 0..<parts { memory.finish(part: part, step) }
    }
  }

  /// The loss and the gradients of the batch that the next step would take, and which rows of the training part it holds;
  /// for checking them.
  package func nextStepGradients() -> (meanLoss: Double, gradients: [Lanes], rows: [Int]) {
    memory.batch.select(epoch: step / stepsPerEpoch, step: step % stepsPerEpoch)
    let loss = withDenormalsFlushed {
      let loss = propagate(&memory)
      finish(&memory, nil)
      return loss
    }
    return (loss / Double(memory.batch.rows), memory.backward.gradients.array, memory.batch.chosenRows)
  }

  package var parameters: [Lanes] {
    get { memory.network.parameters.array }
    set { memory.network.parameters.copy(newValue) }
  }

  package var shape: NetworkShape { memory.network.shape }

  /// Puts back what a checkpoint kept.
  func restore(step: Int, hasDiverged: Bool) {
    self.step = step
    self.hasDiverged = hasDiverged
  }
}

/// Rows at a time wherever nothing is trained.
let inferenceRows = 256
