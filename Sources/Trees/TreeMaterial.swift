internal import Randomness
internal import Tables

/// A data set in XGBoost's own form, for one tree trainer after the other.
///
/// XGBoost keeps what it has sorted, or put into bins, with a matrix: so one is used again for the next trial where that
/// is the same, and made anew where it could be another.
public final class TreeMaterial {
  let data: DataSet
  /// Of the targets of the training part, for a regression.
  let targetDeviation: Double
  private var training: (kind: Kind, matrix: TreeMatrix)?
  private var others: [DataSet.PartName: TreeMatrix] = [:]

  /// On what depends what XGBoost keeps with a matrix.
  private struct Kind: Equatable {
    var method: TreeConfiguration.TreeMethod
    var bins: Int
    var records: Int
  }

  init(_ data: DataSet) {
    self.data = data
    targetDeviation = data.isClassification ? 1 : moments(data.train.targets.map(Double.init)).standardDeviation
  }

  /// The matrix to train on.
  ///
  /// - Parameter records: how many rows of it; which, is a function of the number and the data alone, and fewer are a part
  ///   of more. Nil: all.
  func trainingMatrix(for configuration: TreeConfiguration, records: Int?) throws -> TreeMatrix {
    let kind = Kind(
      method: configuration.treeMethod, bins: configuration.maxBins, records: records ?? data.train.count)
    if let training, training.kind == kind { return training.matrix }
    training = nil
    let matrix: TreeMatrix
    if kind.records < data.train.count {
      matrix = try prefix(of: data.train, rows: kind.records)
    } else {
      matrix = try whole(data.train)
    }
    // What `approx` keeps depends on the derivatives that it was last given.
    if kind.method != .approx { training = (kind, matrix) }
    if kind.method == .approx, !data.isClassification { try chooseBins(of: matrix, kind.bins) }
    return matrix
  }

  /// Has `approx` put the values of a regression into bins.
  ///
  /// Elsewhere it does so anew each round, by the second derivatives there. In a regression these are all equal, and
  /// XGBoost keeps the bins of the first round that it sees: without the rows that happen not to be sampled in it.
  private func chooseBins(of matrix: TreeMatrix, _ bins: Int) throws {
    let booster = try TreeBooster(caching: [matrix])
    for (name, value) in [
      ("objective", "reg:squarederror"), ("tree_method", "approx"), ("max_depth", "1"), ("max_bin", "\(bins)"),
    ] {
      try booster.set(name, value)
    }
    try booster.update(round: 0, on: matrix)
  }

  /// The matrix of a part that is not trained on; nil where it has no row.
  func matrix(_ part: DataSet.PartName) throws -> TreeMatrix? {
    if let matrix = others[part] { return matrix }
    guard data[part].count > 0 else { return nil }
    let matrix = try whole(data[part])
    others[part] = matrix
    return matrix
  }

  private func whole(_ part: DataSet.Part) throws -> TreeMatrix {
    let features = part.features
    return try features.withLanes { lanes in
      Result {
        try TreeMatrix(
          lanes, rows: part.count, columns: features.columns, stride: features.rowLanes * 8, labels: labels(of: part))
      }
    }.get()
  }

  private func prefix(of part: DataSet.Part, rows: Int) throws -> TreeMatrix {
    var order = Array(0..<part.count)
    var generator = CounterGenerator(seed: data.fingerprint, purpose: .shuffle, index: 0)
    order.shuffle(by: &generator)
    let (features, all) = (part.features, labels(of: part))
    let chosen = order.prefix(rows)
    var values: [Lanes] = []
    values.reserveCapacity(rows * features.rowLanes)
    features.withLanes { lanes in
      for row in chosen {
        for lane in 0..<features.rowLanes { values.append(lanes[row * features.rowLanes + lane]) }
      }
    }
    return try TreeMatrix(
      values.span, rows: rows, columns: features.columns, stride: features.rowLanes * 8, labels: chosen.map { all[$0] })
  }

  private func labels(of part: DataSet.Part) -> [Float] {
    data.isClassification ? part.labels.map(Float.init) : part.targets
  }
}
