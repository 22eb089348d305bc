internal import Elementary
internal import Glibc
package import Tables

/// The sum over the rows of the cross-entropy between the labels and softmax(logits).
///
/// Each row's largest logit is taken off first, so that nothing overflows.
///
/// - Parameters:
///   - labels: the rows' classes.
///   - classes: how many of a row's numbers are logits; the others are padding.
///   - deltas: becomes (softmax − one-hot) · `scale`.
package func crossEntropy(
  _ allLogits: Span<Lanes>, labels: Span<Int32>, classes: Int, scale: Float, deltas: inout MutableSpan<Lanes>
) -> Double {
  let width = Lanes.count(holding: classes)
  let padding = paddingBias(classes)
  var loss = 0.0
  for row in 0..<labels.count {
    let first = row * width
    let logits = allLogits.extracting(first..<(first + width))
    var peaks = logits[width - 1] + padding
    for lane in 0..<(width - 1) { peaks.replace(with: logits[lane], where: logits[lane] .> peaks) }
    let peak = peaks.largest
    var sums = Lanes.zero
    for lane in 0..<width {
      let shifted = logits[lane] - peak
      let power = exponential(lane == width - 1 ? shifted + padding : shifted)
      deltas[first + lane] = power
      sums += power
    }
    let sum = sums.total
    let factor = scale / sum
    for lane in 0..<width { deltas[first + lane] *= factor }
    let label = Int(labels[row])
    deltas[first + label / 8][label % 8] -= scale
    loss += Double(log(sum) - (logits[label / 8][label % 8] - peak))
  }
  return loss
}

/// The sum over the rows of the squared differences between the outputs and the targets.
///
/// - Parameter deltas: becomes 2 · (output − target) · `scale`.
func squaredError(
  _ outputs: Span<Lanes>, targets: Span<Float>, scale: Float, deltas: inout MutableSpan<Lanes>
) -> Double {
  var loss = 0.0
  for row in 0..<targets.count {
    let difference = outputs[row][0] - targets[row]
    var delta = Lanes.zero
    delta[0] = 2 * difference * scale
    deltas[row] = delta
    loss += Double(difference) * Double(difference)
  }
  return loss
}

/// 0 for the logits, −∞ for the padding behind them.
private func paddingBias(_ classes: Int) -> Lanes {
  var bias = Lanes.zero
  for lane in 0..<8 where (Lanes.count(holding: classes) - 1) * 8 + lane >= classes { bias[lane] = -.infinity }
  return bias
}

/// The class with the largest logit, the first of equals.
func mostLikelyClass(_ logits: Span<Lanes>, row: Int, classes: Int) -> Int {
  let first = row * Lanes.count(holding: classes)
  var best = 0
  var peak = logits[first][0]
  for index in 1..<classes where logits[first + index / 8][index % 8] > peak {
    best = index
    peak = logits[first + index / 8][index % 8]
  }
  return best
}
