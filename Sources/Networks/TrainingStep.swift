internal import Tables

/// What a step of training computes with, and how: first, shard by shard of the batch, the loss and the gradients by each
/// layer's sums; then, part by part of the parameters, their gradients and the optimizer's step.
///
/// A copy computes in the same memory: the threads of a phase have one each.
struct TrainingStep: Sendable {
  let network: Network
  let backward: BackwardPass
  let optimizer: OptimizerState
  let division: Division
  var batch: Batch
  /// How many outputs a classification has; nil for a regression.
  let classes: Int?
  /// The dropout that the layers of the shards begin with: layer by layer for each shard. With one shard only the first
  /// layer's, since each goes on where the one before has ended; empty without dropout.
  private var masks: [DropoutMask] = []

  init(_ configuration: NetworkConfiguration, _ shape: NetworkShape, _ data: DataSet, seed: UInt64) {
    let rows = min(configuration.batchSize, data.train.count)
    network = Network(
      shape: shape, activation: configuration.activation,
      parameters: shape.initialParameters(configuration.initialization, seed: seed), capacity: rows)
    backward = BackwardPass(shape: shape, capacity: rows)
    optimizer = OptimizerState(configuration, parameterLanes: shape.parameterLanes)
    division = Division(shape, batchRows: rows)
    batch = Batch(part: data.train, isClassification: data.isClassification, capacity: rows, seed: seed)
    classes = data.isClassification ? data.outputCount : nil
  }

  /// How many shards the batch has.
  var shards: Int { division.shardCount(rows: batch.rows) }

  /// Draws a step's dropout: the same factors for the same rows and units, however many shards there are.
  mutating func drawMasks(probability: Double, seed: UInt64, step: Int) {
    let hidden = network.last
    guard probability > 0, hidden > 0 else { return }
    masks.removeAll(keepingCapacity: true)
    var mask = DropoutMask(probability: probability, seed: seed, step: step)
    let shards = shards
    masks.append(mask)
    for place in 0..<(hidden * shards) where shards > 1 {
      if place > 0 { masks.append(mask) }
      mask.skip(division.shard(place % shards, of: batch.rows).count * network.shape.layers[place / shards].outputLanes)
    }
  }

  /// Computes forth and back with one shard of the batch.
  ///
  /// - Returns: the sum of the losses of its rows.
  func propagate(shard: Int) -> Double {
    let rows = division.shard(shard, of: batch.rows)
    let shards = shards
    batch.gather(rows)
    batch.features[rows, network.shape.layers[0].inputLanes].read { features in
      network.forward(features, rows: rows, slopes: backward.slopes) { layer in
        guard shards > 1 else { return layer == 0 ? masks.first : nil }
        return masks.isEmpty ? nil : masks[layer * shards + shard]
      }
    }
    let loss = computeLoss(rows)
    if loss.isFinite { backward.propagate(through: network, rows: rows) }
    return loss
  }

  private func computeLoss(_ rows: Range<Int>) -> Double {
    let scale = 1 / Float(batch.rows)
    let width = network.shape.layers[network.last].outputLanes
    return backward.deltas[network.last][rows, width].write { deltas in
      network.outputs(of: network.last, rows).read { outputs in
        if let classes {
          crossEntropy(
            outputs, labels: batch.labels.span.extracting(rows), classes: classes, scale: scale, deltas: &deltas)
        } else {
          squaredError(outputs, targets: batch.targets.span.extracting(rows), scale: scale, deltas: &deltas)
        }
      }
    }
  }

  /// Computes the gradients of one part of the parameters, and takes the optimizer's step with them where there is one.
  func finish(part: Int, _ step: OptimizerStep?) {
    let part = division.parts[part]
    backward.computeGradients(of: part, batch.features, through: network, rows: batch.rows)
    guard let step else { return }
    optimizer.take(step, network.parameters, gradients: backward.gradients, part.weights)
    optimizer.take(step, network.parameters, gradients: backward.gradients, part.biases)
  }
}
