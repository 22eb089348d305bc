import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

/// Known answers from scikit-learn 1.7 or later and numpy:
///
/// ```python
/// import numpy as np
/// from sklearn.neural_network import MLPClassifier, MLPRegressor
/// from sklearn.neural_network._stochastic_optimizers import SGDOptimizer, AdamOptimizer
/// def weights(n, m): return np.array([[((i * 5 + j * 3) % 7 - 3) / 10 for j in range(m)] for i in range(n)])
/// X = np.array([[(i * 7 + j * 3) % 11 for j in range(3)] for i in range(12)], float)
/// X = (X - X.mean(0)) / X.std(0)
/// labels = np.arange(12) % 3
/// values = np.array([(i * 5) % 13 for i in range(12)], float); values = (values - values.mean()) / values.std()
/// def steps(model, target, rate, **options):
///     net = model(hidden_layer_sizes=(4,), activation="tanh", alpha=0, batch_size=12, learning_rate_init=rate, shuffle=False, **options)
///     net.partial_fit(X, target, **({"classes": [0, 1, 2]} if model is MLPClassifier else {}))  # makes the arrays, set below
///     net.coefs_[0][:] = weights(3, 4); net.coefs_[1][:] = weights(4, net.coefs_[1].shape[1])
///     for b in net.intercepts_: b[:] = 0
///     params = net.coefs_ + net.intercepts_
///     net._optimizer = (AdamOptimizer(params, rate) if options["solver"] == "adam" else
///         SGDOptimizer(params, rate, "constant", options["momentum"], options["nesterovs_momentum"]))
///     for _ in range(5): net.partial_fit(X, target)
///     print(np.concatenate([net.coefs_[0].ravel(), net.intercepts_[1]]).round(6))
/// steps(MLPClassifier, labels, 0.1, solver="adam")
/// steps(MLPClassifier, labels, 0.1, solver="sgd", momentum=0.9, nesterovs_momentum=True)
/// steps(MLPClassifier, labels, 0.1, solver="sgd", momentum=0.9, nesterovs_momentum=False)
/// steps(MLPRegressor, values, 0.1, solver="sgd", momentum=0.0, nesterovs_momentum=False)  # half our loss: our rate is 0.05
/// print((-X.T @ ((np.full((12, 3), 1 / 3) - np.eye(3)[labels]) / 12)).round(6))  # softmax regression, a step of 1 from 0
/// ```
@Suite struct OptimizerTests {
  private func data(classes: Bool) throws -> DataSet {
    let rows = (0..<12).map { i in
      (0..<3).map { "\((i * 7 + $0 * 3) % 11)," }.joined() + (classes ? "c\(i % 3)" : "\(i * 5 % 13)")
    }
    return try DataSet(
      table: table("a,b,c,y\n" + rows.joined(separator: "\n")),
      options: DataSetOptions(
        target: "y", task: classes ? .classification : .regression, validationFraction: 0, testFraction: 0))
  }

  /// The first layer's weights and the last layer's biases after some steps.
  private func train(
    classes: Bool, steps: Int = 5, hidden: [Int] = [4], _ change: (inout NetworkConfiguration) -> Void
  ) throws -> [Float] {
    var configuration = NetworkConfiguration()
    configuration.hiddenLayers = hidden
    configuration.activation = .tanh
    configuration.batchSize = 12
    configuration.learningRate = 0.1
    change(&configuration)
    let trainer = try NetworkTrainer(configuration: configuration, data: data(classes: classes), seed: 0)
    let shape = trainer.shape
    for (index, layer) in shape.layers.enumerated() {
      for input in 0...layer.inputs {
        for output in 0..<layer.outputs {
          let place = ParameterPlace(shape, layer: index, input: input, output: output)
          let isZero = input == layer.inputs || hidden.isEmpty
          trainer.parameters[place.lane][place.element] = isZero ? 0 : Float((input * 5 + output * 3) % 7 - 3) / 10
        }
      }
    }
    trainer.train(toStep: steps)
    let last = shape.layers.count - 1
    let weights = (0..<3).flatMap { input in
      (0..<shape.layers[0].outputs).map { ParameterPlace(shape, layer: 0, input: input, output: $0) }
    }
    let biases = (0..<shape.layers[last].outputs).map {
      ParameterPlace(shape, layer: last, input: shape.layers[last].inputs, output: $0)
    }
    return (weights + (hidden.isEmpty ? [] : biases)).map { trainer.parameters[$0.lane][$0.element] }
  }

  private func expectClose(_ found: [Float], _ expected: [Float], _ tolerance: Float = 5e-6) {
    #expect(found.count == expected.count)
    for (one, other) in zip(found, expected) { #expect(abs(one - other) < tolerance) }
  }

  @Test func adamAgreesWithScikitLearn() throws {
    expectClose(
      try train(classes: true) { $0.optimizer = .adam },
      [
        -0.727914, -0.080058, 0.787282, 0.349645, 0.698323, -0.694375, 0.556315, -0.071046, 0.388621, 0.687283,
        -0.482827,
        -0.190155, 0.199588, 0.182748, -0.191291,
      ], 1e-4)  // where a gradient is nearly 0, Adam's quotient magnifies the rounding of single precision
  }

  @Test func nesterovAgreesWithScikitLearn() throws {
    expectClose(
      try train(classes: true) {
        $0.optimizer = .sgd
        $0.momentum = 0.9
        $0.nesterov = true
      },
      [
        -0.470056, 0.004144, 0.372354, -0.052198, 0.307998, -0.416394, 0.272121, -0.185187, 0.13023, 0.338051,
        -0.207477,
        0.135812, 0.004086, 0.004693, -0.008778,
      ])
  }

  @Test func momentumAgreesWithScikitLearn() throws {
    expectClose(
      try train(classes: true) {
        $0.optimizer = .sgd
        $0.momentum = 0.9
      },
      [
        -0.437441, 0.005174, 0.35441, -0.059628, 0.28002, -0.366687, 0.237608, -0.197569, 0.106047, 0.330804, -0.185366,
        0.144336, 0.00242, 0.002613, -0.005033,
      ])
  }

  @Test func regressionAgreesWithScikitLearn() throws {
    expectClose(
      try train(classes: false) {
        $0.optimizer = .sgd
        $0.learningRate = 0.05
      },
      [
        -0.299211, -0.005646, 0.299962, -0.090487, 0.1415, -0.157884, 0.100202, -0.347883, -0.027823, 0.321471,
        -0.099896,
        0.172278, 0.001961,
      ])
  }

  @Test func softmaxRegressionAgreesWithNumpy() throws {
    expectClose(
      try train(classes: true, steps: 1, hidden: []) {
        $0.optimizer = .sgd
        $0.learningRate = 1
      },
      [0.217006, 0.09181, -0.308816, -0.36102, 0.397122, -0.036102, -0.063957, -0.201008, 0.264965])
  }

  /// The optimizers written down plainly, after PyTorch's documentation, fed with the trainer's own gradients.
  @Test(arguments: NetworkConfiguration.Optimizer.allCases, [0, 0.05])
  func everyOptimizerFollowsItsDefinition(optimizer: NetworkConfiguration.Optimizer, decay: Double) throws {
    for (momentum, nesterov) in [(0.0, false), (0.8, false), (0.8, true)] {
      var configuration = NetworkConfiguration()
      configuration.hiddenLayers = [6]
      configuration.optimizer = optimizer
      configuration.weightDecay = decay
      configuration.learningRate = 0.02
      configuration.momentum = momentum
      configuration.nesterov = nesterov
      configuration.schedule = .cosine(horizon: 4, final: 0.1)
      let data = try randomData(rows: 40, features: 4, classes: 3)
      let trainer = try NetworkTrainer(configuration: configuration, data: data, seed: 3)
      let places = ParameterPlace.all(trainer.shape)
      var weights = trainer.plainParameters.map { Double($0) }
      var first = weights.map { _ in 0.0 }
      var second = first
      for step in 1...25 {
        let gradients = trainer.nextStepGradients().gradients
        let rate = configuration.learningRate(afterEpochs: Double(trainer.records) / 40)
        for (index, place) in places.enumerated() {
          var gradient = Double(gradients[place.lane][place.element])
          if optimizer == .adamw { weights[index] *= 1 - rate * decay } else { gradient += decay * weights[index] }
          if optimizer == .sgd {
            first[index] = momentum * first[index] + gradient
            weights[index] -= rate * (nesterov ? gradient + momentum * first[index] : first[index])
          } else {
            first[index] = 0.9 * first[index] + 0.1 * gradient
            second[index] = 0.999 * second[index] + 0.001 * gradient * gradient
            let mean = first[index] / (1 - pow(0.9, Double(step)))
            weights[index] -= rate * mean / ((second[index] / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8)
          }
        }
        trainer.train(toStep: step)
        let worst = zip(weights, trainer.plainParameters).map { abs($0 - Double($1)) }.max() ?? 0
        #expect(worst < 2e-4, "step \(step)")
      }
    }
  }

  @Test func theLearningRateFollowsItsSchedule() {
    var configuration = NetworkConfiguration()
    configuration.learningRate = 0.8
    #expect(configuration.learningRate(afterEpochs: 100) == 0.8)
    configuration.schedule = .cosine(horizon: 10, final: 0.25)
    #expect(configuration.learningRate(afterEpochs: 0) == 0.8)
    #expect(abs(configuration.learningRate(afterEpochs: 5) - 0.5) < 1e-12)
    #expect(abs(configuration.learningRate(afterEpochs: 10) - 0.2) < 1e-12)
    #expect(abs(configuration.learningRate(afterEpochs: 99) - 0.2) < 1e-12)
    configuration.schedule = .step(every: 2, factor: 0.5)
    #expect([0, 1.9, 2, 3.9, 4].map { configuration.learningRate(afterEpochs: $0) } == [0.8, 0.8, 0.4, 0.4, 0.2])
  }

  @Test func anImpossibleValueIsRefusedByItsKey() {
    func expect(_ key: String, _ change: (inout NetworkConfiguration) -> Void) {
      var configuration = NetworkConfiguration()
      change(&configuration)
      #expect(message { try configuration.validate() }.hasPrefix("\(key) is "))
    }
    expect("hidden_layers") { $0.hiddenLayers = Array(repeating: 4, count: 9) }
    expect("hidden_units") { $0.hiddenLayers = [4, 0] }
    expect("dropout") { $0.dropout = 1 }
    expect("dropout") { $0.dropout = .nan }
    expect("weight_decay") { $0.weightDecay = -1 }
    expect("batch_size") { $0.batchSize = 0 }
    expect("learning_rate") { $0.learningRate = 0 }
    expect("learning_rate") { $0.learningRate = .infinity }
    expect("momentum") { $0.momentum = 1 }
    expect("nesterov") { ($0.optimizer, $0.nesterov) = (.sgd, true) }
    expect("beta1") { $0.beta1 = 1 }
    expect("beta2") { $0.beta2 = -0.1 }
    expect("epsilon") { $0.epsilon = 0 }
    expect("schedule_epochs") { $0.schedule = .cosine(horizon: 0) }
    expect("schedule_factor") { $0.schedule = .step(every: 1, factor: 2) }
  }
}
