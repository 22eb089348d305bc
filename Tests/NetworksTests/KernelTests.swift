import Elementary
import Foundation
import Networks
import Randomness
import Tables
import Testing
import TrainerSupport

@Suite struct KernelTests {
  /// The largest error of an approximation, in units in the last place of the true value.
  private func worst(
    _ approximation: (Lanes) -> Lanes, _ truth: (Double) -> Double, in range: ClosedRange<Double>
  ) -> Double {
    var worst = 0.0
    var generator = CounterGenerator.forTests(7)
    for _ in 0..<20_000 {
      var x = Lanes()
      for lane in 0..<8 { x[lane] = Float(generator.number(in: range)) }
      let y = approximation(x)
      for lane in 0..<8 {
        let exact = truth(Double(x[lane]))
        worst = max(worst, abs(Double(y[lane]) - exact) / Double(Float(exact).ulp))
      }
    }
    return worst
  }

  @Test func theExponentialIsGoodToTwoUnitsInTheLastPlace() {
    #expect(worst(exponential, exp, in: -87...88) <= 2)
    #expect(worst(exponential, exp, in: -1...1) <= 2)
    #expect(exponential(Lanes(repeating: 0)) == Lanes(repeating: 1))
    #expect(exponential(Lanes(repeating: -.infinity)) == Lanes(repeating: 0))
    #expect(exponential(Lanes(repeating: .nan))[3].isNaN)
  }

  @Test func theHyperbolicTangentIsGoodToSixUnitsInTheLastPlace() {
    #expect(worst(hyperbolicTangent, tanh, in: -12...12) <= 6)
    #expect(worst(hyperbolicTangent, tanh, in: -0.01...0.01) <= 6)
    #expect(hyperbolicTangent(Lanes(repeating: -.infinity))[0] >= -1)
    #expect(hyperbolicTangent(Lanes(repeating: .nan))[3].isNaN)
  }

  @Test func theLogisticFunctionIsGoodToFourUnitsInTheLastPlace() {
    #expect(worst(logistic, { 1 / (1 + exp(-$0)) }, in: -80...80) <= 4)
    #expect(logistic(Lanes(repeating: .nan))[3].isNaN)
  }

  @Test(arguments: 0..<300)
  func fastMatrixProductsAgreeWithNaiveOnes(index: Int) {
    var generator = CounterGenerator.forTests(index)
    let most = index % 3 == 0 ? 130 : 24
    let shape = NetworkShape(
      inputs: generator.number(in: 1...most), hidden: [generator.number(in: 1...most)],
      outputs: generator.number(in: 1...most))
    let layer = shape.layers[1]
    let rows = generator.number(in: 1...70)

    func random(_ rows: Int, _ columns: Int) -> [Lanes] {
      var matrix = [Lanes](repeating: .zero, count: rows * Lanes.count(holding: columns))
      for row in 0..<rows {
        for column in 0..<columns {
          matrix[row * Lanes.count(holding: columns) + column / 8][column % 8] = Float(generator.number(in: -1.0...1.0))
        }
      }
      return matrix
    }
    func at(_ matrix: [Lanes], _ row: Int, _ column: Int, lanes: Int, from first: Int = 0) -> Double {
      Double(matrix[first + row * lanes + column / 8][column % 8])
    }
    func sum(_ count: Int, _ term: (Int) -> Double) -> Double { (0..<count).reduce(0) { $0 + term($1) } }

    let inputs = random(rows, layer.inputs)
    let deltas = random(rows, layer.outputs)
    var parameters = [Lanes](repeating: .zero, count: shape.parameterLanes)
    parameters.replaceSubrange(layer.weights..<layer.biases, with: random(layer.inputs, layer.outputs))
    let (inner, outer) = (layer.inputLanes, layer.outputLanes)

    /// What `body` makes of zeros.
    func filled(_ count: Int, _ body: (inout MutableSpan<Lanes>) -> Void) -> [Lanes] {
      var values = [Lanes](repeating: .zero, count: count)
      var span = values.mutableSpan
      body(&span)
      return values
    }
    let weights = Array(parameters[layer.weights..<layer.biases])
    let outputs = filled(rows * outer) { forwardProduct(inputs.span, weights.span, into: &$0, layer, rows: rows) }
    // In two parts, as threads compute them.
    let (cut, lane) = (generator.number(in: 0...(layer.inputs - 1) / 8) * 8, generator.number(in: 0...outer))
    var gradients = [Lanes](repeating: .zero, count: layer.weights)
    for part in [0..<cut, cut..<layer.inputs] where !part.isEmpty {
      gradients += filled(part.count * outer) {
        weightGradientProduct(inputs.span, deltas.span, into: &$0, layer, inputs: part, rows: rows)
      }
    }
    for part in [0..<lane, lane..<outer] {
      gradients += filled(part.count) { biasGradients(deltas.span, into: &$0, layer, lanes: part, rows: rows) }
    }
    let inputDeltas = filled(rows * inner) {
      inputGradientProduct(deltas.span, weights.span, into: &$0, layer, rows: rows)
    }

    var worst = 0.0
    for output in 0..<(outer * 8) {
      for row in 0..<rows {
        let exact = sum(layer.inputs) {
          at(inputs, row, $0, lanes: inner) * at(parameters, $0, output, lanes: outer, from: layer.weights)
        }
        worst = max(worst, abs(exact - at(outputs, row, output, lanes: outer)))
      }
      for input in 0..<layer.inputs {
        let exact = sum(rows) { at(inputs, $0, input, lanes: inner) * at(deltas, $0, output, lanes: outer) }
        worst = max(worst, abs(exact - at(gradients, input, output, lanes: outer, from: layer.weights)))
      }
      let exact = sum(rows) { at(deltas, $0, output, lanes: outer) }
      worst = max(worst, abs(exact - at(gradients, 0, output, lanes: outer, from: layer.biases)))
    }
    for row in 0..<rows {
      for input in 0..<(inner * 8) {
        let exact =
          input >= layer.inputs
          ? 0
          : sum(layer.outputs) {
            at(deltas, row, $0, lanes: outer) * at(parameters, input, $0, lanes: outer, from: layer.weights)
          }
        worst = max(worst, abs(exact - at(inputDeltas, row, input, lanes: inner)))
      }
    }
    #expect(worst < 2e-5, "\(rows) rows, \(layer.inputs) inputs, \(layer.outputs) outputs")
  }

  @Test(arguments: [0.1, 0.5, 0.9])
  func dropoutDropsItsShareAndScalesTheRest(probability: Double) {
    var mask = DropoutMask(probability: probability, seed: 5, step: 9)
    var same = DropoutMask(probability: probability, seed: 5, step: 9)
    var other = DropoutMask(probability: probability, seed: 5, step: 10)
    var dropped = 0
    var differences = 0
    for _ in 0..<20_000 {
      let lanes = mask.next()
      #expect(lanes == same.next())
      if lanes != other.next() { differences += 1 }
      for lane in 0..<8 {
        if lanes[lane] == 0 { dropped += 1 } else { #expect(lanes[lane] == Float(1 / (1 - probability))) }
      }
    }
    // Five standard deviations.
    #expect(abs(Double(dropped) / 160_000 - probability) < 5 * (probability * (1 - probability) / 160_000).squareRoot())
    #expect(differences > 5_000)
  }

  @Test func crossEntropyStandsLargeLogits() {
    let logits: [Lanes] = [[1000, -1000, 0, 9, 9, 9, 9, 9]]
    var deltas = [Lanes.zero]
    let labels: [Int32] = [1]
    var span = deltas.mutableSpan
    #expect(crossEntropy(logits.span, labels: labels.span, classes: 3, scale: 1, deltas: &span) == 2000)
    #expect(deltas == [[1, -1, 0, 0, 0, 0, 0, 0]])
  }
}
