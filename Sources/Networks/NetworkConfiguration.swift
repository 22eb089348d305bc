public import Tables

/// What a network looks like and how it is trained: everything but the data and the seed.
///
/// No hidden layer makes it softmax regression, or linear regression. The loss is cross-entropy for classification and
/// squared error for regression, each as the mean over the rows.
public struct NetworkConfiguration: Hashable, Codable, Sendable {
  /// What a hidden layer does to its weighted sums.
  public enum Activation: String, Hashable, Codable, Sendable, CaseIterable {
    case relu, tanh, sigmoid
    /// x·Φ(x) in its tanh form (Hendrycks and Gimpel, arXiv 1606.08415): PyTorch's `GELU(approximate="tanh")`.
    case gelu
  }

  public enum Optimizer: String, Hashable, Codable, Sendable, CaseIterable {
    /// Stochastic gradient descent, with ``NetworkConfiguration/momentum`` and ``NetworkConfiguration/nesterov``.
    case sgd
    /// Kingma and Ba, arXiv 1412.6980.
    case adam
    /// Adam with decoupled weight decay: Loshchilov and Hutter, arXiv 1711.05101.
    case adamw
  }

  /// How the learning rate changes, as a function of the epochs trained, fractions included.
  public enum Schedule: Hashable, Codable, Sendable {
    case constant
    /// Falls along half a cosine from the learning rate to `final` times it, reached at `horizon` epochs and kept.
    case cosine(horizon: Double, final: Double = 0)
    /// Is multiplied by `factor` every `every` epochs.
    case step(every: Double, factor: Double)
  }

  /// How a layer's first weights are drawn; biases begin at 0. With n inputs and m outputs:
  public enum Initialization: String, Hashable, Codable, Sendable, CaseIterable {
    /// Normal, deviation √(2/n): He et al., arXiv 1502.01852.
    case he
    /// Uniform in ±√(6/n).
    case heUniform = "he_uniform"
    /// Uniform in ±√(6/(n+m)): Glorot and Bengio, AISTATS 2010.
    case xavier
    /// Normal, deviation √(2/(n+m)).
    case xavierNormal = "xavier_normal"
  }

  /// The widths of the hidden layers, 0 to 8 of them.
  public var hiddenLayers: [Int] = [64]
  public var activation: Activation = .relu
  /// The probability with which a hidden unit's output is dropped in training, in [0, 1), to within 2⁻²⁴. What stays is
  /// scaled by 1/(1 − dropout).
  public var dropout: Double = 0
  /// λ ≥ 0, on all weights and biases, as PyTorch does it: for SGD and Adam λ·w joins the gradient, for AdamW each step
  /// takes (learning rate)·λ·w off the weight.
  public var weightDecay: Double = 0
  /// Rows a step. An epoch's last step takes what is left.
  public var batchSize: Int = 32
  public var optimizer: Optimizer = .adam
  public var learningRate: Double = 1e-3
  /// For SGD, in [0, 1).
  public var momentum: Double = 0
  /// For SGD: Nesterov's momentum; needs a momentum above 0.
  public var nesterov: Bool = false
  /// For Adam and AdamW, in [0, 1).
  public var beta1: Double = 0.9
  /// For Adam and AdamW, in [0, 1).
  public var beta2: Double = 0.999
  /// For Adam and AdamW, above 0.
  public var epsilon: Double = 1e-8
  public var schedule: Schedule = .constant
  public var initialization: Initialization = .he

  /// The defaults: one hidden layer of 64 rectified units, Adam with 0.001, batches of 32.
  public init() {}
}

extension NetworkConfiguration {
  /// Checks every value.
  ///
  /// - Throws: ``ConfigurationError`` with the key, its value and the rule.
  public func validate() throws(ConfigurationError) {
    func check(_ holds: Bool, _ key: String, _ value: Any, _ rule: String) throws(ConfigurationError) {
      if !holds { throw ConfigurationError(key: key, value: "\(value)", rule: rule) }
    }
    try check(hiddenLayers.count <= 8, "hidden_layers", hiddenLayers.count, "0 to 8 layers")
    for width in hiddenLayers {
      try check((1...65536).contains(width), "hidden_units", width, "a whole number from 1 to 65536")
    }
    try check(dropout >= 0 && dropout < 1, "dropout", dropout, "from 0 to below 1")
    try check(weightDecay >= 0 && weightDecay.isFinite, "weight_decay", weightDecay, "0 or above")
    try check((1...1_048_576).contains(batchSize), "batch_size", batchSize, "a whole number from 1 to 1048576")
    try check(learningRate > 0 && learningRate.isFinite, "learning_rate", learningRate, "above 0")
    try check(momentum >= 0 && momentum < 1, "momentum", momentum, "from 0 to below 1")
    try check(
      !nesterov || optimizer != .sgd || momentum > 0, "nesterov", nesterov, "false where the momentum is 0")
    try check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "from 0 to below 1")
    try check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "from 0 to below 1")
    try check(epsilon > 0 && epsilon.isFinite, "epsilon", epsilon, "above 0")
    switch schedule {
    case .constant: break
    case .cosine(let horizon, let final):
      try check(horizon > 0 && horizon.isFinite, "schedule_epochs", horizon, "above 0")
      try check(final >= 0 && final <= 1, "schedule_final", final, "from 0 to 1")
    case .step(let every, let factor):
      try check(every > 0 && every.isFinite, "schedule_epochs", every, "above 0")
      try check(factor > 0 && factor <= 1, "schedule_factor", factor, "above 0 and at most 1")
    }
  }
}
