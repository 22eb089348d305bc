public import Tables

extension NetworkTrainer {
  /// Evaluates the network as it is, dropout off, on one part of its data.
  ///
  /// - Complexity: O(rows × parameters).
  public func evaluate(_ part: DataSet.Part) -> Evaluation {
    withDenormalsFlushed {
      let blocks = inferenceRows.roundingUp(part.count) / inferenceRows
      let target = data.preprocessing.target
      let team = blocks > 1 ? team : nil
      let evaluators = (0..<(team?.size ?? 1)).map { _ in BlockEvaluator(memory.network, part, target) }
      let errors = PartResults(blocks, BlockEvaluator.Errors())
      if let team {
        team.run(blocks) { block, thread in errors[block] = evaluators[thread].evaluate(block: block) }
      } else {
        for block in 0..<blocks { errors[block] = evaluators[0].evaluate(block: block) }
      }
      let all = errors.all.reduce(into: BlockEvaluator.Errors()) {
        $0.loss += $1.loss
        $0.wrong += $1.wrong
      }
      let (loss, count) = (all.loss, Double(part.count))
      switch target {
      case .classes: return Evaluation(loss: loss / count, error: Double(all.wrong) / count, count: part.count)
      case .number(_, let deviation):
        return Evaluation(loss: loss / count, error: (loss / count).squareRoot() * deviation, count: part.count)
      }
    }
  }
}

/// Evaluates a network on blocks of a part's rows: 256 each in their order, whatever the batch size in training was.
private struct BlockEvaluator: Sendable {
  struct Errors: Sendable {
    /// The sum of the rows' losses.
    var loss = 0.0
    /// How many rows' most likely class is another one.
    var wrong = 0
  }

  private let network: Network
  private let part: DataSet.Part
  private let target: Preprocessing.Target
  /// What the losses leave of gradients, which nothing uses.
  private let scratch: LaneMemory

  init(_ network: Network, _ part: DataSet.Part, _ target: Preprocessing.Target) {
    let rows = min(inferenceRows, part.count)
    self.network = Network(sharing: network, capacity: rows)
    self.part = part
    self.target = target
    scratch = LaneMemory(count: rows * network.shape.layers[network.last].outputLanes)
  }

  func evaluate(block: Int) -> Errors {
    let first = block * inferenceRows
    let rows = first..<min(first + inferenceRows, part.count)
    network.infer(part.features, rows: rows)
    return network.outputs(of: network.last, 0..<rows.count).read { outputs in
      scratch.all.write { scratch in
        switch target {
        case .classes(let names):
          part.withLabels { labels in
            let labels = labels.extracting(rows)
            var errors = Errors()
            errors.loss = crossEntropy(outputs, labels: labels, classes: names.count, scale: 1, deltas: &scratch)
            for row in 0..<rows.count
            where mostLikelyClass(outputs, row: row, classes: names.count) != Int(labels[row]) {
              errors.wrong += 1
            }
            return errors
          }
        case .number:
          part.withTargets { targets in
            Errors(loss: squaredError(outputs, targets: targets.extracting(rows), scale: 1, deltas: &scratch))
          }
        }
      }
    }
  }
}

extension Network {
  /// Computes the outputs of some rows of a matrix.
  func infer(_ features: FeatureMatrix, rows: Range<Int>) {
    let width = features.rowLanes
    features.withLanes { lanes in
      infer(lanes.extracting((rows.lowerBound * width)..<(rows.upperBound * width)), rows: rows.count)
    }
  }
}
