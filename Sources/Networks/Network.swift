internal import Tables

/// A network's parameters and the memory to compute with them: everything is allocated at the start, for at most `capacity`
/// rows at a time.
struct Network: Sendable {
  let shape: NetworkShape
  let activation: NetworkConfiguration.Activation
  let parameters: LaneView
  /// Each layer's outputs; the last one's without biases until the loss has added them.
  let outputs: [LaneView]
  /// What the views lie in.
  private let memory: [LaneMemory]

  init(shape: NetworkShape, activation: NetworkConfiguration.Activation, parameters: [Lanes], capacity: Int) {
    let memory = LaneMemory(count: parameters.count)
    memory.all.copy(parameters)
    self.init(shape: shape, activation: activation, parameters: memory, capacity: capacity)
  }

  /// The same parameters, with memory for other rows.
  init(sharing network: Network, capacity: Int) {
    self.init(
      shape: network.shape, activation: network.activation, parameters: network.memory[0], capacity: capacity)
  }

  private init(
    shape: NetworkShape, activation: NetworkConfiguration.Activation, parameters: LaneMemory, capacity: Int
  ) {
    self.shape = shape
    self.activation = activation
    self.parameters = parameters.all
    let outputs = shape.layers.map { LaneMemory(count: capacity * $0.outputLanes) }
    self.outputs = outputs.map(\.all)
    memory = [parameters] + outputs
  }

  var last: Int { shape.layers.count - 1 }

  /// Computes the outputs of `rows` rows for inference: no dropout, nothing kept for a way back.
  func infer(_ inputs: Span<Lanes>, rows: Int) {
    let rows = 0..<rows
    for index in shape.layers.indices {
      multiply(inputs, index, rows)
      if index < last {
        withSums(of: index, rows) { activation.apply(to: &$0, biases: $1, rows: rows.count) }
      }
    }
    addLastBiases(rows)
  }

  /// Computes the outputs of some rows of a batch for training.
  ///
  /// - Parameters:
  ///   - inputs: theirs alone.
  ///   - mask: the dropout that a layer begins with; nil: where the layer before has ended, and for the first none at all.
  @inline(__always)
  func forward(
    _ inputs: Span<Lanes>, rows: Range<Int>, slopes: [LaneView], mask: (_ layer: Int) -> DropoutMask?
  ) {
    var current: DropoutMask?
    for index in shape.layers.indices {
      multiply(inputs, index, rows)
      if index < last {
        if let mask = mask(index) { current = mask }
        withSums(of: index, rows) { values, biases in
          slopes[index][rows, shape.layers[index].outputLanes].write {
            activation.applyKeepingSlopes(to: &values, biases: biases, slopes: &$0, rows: rows.count, mask: &current)
          }
        }
      }
    }
    addLastBiases(rows)
  }

  /// A layer's outputs of some rows.
  @inline(__always)
  func outputs(of layer: Int, _ rows: Range<Int>) -> LaneView { outputs[layer][rows, shape.layers[layer].outputLanes] }

  private func multiply(_ inputs: Span<Lanes>, _ index: Int, _ rows: Range<Int>) {
    let layer = shape.layers[index]
    outputs(of: index, rows).write { outputs in
      parameters[layer.weightRange].read { weights in
        if index == 0 {
          forwardProduct(inputs, weights, into: &outputs, layer, rows: rows.count)
        } else {
          self.outputs(of: index - 1, rows).read {
            forwardProduct($0, weights, into: &outputs, layer, rows: rows.count)
          }
        }
      }
    }
  }

  private func addLastBiases(_ rows: Range<Int>) {
    withSums(of: last, rows) { addBiases($1, to: &$0, rows: rows.count) }
  }

  /// A layer's outputs of some rows, to be changed, and its biases.
  @inline(__always)
  private func withSums(
    of index: Int, _ rows: Range<Int>, _ body: (inout MutableSpan<Lanes>, Span<Lanes>) -> Void
  ) {
    outputs(of: index, rows).write { values in
      parameters[shape.layers[index].biasRange].read { body(&values, $0) }
    }
  }
}

/// The way back: the gradients of the loss by every parameter.
struct BackwardPass: Sendable {
  /// Each hidden layer's f′ · mask, left there by ``Network/forward(_:rows:slopes:mask:)``.
  let slopes: [LaneView]
  /// The gradient of the loss by each layer's sums; the last is what the loss has to fill in.
  let deltas: [LaneView]
  /// As the parameters lie.
  let gradients: LaneView
  private let memory: [LaneMemory]

  init(shape: NetworkShape, capacity: Int) {
    let slopes = shape.layers.dropLast().map { LaneMemory(count: capacity * $0.outputLanes) }
    let deltas = shape.layers.map { LaneMemory(count: capacity * $0.outputLanes) }
    let gradients = LaneMemory(count: shape.parameterLanes)
    self.slopes = slopes.map(\.all)
    self.deltas = deltas.map(\.all)
    self.gradients = gradients.all
    memory = slopes + deltas + [gradients]
  }

  /// Takes the deltas of some rows from the last layer to the first.
  func propagate(through network: Network, rows: Range<Int>) {
    for index in network.shape.layers.indices.dropFirst().reversed() {
      let layer = network.shape.layers[index]
      deltas[index - 1][rows, layer.inputLanes].write { before in
        deltas[index][rows, layer.outputLanes].read { delta in
          network.parameters[layer.weightRange].read {
            inputGradientProduct(delta, $0, into: &before, layer, rows: rows.count)
          }
        }
        slopes[index - 1][rows, layer.inputLanes].read { scale(&before, by: $0) }
      }
    }
  }

  /// Fills in the gradients of some parameters from the deltas of all `rows` rows.
  ///
  /// - Parameter features: the rows' features.
  func computeGradients(of part: Division.Part, _ features: LaneView, through network: Network, rows: Int) {
    let layer = network.shape.layers[part.layer]
    let inputs = part.layer == 0 ? features : network.outputs[part.layer - 1]
    inputs[0..<rows, layer.inputLanes].read { inputs in
      deltas[part.layer][0..<rows, layer.outputLanes].read { deltas in
        gradients[part.biases].write {
          let first = part.biases.lowerBound - layer.biases
          biasGradients(deltas, into: &$0, layer, lanes: first..<(first + part.biases.count), rows: rows)
        }
        gradients[part.weights].write {
          weightGradientProduct(inputs, deltas, into: &$0, layer, inputs: part.inputs, rows: rows)
        }
      }
    }
  }
}
