internal import Text

/// One hyperparameter and the losses of a level: medians and quartiles in equal parts of its axis.
struct SliceMedians: Sendable {
  struct Bin: Sendable {
    let part: Int
    let count: Int
    let low: Double
    let median: Double
    let high: Double
  }

  let parts: Int
  let bins: [Bin]
  private static let mostParts = 16
  /// Fewer say nothing of quartiles.
  private static let fewest = 3

  /// - Parameter points: positions on the axis, and losses; those that are not finite count as the worst.
  init(_ parameter: ParameterAxis, _ points: [(position: Double, loss: Double)]) {
    parts = parameter.values.isEmpty ? Self.mostParts : parameter.values.count
    var losses = [[Double]](repeating: [], count: parts)
    for point in points {
      losses[min(Int(point.position * Double(parts)), parts - 1)].append(point.loss.isFinite ? point.loss : .infinity)
    }
    bins = losses.indices.compactMap { part in
      guard losses[part].count >= Self.fewest else { return nil }
      let sorted = losses[part].sorted()
      let at = { (share: Double) in sorted[Int((share * Double(sorted.count - 1)).rounded())] }
      return Bin(part: part, count: sorted.count, low: at(0.25), median: at(0.5), high: at(0.75))
    }
  }

  /// For the page's script: the part's middle on the axis, how many, and the three numbers in the metric's own sign.
  func json(value: (Double) -> Double) -> JSONValue {
    .array(
      bins.map { bin in
        .array(
          [.number((Double(bin.part) + 0.5) / Double(parts)), .integer(bin.count)]
            + [bin.low, bin.median, bin.high].map { $0.isFinite ? .number(value($0)) : .null })
      })
  }
}
