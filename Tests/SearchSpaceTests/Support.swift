import Randomness
import SearchSpace
import Testing
import TuningTypes

/// Uniform numbers of a fixed seed.
func uniforms(_ count: Int, seed: UInt64) -> [Double] {
  var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 0)
  return (0..<count).map { _ in generator.uniform() }
}

/// The largest distance between an empirical distribution and the uniform one on [0, 1] (Kolmogorov–Smirnov).
func distanceFromUniform(_ sample: [Double]) -> Double {
  let n = Double(sample.count)
  return sample.sorted().enumerated().map { i, x in
    max(Double(i + 1) / n - x, x - Double(i) / n)
  }.max() ?? 1
}

/// The message of the error that `body` throws.
func message(_ body: () throws(SearchSpaceError) -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return error.description }
}

extension Domain {
  static func float(
    _ min: Double, _ max: Double, _ scale: Scale = .linear, step: Double? = nil
  ) throws(SearchSpaceError) -> Domain {
    .float(try FloatDomain(min: min, max: max, scale: scale, step: step))
  }

  static func integer(
    _ min: Int, _ max: Int, _ scale: Scale = .linear, step: Int? = nil
  ) throws(SearchSpaceError) -> Domain {
    .integer(try IntegerDomain(min: min, max: max, scale: scale, step: step))
  }
}

/// Eight hyperparameters of every kind, the later ones conditional, one of them declared before its parent.
func optimizerSpace() throws -> SearchSpace {
  try SearchSpace([
    Parameter("learning_rate", .float(1e-4, 1, .log)),
    Parameter("momentum", .float(0, 0.9, step: 0.3), when: Condition([.init("optimizer", in: ["sgd"])])),
    Parameter("optimizer", .categorical(["sgd", "adam", "adamw"])),
    Parameter("weight_decay", .float(1e-6, 1e-2, .log), when: Condition([.init("optimizer", in: ["adamw", "sgd"])])),
    Parameter("schedule", .ordinal(["none", "step", "cosine"])),
    Parameter(
      "step_epochs", .integer(1, 3),
      when: Condition([.init("schedule", in: ["step"]), .init("optimizer", in: ["sgd", "adam"])])),
    Parameter("hidden_units", .integer(8, 256, .log)),
    Parameter("step_factor", .categorical([0.1, 0.5]), when: Condition([.init("step_epochs", in: [2, 3.0])])),
  ])
}
