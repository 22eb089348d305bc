internal import Tables

/// What an optimizer remembers between steps; sources at ``NetworkConfiguration/Optimizer``.
struct OptimizerState: Sendable {
  let configuration: NetworkConfiguration
  private let memory: LaneMemory
  /// SGD's momentum buffer, or Adam's mean of the gradients; empty for plain SGD.
  let first: LaneView
  /// Adam's mean of the squared gradients; empty for SGD.
  let second: LaneView

  init(_ configuration: NetworkConfiguration, parameterLanes: Int) {
    self.configuration = configuration
    let isSGD = configuration.optimizer == .sgd
    let counts = (isSGD && configuration.momentum == 0 ? 0 : parameterLanes, isSGD ? 0 : parameterLanes)
    memory = LaneMemory(count: counts.0 + counts.1)
    first = memory.all[0..<counts.0]
    second = memory.all[counts.0..<(counts.0 + counts.1)]
  }

  /// A step's numbers.
  ///
  /// - Parameters:
  ///   - step: how many steps were taken before.
  func step(learningRate: Double, step: Int) -> OptimizerStep {
    let decay = Float(configuration.weightDecay)
    switch configuration.optimizer {
    case .sgd where configuration.momentum == 0:
      return .plain(rate: Float(learningRate), decay: decay)
    case .sgd:
      let momentum = Float(configuration.momentum)
      let isNesterov = configuration.nesterov
      return .momentum(
        MomentumStep(
          rate: Lanes(repeating: Float(learningRate)), decay: Lanes(repeating: decay),
          momentum: Lanes(repeating: momentum), ownShare: Lanes(repeating: isNesterov ? 1 : 0),
          bufferShare: Lanes(repeating: isNesterov ? momentum : 1)))
    case .adam:
      return .adam(AdamStep(configuration, rate: learningRate, step: step, decay: decay, keep: 1))
    case .adamw:
      let keep = Float(1 - learningRate * configuration.weightDecay)
      return .adam(AdamStep(configuration, rate: learningRate, step: step, decay: 0, keep: keep))
    }
  }

  /// Takes the step of some parameters, lane by lane: taken in any parts, a step gives the same.
  func take(_ step: OptimizerStep, _ parameters: LaneView, gradients: LaneView, _ part: Range<Int>) {
    parameters[part].write { parameters in
      gradients[part].read { gradients in
        switch step {
        case .plain(let rate, let decay):
          for lane in 0..<parameters.count {
            let weight = parameters[lane]
            parameters[lane] = weight - (gradients[lane] + weight * decay) * rate
          }
        case .momentum(let step):
          first[part].write { step.apply(to: &parameters, gradients, &$0) }
        case .adam(let step):
          first[part].write { first in second[part].write { step.apply(to: &parameters, gradients, &first, &$0) } }
        }
      }
    }
  }
}

/// The numbers of one step of an optimizer; the exact forms are PyTorch's.
enum OptimizerStep: Sendable {
  case plain(rate: Float, decay: Float)
  case momentum(MomentumStep)
  case adam(AdamStep)
}

/// The numbers of one step with momentum, eight of each: of single ones that lie side by side the compiler makes vectors, which
/// it then has to shuffle in the loop.
struct MomentumStep: Sendable {
  let rate: Lanes
  let decay: Lanes
  let momentum: Lanes
  // Both kinds of momentum are one formula: direction = ownShare · gradient + bufferShare · buffer.
  let ownShare: Lanes
  let bufferShare: Lanes

  @inline(__always)
  fileprivate func apply(
    to parameters: inout MutableSpan<Lanes>, _ gradients: Span<Lanes>, _ buffer: inout MutableSpan<Lanes>
  ) {
    for lane in 0..<parameters.count {
      let weight = parameters[lane]
      let gradient = gradients[lane] + weight * decay
      let velocity = buffer[lane] * momentum + gradient
      buffer[lane] = velocity
      parameters[lane] = weight - (gradient * ownShare + velocity * bufferShare) * rate
    }
  }
}

/// The numbers of one step of Adam.
struct AdamStep: Sendable {
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

  fileprivate init(_ configuration: NetworkConfiguration, rate: Double, step: Int, decay: Float, keep: Float) {
    beta1 = Float(configuration.beta1)
    beta2 = Float(configuration.beta2)
    new1 = Float(1 - configuration.beta1)
    new2 = Float(1 - configuration.beta2)
    size = Float(rate / (1 - power(configuration.beta1, step + 1)))
    correction = Float(1 / (1 - power(configuration.beta2, step + 1)).squareRoot())
    epsilon = Float(configuration.epsilon)
    self.decay = decay
    self.keep = keep
  }

  @inline(__always)
  fileprivate func apply(
    to parameters: inout MutableSpan<Lanes>, _ gradients: Span<Lanes>, _ first: inout MutableSpan<Lanes>,
    _ second: inout MutableSpan<Lanes>
  ) {
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
