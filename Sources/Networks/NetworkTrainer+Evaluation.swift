public import Tables

extension NetworkTrainer {
  /// Evaluates the network as it is, dropout off, on one part of its data.
  ///
  /// - Complexity: O(rows × parameters).
  public func evaluate(_ part: DataSet.Part) -> Evaluation {
    withDenormalsFlushed { network.evaluate(part, data.preprocessing.target) }
  }
}

extension Network {
  /// The rows are taken in their order, 256 at a time, whatever the batch size in training was.
  mutating func evaluate(_ part: DataSet.Part, _ target: Preprocessing.Target) -> Evaluation {
    var loss = 0.0
    var wrong = 0
    var scratch = [Lanes](repeating: .zero, count: outputs[last].count)
    var first = 0
    while first < part.count {
      let rows = min(inferenceRows, part.count - first)
      infer(part.features, rows: first..<(first + rows))
      switch target {
      case .classes(let names):
        part.withLabels { labels in
          let logits = outputs[last]
          let labels = labels.extracting(first..<(first + rows))
          loss += crossEntropy(
            logits, labels: labels, classes: names.count, scale: 1, deltas: &scratch)
          for row in 0..<rows
          where mostLikelyClass(logits, row: row, classes: names.count) != Int(labels[row]) {
            wrong += 1
          }
        }
      case .number:
        part.withTargets { targets in
          loss += squaredError(
            outputs[last], targets: targets.extracting(first..<(first + rows)), scale: 1, deltas: &scratch)
        }
      }
      first += rows
    }
    let count = Double(part.count)
    switch target {
    case .classes:
      return Evaluation(loss: loss / count, error: Double(wrong) / count, count: part.count)
    case .number(_, let deviation):
      return Evaluation(loss: loss / count, error: (loss / count).squareRoot() * deviation, count: part.count)
    }
  }

  /// Computes the outputs of some rows of a matrix.
  mutating func infer(_ features: FeatureMatrix, rows: Range<Int>) {
    let width = features.rowLanes
    features.withLanes { lanes in
      infer(lanes.extracting((rows.lowerBound * width)..<(rows.upperBound * width)), rows: rows.count)
    }
  }
}
