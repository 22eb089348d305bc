import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

/// The network written down plainly, in double precision.
struct ReferenceNetwork {
  var configuration: NetworkConfiguration
  var shape: NetworkShape
  /// weights[layer][input][output], the last input being the bias.
  var weights: [[[Double]]]

  init(_ trainer: NetworkTrainer) {
    configuration = trainer.configuration
    shape = trainer.shape
    let (shape, parameters) = (trainer.shape, trainer.parameters)
    weights = shape.layers.indices.map { layer in
      (0...shape.layers[layer].inputs).map { input in
        (0..<shape.layers[layer].outputs).map { output in
          let place = ParameterPlace(shape, layer: layer, input: input, output: output)
          return Double(parameters[place.lane][place.element])
        }
      }
    }
  }

  func activation(_ x: Double) -> Double {
    switch configuration.activation {
    case .relu: max(x, 0)
    case .tanh: tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    case .gelu: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  /// - Parameter masks: by hidden layer, row, unit.
  func loss(_ data: DataSet, rows: [Int], masks: [[[Double]]]) -> Double {
    var total = 0.0
    for (place, row) in rows.enumerated() {
      var values = data.train.features[row: row].map { Double($0) }
      for (index, layer) in weights.enumerated() {
        values = layer[0].indices.map { output in
          (0...values.count).reduce(0) { $0 + layer[$1][output] * ($1 < values.count ? values[$1] : 1) }
        }
        if index < weights.count - 1 {
          values = values.enumerated().map { activation($1) * (masks.isEmpty ? 1 : masks[index][place][$0]) }
        }
      }
      if data.isClassification {
        let peak = values.max() ?? 0
        total += log(values.reduce(0) { $0 + exp($1 - peak) }) + peak - values[Int(data.train.labels[row])]
      } else {
        let difference = values[0] - Double(data.train.targets[row])
        total += difference * difference
      }
    }
    return total / Double(rows.count)
  }
}

@Suite struct GradientTests {
  static let cases: [(NetworkConfiguration.Activation, [Int], Double, Int?)] =
    NetworkConfiguration.Activation.allCases.flatMap { activation in
      [[], [7], [5, 9], [3, 4, 5, 6, 7, 6, 5, 4]].flatMap { hidden in
        [0, 0.4].flatMap { dropout in
          [nil, 2, 11].map { (activation, hidden, dropout, $0) }
        }
      }
    }

  /// Central differences of the reference's loss in double precision; the tolerance is what single precision in the network
  /// costs.
  @Test(arguments: cases)
  func gradientsAgreeWithFiniteDifferences(
    activation: NetworkConfiguration.Activation, hidden: [Int], dropout: Double, classes: Int?
  ) throws {
    let data = try randomData(rows: 44, features: 5, classes: classes)
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = hidden
    configuration.activation = activation
    configuration.dropout = dropout
    configuration.batchSize = 13
    configuration.initialization = .xavier
    let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 11)
    trainer.train(toStep: 3)
    // A rectified unit that gets zeros alone must not sit at its kink, where there is no derivative.
    var generator = CounterGenerator.forTests(3)
    for layer in trainer.shape.layers.indices {
      for output in 0..<trainer.shape.layers[layer].outputs {
        let place = ParameterPlace(
          trainer.shape, layer: layer, input: trainer.shape.layers[layer].inputs, output: output)
        trainer.parameters[place.lane][place.element] = Float(generator.number(in: -0.5...0.5))
      }
    }
    let (loss, gradients, rows) = trainer.nextStepGradients()
    #expect(rows.count == (3 < trainer.stepsPerEpoch - 1 ? 13 : 44 - 39))

    var reference = ReferenceNetwork(trainer)
    let masks = Self.maskFactors(configuration, trainer.shape, seed: 11, step: trainer.step, rows: rows.count)
    #expect(abs(reference.loss(data, rows: rows, masks: masks) - loss) < 1e-5)
    var worst = 0.0
    for layer in reference.weights.indices {
      for input in reference.weights[layer].indices {
        for output in reference.weights[layer][input].indices {
          let weight = reference.weights[layer][input][output]
          let step = 1e-6
          reference.weights[layer][input][output] = weight + step
          let above = reference.loss(data, rows: rows, masks: masks)
          reference.weights[layer][input][output] = weight - step
          let below = reference.loss(data, rows: rows, masks: masks)
          reference.weights[layer][input][output] = weight
          let place = ParameterPlace(trainer.shape, layer: layer, input: input, output: output)
          worst = max(worst, abs((above - below) / (2 * step) - Double(gradients[place.lane][place.element])))
        }
      }
    }
    #expect(worst < 2e-5)
  }

  static func maskFactors(
    _ configuration: NetworkConfiguration, _ shape: NetworkShape, seed: UInt64, step: Int, rows: Int
  ) -> [[[Double]]] {
    guard configuration.dropout > 0 else { return [] }
    var mask = DropoutMask(probability: configuration.dropout, seed: seed, step: step)
    return shape.layers.dropLast().map { layer in
      (0..<rows).map { _ in
        (0..<layer.outputLanes).flatMap { _ in
          let lanes = mask.next()
          return (0..<8).map { Double(lanes[$0]) }
        }
      }
    }
  }

  @Test func paddingStaysZero() throws {
    let data = try randomData(rows: 60, features: 5, classes: 3)
    for activation in NetworkConfiguration.Activation.allCases {
      var configuration = NetworkConfiguration()
      configuration.hiddenLayers = [7, 9]
      configuration.activation = activation
      configuration.dropout = 0.3
      configuration.weightDecay = 0.01
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 1)
      trainer.train(toEpochs: 20)
      let total = trainer.parameters.reduce(0) { count, lanes in count + (0..<8).count { lanes[$0] != 0 } }
      #expect(total <= trainer.shape.parameterCount)
    }
  }
}
