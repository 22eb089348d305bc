internal import Glibc
internal import Randomness
internal import SearchSpace
internal import Tuning
internal import TuningTypes

/// `kind: synthetic`: a loss surface over whatever search space the study has, with no data and no model.
///
/// Every hyperparameter's value lies at a place u in [0, 1] of its domain, on the domain's own scale. The study's seed puts
/// an optimum o and a weight w into each; an inactive hyperparameter is left out. With d² = Σ w·(u − o)² / Σ w, training
/// to resource t gives
///
///     loss(t) = y∞ + (1 − y∞)·t^(−b) + noise·t^(−1/2)·z,   y∞ = 0.05 + 0.95·(1 − exp(−4·d²)),   b in [0.3, 0.9]
///
/// where b and z (normal) follow from the trial's seed, z from the resource besides: the power law of learning curves, with
/// noise that shrinks. Nothing is stored, so that continuing a trial is training it.
struct SyntheticTrainer: Trainer {
  let surface: SyntheticSurface
  let secondsPerResource: Double
  let noise: Double
  let faults: SyntheticFaults

  var finishesInstantly: Bool { secondsPerResource == 0 }

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    try faults.expectValid(job)
    try sleep(Double(job.resource.rawValue - job.resumeResource.rawValue) * secondsPerResource, in: context)
    try faults.expectSuccess(job, on: context.worker)
    if faults.diverges(job) { return TrainingReport(loss: .nan) }
    let floor = surface.asymptote(of: job.configuration)
    var trial = CounterGenerator(seed: job.seed, purpose: .synthetic, index: 0)
    let exponent = 0.3 + 0.6 * trial.uniform()
    let resource = Double(job.resource.rawValue)
    var loss = floor + (1 - floor) * pow(resource, -exponent)
    if noise > 0 {
      var draw = CounterGenerator(seed: job.seed, purpose: .synthetic, index: UInt64(job.resource.rawValue))
      loss += noise * pow(resource, -0.5) * draw.normal()
    }
    return TrainingReport(loss: loss)
  }

  /// Takes the time that training would, in slices, so that an interruption is noticed.
  private func sleep(_ seconds: Double, in context: TrainingContext) throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while true {
      let left = end - clock.now
      if left <= .zero { return }
      if context.isInterrupted { throw TrainingFailure.interrupted }
      usleep(UInt32(min(left, .milliseconds(50)) / .microseconds(1)))
    }
  }
}

extension CounterGenerator {
  /// A normal deviate (Box and Muller 1958).
  fileprivate mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}

/// The part of the synthetic trainer that the whole study shares.
struct SyntheticSurface: Sendable {
  private struct Axis: Sendable {
    let domain: Domain
    let optimum: Double
    let weight: Double
  }

  private let axes: [(name: String, axis: Axis)]

  init(space: SearchSpace, seed: UInt64) {
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 0)
    axes = space.parameters.map { parameter in
      let optimum = 0.1 + 0.8 * generator.uniform()
      return (parameter.name, Axis(domain: parameter.domain, optimum: optimum, weight: 0.2 + generator.uniform()))
    }
  }

  /// What the loss falls to in the end, in [0.05, 1).
  func asymptote(of configuration: Configuration) -> Double {
    var (sum, weights) = (0.0, 0.0)
    var next = 0
    for entry in configuration.entries {
      // Both are in the order of the search space.
      while next < axes.count, axes[next].name != entry.name { next += 1 }
      guard next < axes.count else { break }
      let axis = axes[next].axis
      let distance = axis.domain.place(of: entry.value) - axis.optimum
      sum += axis.weight * distance * distance
      weights += axis.weight
    }
    guard weights > 0 else { return 0.05 }
    return 0.05 + 0.95 * (1 - exp(-4 * sum / weights))
  }
}

extension Domain {
  /// Where in the domain a value lies, from 0 to 1 on the domain's own scale.
  fileprivate func place(of value: ParameterValue) -> Double {
    switch self {
    case .float(let domain): Self.place(value, domain.min, domain.max, domain.scale)
    case .integer(let domain): Self.place(value, Double(domain.min), Double(domain.max), domain.scale)
    case .categorical(let values), .ordinal(let values):
      Double(values.firstIndex(of: value) ?? 0) / Double(max(1, values.count - 1))
    }
  }

  private static func place(_ value: ParameterValue, _ min: Double, _ max: Double, _ scale: Scale) -> Double {
    guard let number = value.number, max > min else { return 0 }
    return scale == .log ? log(number / min) / log(max / min) : (number - min) / (max - min)
  }
}

struct SyntheticTrainerPlan: TrainerPlan {
  private let trainer: SyntheticTrainer

  init(study: Study) throws(StudyError) {
    let section = study.trainer
    try section.allow(["kind", "seconds_per_resource", "noise"] + SyntheticFaults.keys)
    let seconds = try section.number("seconds_per_resource") ?? 0
    guard (0...86_400).contains(seconds) else {
      throw section.error("seconds_per_resource", "is \(seconds)", "Give seconds from 0 to 86400.")
    }
    let noise = try section.number("noise") ?? 0.01
    guard (0...10).contains(noise) else { throw section.error("noise", "is \(noise)", "Give a number from 0 to 10.") }
    trainer = SyntheticTrainer(
      surface: SyntheticSurface(space: study.space, seed: study.seed), secondsPerResource: seconds, noise: noise,
      faults: try SyntheticFaults(section))
  }

  var metricNames: [String]? { ["validation_loss"] }

  func makeTrainer(sharedData: SharedMemory) -> any Trainer { trainer }
}
