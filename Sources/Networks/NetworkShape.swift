internal import Randomness
internal import Tables

/// The layers of a network and where their parameters lie in one flat array of ``Lanes``.
package struct NetworkShape: Equatable, Sendable {
  package struct Layer: Equatable, Sendable {
    package let inputs: Int
    package let outputs: Int
    /// The weights' first lane: `inputs` rows of `outputLanes`.
    package let weights: Int

    package var inputLanes: Int { Lanes.count(holding: inputs) }
    package var outputLanes: Int { Lanes.count(holding: outputs) }
    /// The biases' first lane: one row.
    package var biases: Int { weights + inputs * outputLanes }
    var end: Int { biases + outputLanes }
    /// Where weights and biases lie, in lanes.
    var weightRange: Range<Int> { weights..<biases }
    var biasRange: Range<Int> { biases..<end }
  }

  package let layers: [Layer]

  package init(inputs: Int, hidden: [Int], outputs: Int) {
    var layers: [Layer] = []
    var previous = inputs
    for width in hidden + [outputs] {
      layers.append(Layer(inputs: previous, outputs: width, weights: layers.last?.end ?? 0))
      previous = width
    }
    self.layers = layers
  }

  /// How many lanes all parameters take, padding included.
  package var parameterLanes: Int { layers[layers.count - 1].end }

  /// How many parameters there are, padding not counted.
  package var parameterCount: Int { layers.reduce(0) { $0 + ($1.inputs + 1) * $1.outputs } }

  /// First parameters, a function of the seed alone.
  func initialParameters(_ initialization: NetworkConfiguration.Initialization, seed: UInt64) -> [Lanes] {
    var parameters = [Lanes](repeating: .zero, count: parameterLanes)
    for (index, layer) in layers.enumerated() {
      var generator = CounterGenerator(seed: seed, purpose: .initialWeights, index: UInt64(index))
      let inputs = Double(layer.inputs)
      let both = Double(layer.inputs + layer.outputs)
      for row in 0..<layer.inputs {
        for column in 0..<layer.outputs {
          let weight =
            switch initialization {
            case .he: generator.normal() * (2 / inputs).squareRoot()
            case .heUniform: (2 * generator.uniform() - 1) * (6 / inputs).squareRoot()
            case .xavier: (2 * generator.uniform() - 1) * (6 / both).squareRoot()
            case .xavierNormal: generator.normal() * (2 / both).squareRoot()
            }
          parameters[layer.weights + row * layer.outputLanes + column / 8][column % 8] = Float(weight)
        }
      }
    }
    return parameters
  }
}
