internal import Tables

/// A network's parameters and the memory to compute with them: everything is allocated at the start, for at most `capacity`
/// rows at a time.
struct Network {
  let shape: NetworkShape
  let activation: NetworkConfiguration.Activation
  let capacity: Int
  var parameters: [Lanes]
  /// Each layer's outputs; the last one's without biases until the loss has added them.
  var outputs: [[Lanes]]

  init(shape: NetworkShape, activation: NetworkConfiguration.Activation, parameters: [Lanes], capacity: Int) {
    self.shape = shape
    self.activation = activation
    self.capacity = capacity
    self.parameters = parameters
    outputs = shape.layers.map { Array(repeating: .zero, count: capacity * $0.outputLanes) }
  }

  var last: Int { shape.layers.count - 1 }

  /// Computes the outputs of `rows` rows for inference: no dropout, nothing kept for a way back.
  mutating func infer(_ inputs: Span<Lanes>, rows: Int) {
    for (index, layer) in shape.layers.enumerated() {
      multiply(inputs, layer, index, rows)
      if index < last {
        activation.apply(to: &outputs[index], parameters, layer, rows: rows)
      }
    }
    addBiases(parameters, to: &outputs[last], shape.layers[last], rows: rows)
  }

  /// Computes the outputs of `rows` rows for training.
  mutating func forward(_ inputs: Span<Lanes>, rows: Int, mask: inout DropoutMask?, slopes: inout [[Lanes]]) {
    for (index, layer) in shape.layers.enumerated() {
      multiply(inputs, layer, index, rows)
      if index < last {
        activation.applyKeepingSlopes(
          to: &outputs[index], parameters, layer, slopes: &slopes[index], rows: rows, mask: &mask)
      }
    }
    addBiases(parameters, to: &outputs[last], shape.layers[last], rows: rows)
  }

  private mutating func multiply(_ inputs: Span<Lanes>, _ layer: NetworkShape.Layer, _ index: Int, _ rows: Int) {
    if index == 0 {
      forwardProduct(inputs, parameters, into: &outputs[0], layer, rows: rows)
    } else {
      let previous = outputs[index - 1]
      forwardProduct(previous.span, parameters, into: &outputs[index], layer, rows: rows)
    }
  }
}

/// The way back: the gradients of the loss by every parameter.
struct BackwardPass {
  /// Each hidden layer's f′ · mask, left there by ``Network/forward(_:rows:mask:slopes:)``.
  var slopes: [[Lanes]]
  /// The gradient of the loss by each layer's sums; the last is what the loss has to fill in.
  var deltas: [[Lanes]]
  /// As the parameters lie.
  var gradients: [Lanes]

  init(shape: NetworkShape, capacity: Int) {
    slopes = shape.layers.dropLast().map { Array(repeating: .zero, count: capacity * $0.outputLanes) }
    deltas = shape.layers.map { Array(repeating: .zero, count: capacity * $0.outputLanes) }
    gradients = Array(repeating: .zero, count: shape.parameterLanes)
  }

  /// Fills in the gradients, from the deltas of the last layer.
  mutating func run(_ inputs: Span<Lanes>, through network: borrowing Network, rows: Int) {
    for index in network.shape.layers.indices.reversed() {
      let layer = network.shape.layers[index]
      let delta = deltas[index]
      biasGradients(delta.span, into: &gradients, layer, rows: rows)
      if index == 0 {
        weightGradientProduct(inputs, delta.span, into: &gradients, layer, rows: rows)
      } else {
        let previous = network.outputs[index - 1]
        weightGradientProduct(previous.span, delta.span, into: &gradients, layer, rows: rows)
        inputGradientProduct(delta.span, network.parameters, into: &deltas[index - 1], layer, rows: rows)
        scale(&deltas[index - 1], by: slopes[index - 1], count: rows * layer.inputLanes)
      }
    }
  }
}
