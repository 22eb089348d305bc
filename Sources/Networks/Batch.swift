internal import Randomness
internal import Tables

/// The rows of one training step, gathered from all over the training part.
struct Batch: Sendable {
  let capacity: Int
  private let part: DataSet.Part
  private let isClassification: Bool
  private let seed: UInt64
  /// The epoch that `order` is for.
  private var epoch = -1
  private var order: [Int32]

  /// How many rows it holds at the moment.
  private(set) var rows = 0
  private var first = 0
  /// Their places in the training part.
  var chosenRows: [Int] { order[first..<(first + rows)].map { Int($0) } }
  /// Of the rows that were gathered.
  let features: LaneView
  private let memory: LaneMemory
  private(set) var labels: [Int32]
  private(set) var targets: [Float]

  init(part: DataSet.Part, isClassification: Bool, capacity: Int, seed: UInt64) {
    self.capacity = capacity
    self.part = part
    self.isClassification = isClassification
    self.seed = seed
    order = Array(repeating: 0, count: part.count)
    memory = LaneMemory(count: capacity * part.features.rowLanes)
    features = memory.all
    labels = Array(repeating: 0, count: capacity)
    targets = Array(repeating: 0, count: capacity)
  }

  /// Takes up the rows of a step, counted within its epoch; ``gather(_:)`` brings their features.
  mutating func select(epoch: Int, step: Int) {
    if epoch != self.epoch { shuffle(epoch: epoch) }
    first = step * capacity
    rows = min(capacity, part.count - first)
    let chosen = first..<(first + rows)
    if isClassification {
      copy(labelsOf: part, order, chosen, to: &labels)
    } else {
      copy(targetsOf: part, order, chosen, to: &targets)
    }
  }

  /// Brings the features of some of its rows.
  func gather(_ rows: Range<Int>) {
    let width = part.features.rowLanes
    let order = order.span.extracting((first + rows.lowerBound)..<(first + rows.upperBound))
    features[rows, width].write { features in
      part.features.withLanes { source in
        for place in 0..<order.count {
          let first = Int(order[place]) * width
          let row = source.extracting(first..<(first + width))
          for lane in 0..<width { features[place * width + lane] = row[lane] }
        }
      }
    }
  }

  /// Always from the rows' own order: what an epoch's order is doesn't depend on the epoch before.
  private mutating func shuffle(epoch: Int) {
    for row in order.indices { order[row] = Int32(row) }
    var generator = CounterGenerator(seed: seed, purpose: .shuffle, index: UInt64(epoch))
    order.shuffle(by: &generator)
    self.epoch = epoch
  }
}

private func copy(labelsOf part: DataSet.Part, _ order: [Int32], _ chosen: Range<Int>, to labels: inout [Int32]) {
  part.withLabels { source in
    for (place, index) in chosen.enumerated() { labels[place] = source[Int(order[index])] }
  }
}

private func copy(targetsOf part: DataSet.Part, _ order: [Int32], _ chosen: Range<Int>, to targets: inout [Float]) {
  part.withTargets { source in
    for (place, index) in chosen.enumerated() { targets[place] = source[Int(order[index])] }
  }
}
