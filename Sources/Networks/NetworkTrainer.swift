public import Tables

/// A network in training on a data set: its parameters, its optimizer's memory, and how far it has come.
///
/// Training goes in steps of one batch. Epoch *e* takes the training rows in an order that is a function of (seed, e), cut
/// into batches of `batchSize` rows and a last one with what is left; dropout in step *s* is a function of (seed, s). So
/// how far one trained is all that decides the result: going there at once, or with any number of stops, checkpoints and
/// changes of machine (of one type) in between gives the same bits.
///
/// One trainer is for one thread at a time; several may run at once. Nothing is allocated while training.
public final class NetworkTrainer {
  public let configuration: NetworkConfiguration
  public let data: DataSet
  public let seed: UInt64
  /// How many batches it has trained on.
  public private(set) var step = 0
  /// Whether the loss of a batch was not finite. Training has stopped there for good.
  public private(set) var hasDiverged = false

  var network: Network
  var backward: BackwardPass
  var optimizer: OptimizerState
  /// The sum of the losses of the rows trained on since the last epoch began.
  var lossSinceEpoch = 0.0
  private var batch: Batch

  /// Loads the library for matrix products, once a process: to be called before the first network is trained or predicts.
  ///
  /// - Throws: ``LibraryError`` where it is not there, or there is too little memory for it.
  public static func loadLibrary() throws(LibraryError) { _ = try unsafe MatrixLibrary.product.get() }

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
    let batchRows = min(configuration.batchSize, data.train.count)
    network = Network(
      shape: shape, activation: configuration.activation,
      parameters: shape.initialParameters(configuration.initialization, seed: seed),
      capacity: max(batchRows, inferenceRows))
    backward = BackwardPass(shape: shape, capacity: batchRows)
    optimizer = OptimizerState(configuration, parameterLanes: shape.parameterLanes)
    batch = Batch(
      part: data.train, isClassification: data.isClassification, capacity: batchRows, seed: seed)
  }

  // MARK: How far

  /// How many steps an epoch takes.
  public var stepsPerEpoch: Int { batch.capacity.roundingUp(data.train.count) / batch.capacity }

  /// How many epochs are complete.
  public var epochs: Int { step / stepsPerEpoch }

  /// How many training records it has seen, repeated ones counted each time.
  public var records: Int { epochs * data.train.count + step % stepsPerEpoch * batch.capacity }

  /// The mean loss of the rows trained on since the last epoch began, dropout on; nil before the first step.
  public var trainingLoss: Double? {
    guard step > 0 else { return nil }
    let rows = step % stepsPerEpoch * batch.capacity
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
    return whole * stepsPerEpoch + batch.capacity.roundingUp(rest) / batch.capacity
  }

  /// Trains until `target` steps are taken.
  public func train(toStep target: Int) {
    withDenormalsFlushed {
      while step < target, !hasDiverged { takeStep() }
    }
  }

  private func takeStep() {
    let within = step % stepsPerEpoch
    if within == 0 { lossSinceEpoch = 0 }
    batch.fill(epoch: step / stepsPerEpoch, step: within)
    let loss = computeGradients()
    lossSinceEpoch += loss
    guard loss.isFinite else {
      hasDiverged = true
      return
    }
    let progress = Double(records) / Double(data.train.count)
    optimizer.update(
      &network.parameters, gradients: backward.gradients,
      learningRate: configuration.learningRate(afterEpochs: progress), step: step)
    step += 1
  }

  /// The sum of the losses of the batch's rows; leaves the gradients of their mean.
  private func computeGradients() -> Double {
    let rows = batch.rows
    var mask: DropoutMask?
    if configuration.dropout > 0, network.last > 0 {
      mask = DropoutMask(probability: configuration.dropout, seed: seed, step: step)
    }
    let features = batch.features
    network.forward(features.span, rows: rows, mask: &mask, slopes: &backward.slopes)
    let scale = 1 / Float(rows)
    let outputs = network.outputs[network.last]
    let labels = batch.labels
    let targets = batch.targets
    let last = network.last
    let loss =
      if data.isClassification {
        crossEntropy(
          outputs, labels: labels.span.extracting(first: rows), classes: data.outputCount, scale: scale,
          deltas: &backward.deltas[last])
      } else {
        squaredError(
          outputs, targets: targets.span.extracting(first: rows), scale: scale, deltas: &backward.deltas[last])
      }
    if loss.isFinite { backward.run(features.span, through: network, rows: rows) }
    return loss
  }

  /// The loss and the gradients of the batch that the next step would take, and which rows of the training part it holds;
  /// for checking them.
  package func nextStepGradients() -> (meanLoss: Double, gradients: [Lanes], rows: [Int]) {
    batch.fill(epoch: step / stepsPerEpoch, step: step % stepsPerEpoch)
    let loss = withDenormalsFlushed { computeGradients() }
    return (loss / Double(batch.rows), backward.gradients, batch.chosenRows)
  }

  package var parameters: [Lanes] {
    get { network.parameters }
    set { network.parameters = newValue }
  }

  package var shape: NetworkShape { network.shape }

  /// Puts back what a checkpoint kept.
  func restore(step: Int, hasDiverged: Bool) {
    self.step = step
    self.hasDiverged = hasDiverged
  }
}

/// Rows at a time wherever nothing is trained.
let inferenceRows = 256
