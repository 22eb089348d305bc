package import Tables

// The three matrix products of a layer. Matrices are row-major and padded; `rows` counts the batch's rows.

/// Outputs ← inputs · weights.
package func forwardProduct(
  _ inputs: Span<Lanes>, _ weights: Span<Lanes>, into outputs: inout MutableSpan<Lanes>, _ layer: NetworkShape.Layer,
  rows: Int
) {
  multiplyByBLAS(
    inputs, transposed: false, stride: layer.inputLanes * 8, weights, transposed: false, stride: layer.outputLanes * 8,
    into: &outputs, stride: layer.outputLanes * 8, rows: rows, columns: layer.outputLanes * 8, inner: layer.inputs)
}

/// Weight gradients ← inputsᵀ · output gradients, for some of the layer's inputs.
///
/// - Parameters:
///   - gradients: those of the weights of `part`.
///   - part: which of the layer's inputs; begins at a multiple of 8.
package func weightGradientProduct(
  _ inputs: Span<Lanes>, _ deltas: Span<Lanes>, into gradients: inout MutableSpan<Lanes>, _ layer: NetworkShape.Layer,
  inputs part: Range<Int>, rows: Int
) {
  multiplyByBLAS(
    inputs.extracting(droppingFirst: part.lowerBound / 8), transposed: true, stride: layer.inputLanes * 8, deltas,
    transposed: false, stride: layer.outputLanes * 8, into: &gradients, stride: layer.outputLanes * 8, rows: part.count,
    columns: layer.outputLanes * 8, inner: rows)
}

/// Input gradients ← output gradients · weightsᵀ. The padding of the result is left as it is.
package func inputGradientProduct(
  _ deltas: Span<Lanes>, _ weights: Span<Lanes>, into inputDeltas: inout MutableSpan<Lanes>,
  _ layer: NetworkShape.Layer, rows: Int
) {
  multiplyByBLAS(
    deltas, transposed: false, stride: layer.outputLanes * 8, weights, transposed: true, stride: layer.outputLanes * 8,
    into: &inputDeltas, stride: layer.inputLanes * 8, rows: rows, columns: layer.inputs, inner: layer.outputLanes * 8)
}

/// Bias gradients ← the column sums of the output gradients, for some of the layer's lanes.
///
/// - Parameter gradients: those of the biases of `part`.
package func biasGradients(
  _ deltas: Span<Lanes>, into gradients: inout MutableSpan<Lanes>, _ layer: NetworkShape.Layer, lanes part: Range<Int>,
  rows: Int
) {
  let width = layer.outputLanes
  for lane in 0..<part.count {
    var sum = Lanes.zero
    for row in 0..<rows { sum += deltas[row * width + part.lowerBound + lane] }
    gradients[lane] = sum
  }
}

/// Values ← values · factors, each by each.
func scale(_ values: inout MutableSpan<Lanes>, by factors: Span<Lanes>) {
  for lane in 0..<values.count { values[lane] *= factors[lane] }
}

/// Adds a layer's biases to each row of its outputs.
func addBiases(_ biases: Span<Lanes>, to values: inout MutableSpan<Lanes>, rows: Int) {
  for row in 0..<rows {
    for lane in 0..<biases.count { values[row * biases.count + lane] += biases[lane] }
  }
}
