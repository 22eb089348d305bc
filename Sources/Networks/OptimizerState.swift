internal import Tables

/// What an optimizer remembers between steps, and its step; sources at ``NetworkConfiguration/Optimizer``, the exact forms
/// are PyTorch's.
struct OptimizerState {
  let configuration: NetworkConfiguration
  /// SGD's momentum buffer, or Adam's mean of the gradients; empty for plain SGD.
  var first: [Lanes]
  /// Adam's mean of the squared gradients; empty for SGD.
  var second: [Lanes]

  init(_ configuration: NetworkConfiguration, parameterLanes: Int) {
    self.configuration = configuration
    let zeros = [Lanes](repeating: .zero, count: parameterLanes)
    let isSGD = configuration.optimizer == .sgd
    first = isSGD && configuration.momentum == 0 ? [] : zeros
    second = isSGD ? [] : zeros
  }

  /// Takes one step.
  ///
  /// - Parameters:
  ///   - step: how many steps were taken before.
  mutating func update(_ parameters: inout [Lanes], gradients: [Lanes], learningRate: Double, step: Int) {
    switch configuration.optimizer {
    case .sgd where configuration.momentum == 0:
      plainStep(&parameters, gradients, rate: Float(learningRate))
    case .sgd:
      momentumStep(&parameters, gradients, rate: Float(learningRate))
    case .adam:
      adamStep(&parameters, gradients, rate: learningRate, step: step, decay: Float(configuration.weightDecay), keep: 1)
    case .adamw:
      adamStep(
        &parameters, gradients, rate: learningRate, step: step, decay: 0,
        keep: Float(1 - learningRate * configuration.weightDecay))
    }
  }

}

extension OptimizerState {
  private func plainStep(_ parameters: inout [Lanes], _ gradients: [Lanes], rate: Float) {
    let decay = Float(configuration.weightDecay)
    var parameters = parameters.mutableSpan
    let gradients = gradients.span
    for lane in 0..<parameters.count {
      let weight = parameters[lane]
      parameters[lane] = weight - (gradients[lane] + weight * decay) * rate
    }
  }

  private mutating func momentumStep(_ parameters: inout [Lanes], _ gradients: [Lanes], rate: Float) {
    let decay = Float(configuration.weightDecay)
    let momentum = Float(configuration.momentum)
    // Both kinds of momentum are one formula: direction = ownShare · gradient + bufferShare · buffer.
    let ownShare: Float = configuration.nesterov ? 1 : 0
    let bufferShare: Float = configuration.nesterov ? momentum : 1
    var parameters = parameters.mutableSpan
    let gradients = gradients.span
    var buffer = first.mutableSpan
    for lane in 0..<parameters.count {
      let weight = parameters[lane]
      let gradient = gradients[lane] + weight * decay
      let velocity = buffer[lane] * momentum + gradient
      buffer[lane] = velocity
      parameters[lane] = weight - (gradient * ownShare + velocity * bufferShare) * rate
    }
  }

  private mutating func adamStep(
    _ parameters: inout [Lanes], _ gradients: [Lanes], rate: Double, step: Int, decay: Float, keep: Float
  ) {
    AdamStep(
      beta1: Float(configuration.beta1), beta2: Float(configuration.beta2), new1: Float(1 - configuration.beta1),
      new2: Float(1 - configuration.beta2), size: Float(rate / (1 - power(configuration.beta1, step + 1))),
      correction: Float(1 / (1 - power(configuration.beta2, step + 1)).squareRoot()),
      epsilon: Float(configuration.epsilon), decay: decay, keep: keep
    ).apply(to: &parameters, gradients, &first, &second)
  }
}

/// The numbers of one step of Adam.
private struct AdamStep {
  let beta1: Float
  let beta2: Float
  /// 1 − β₁.
  let new1: Float
  /// 1 − β₂.
  let new2: Float
  /// The learning rate / (1 − β₁ᵗ).
  let size: Float
  /// 1 / √(1 − β₂ᵗ).
  let correction: Float
  let epsilon: Float
  /// The weight decay in the gradient.
  let decay: Float
  /// What AdamW's decay leaves of a weight.
  let keep: Float

  func apply(to parameters: inout [Lanes], _ gradients: [Lanes], _ first: inout [Lanes], _ second: inout [Lanes]) {
    var parameters = parameters.mutableSpan
    let gradients = gradients.span
    var first = first.mutableSpan
    var second = second.mutableSpan
    for lane in 0..<parameters.count {
      let weight = parameters[lane]
      let gradient = gradients[lane] + weight * decay
      let mean = first[lane] * beta1 + gradient * new1
      let square = second[lane] * beta2 + gradient * gradient * new2
      first[lane] = mean
      second[lane] = square
      parameters[lane] = weight * keep - mean * size / (square.squareRoots * correction + epsilon)
    }
  }
}

/// base^exponent by repeated squaring: the same on every machine, unlike the C library's `pow`.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, square, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
