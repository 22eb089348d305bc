internal import Tables

/// How the work of a step is divided into parts that may be computed at once: first shards of the batch's rows, then parts
/// of the parameters.
///
/// It depends on the network and the batch alone, so that every sum is made of the same numbers in the same order on any
/// number of threads. Networks that are small stay whole: threads would cost them more than they save.
struct Division: Sendable {
  /// Some parameters of one layer: the weights of some of its inputs, and some of its biases.
  struct Part: Sendable {
    let layer: Int
    let inputs: Range<Int>
    /// The lanes of the weights.
    let weights: Range<Int>
    /// The lanes of the biases.
    let biases: Range<Int>
  }

  let parts: [Part]
  /// Whether there is more than one thing to do at once.
  let isDivided: Bool

  /// Multiplications of a batch with all weights below which a step takes a fraction of a millisecond.
  private static let leastWork = 1 << 23
  /// A product repacks the weights for each shard of the rows, and the deltas for each part of the inputs. Below so many of
  /// either, that is more than some percent of its time.
  private static let leastRows = 128
  /// Powers of two, so that two threads, or four, have equal shares.
  private static let mostParts = 8

  init(_ shape: NetworkShape, batchRows: Int) {
    let isDivided = batchRows * shape.parameterLanes * 8 >= Self.leastWork
    self.isDivided = isDivided
    parts = shape.layers.indices.flatMap { index in
      let layer = shape.layers[index]
      var count = 1
      while isDivided, count < Self.mostParts, layer.inputs / (2 * count) >= Self.leastRows { count *= 2 }
      return (0..<count).map { place in
        let inputs = Self.share(place, of: layer.inputs, in: count, unit: 8)
        let biases = Self.share(place, of: layer.outputLanes, in: count, unit: 1)
        return Part(
          layer: index, inputs: inputs,
          weights: (layer.weights + inputs.lowerBound * layer.outputLanes)..<(layer.weights + inputs.upperBound
            * layer.outputLanes), biases: (layer.biases + biases.lowerBound)..<(layer.biases + biases.upperBound))
      }
    }
  }

  /// How many shards a batch of so many rows has.
  func shardCount(rows: Int) -> Int { isDivided ? min(max(rows / Self.leastRows, 1), Self.mostParts) : 1 }

  /// The rows of one shard of a batch.
  func shard(_ place: Int, of rows: Int) -> Range<Int> {
    Self.share(place, of: rows, in: shardCount(rows: rows), unit: 8)
  }

  /// One of `count` shares of nearly one size, that begin at multiples of `unit`.
  private static func share(_ place: Int, of total: Int, in count: Int, unit: Int) -> Range<Int> {
    let units = unit.roundingUp(total) / unit
    return min(units * place / count * unit, total)..<min(units * (place + 1) / count * unit, total)
  }
}
