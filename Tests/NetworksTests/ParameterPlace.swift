import Networks

/// A parameter of a network, by layer, input (the number of inputs: the bias) and output.
struct ParameterPlace {
  let lane: Int
  let element: Int

  init(_ shape: NetworkShape, layer: Int, input: Int, output: Int) {
    let layer = shape.layers[layer]
    lane = layer.weights + input * layer.outputLanes + output / 8
    element = output % 8
  }

  static func all(_ shape: NetworkShape) -> [ParameterPlace] {
    shape.layers.indices.flatMap { layer in
      (0...shape.layers[layer].inputs).flatMap { input in
        (0..<shape.layers[layer].outputs).map { ParameterPlace(shape, layer: layer, input: input, output: $0) }
      }
    }
  }
}

extension NetworkTrainer {
  /// All weights and biases, without padding.
  var plainParameters: [Float] {
    ParameterPlace.all(shape).map { parameters[$0.lane][$0.element] }
  }
}
