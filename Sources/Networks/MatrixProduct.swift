package import Tables

// The three matrix products of a layer. Matrices are row-major and padded; `rows` counts the batch's rows.

/// Outputs ← inputs · weights.
///
/// - Parameter parameters: those of the whole network.
package func forwardProduct(
  _ inputs: Span<Lanes>, _ parameters: [Lanes], into outputs: inout [Lanes], _ layer: NetworkShape.Layer, rows: Int
) {
  let weights = parameters.span.extracting(layer.weightRange)
  var outputs = outputs.mutableSpan
  multiplyByBLAS(
    inputs, transposed: false, stride: layer.inputLanes * 8, weights, transposed: false, stride: layer.outputLanes * 8,
    into: &outputs, at: 0, stride: layer.outputLanes * 8, rows: rows, columns: layer.outputLanes * 8,
    inner: layer.inputs)
}

/// Weight gradients ← inputsᵀ · output gradients.
///
/// - Parameter gradients: those of the whole network.
package func weightGradientProduct(
  _ inputs: Span<Lanes>, _ deltas: Span<Lanes>, into gradients: inout [Lanes], _ layer: NetworkShape.Layer,
  rows: Int
) {
  var gradients = gradients.mutableSpan
  multiplyByBLAS(
    inputs, transposed: true, stride: layer.inputLanes * 8, deltas, transposed: false, stride: layer.outputLanes * 8,
    into: &gradients, at: layer.weights, stride: layer.outputLanes * 8, rows: layer.inputs,
    columns: layer.outputLanes * 8, inner: rows)
}

/// Input gradients ← output gradients · weightsᵀ. The padding of the result is left as it is.
///
/// - Parameter parameters: those of the whole network.
package func inputGradientProduct(
  _ deltas: Span<Lanes>, _ parameters: [Lanes], into inputDeltas: inout [Lanes], _ layer: NetworkShape.Layer,
  rows: Int
) {
  let weights = parameters.span.extracting(layer.weightRange)
  var inputDeltas = inputDeltas.mutableSpan
  multiplyByBLAS(
    deltas, transposed: false, stride: layer.outputLanes * 8, weights, transposed: true, stride: layer.outputLanes * 8,
    into: &inputDeltas, at: 0, stride: layer.inputLanes * 8, rows: rows, columns: layer.inputs,
    inner: layer.outputLanes * 8)
}

/// Bias gradients ← the column sums of the output gradients.
///
/// - Parameter gradients: those of the whole network.
package func biasGradients(
  _ deltas: Span<Lanes>, into gradients: inout [Lanes], _ layer: NetworkShape.Layer, rows: Int
) {
  var gradients = gradients.mutableSpan
  let width = layer.outputLanes
  for lane in 0..<width {
    var sum = Lanes.zero
    for row in 0..<rows { sum += deltas[row * width + lane] }
    gradients[layer.biases + lane] = sum
  }
}

/// Values ← values · factors, each by each.
func scale(_ values: inout [Lanes], by factors: [Lanes], count: Int) {
  var values = values.mutableSpan
  let factors = factors.span
  for lane in 0..<count { values[lane] *= factors[lane] }
}

/// Adds a layer's biases to each row of its outputs.
func addBiases(_ parameters: [Lanes], to values: inout [Lanes], _ layer: NetworkShape.Layer, rows: Int) {
  var values = values.mutableSpan
  let biases = parameters.span.extracting(layer.biasRange)
  for row in 0..<rows {
    for lane in 0..<biases.count { values[row * biases.count + lane] += biases[lane] }
  }
}
