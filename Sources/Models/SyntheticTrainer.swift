internal import Files
internal import Glibc
internal import Randomness
internal import Search
internal import StudyFile
internal import SuccessiveHalving
internal import Training
internal import TuningTypes

/// `kind: synthetic`: losses and times over whatever search space the study has, with no data and no model.
///
/// A surface says to what y∞ in [0.05, 1) the loss of a configuration falls in the end (`surface`):
///
/// * `quadratic`: y∞ = 0.05 + 0.95·(1 − exp(−4·d²)), d² = Σ w·(u − o)² / Σ w, where u in [0, 1] is where a
///   hyperparameter's value lies in its domain, on the domain's own scale, and the study's seed puts an optimum o and a
///   weight w into each; an inactive hyperparameter is left out.
/// * `hartmann6`: y∞ = 0.05 + 0.95·(1 − H(u)), H being the ``Hartmann6`` of the first six hyperparameters: most of the
///   space is bad, and a little training deceives.
/// * `chance`: y∞ follows from the trial's seed, evenly from 0.05 to 1; the configuration decides nothing.
///
/// Training to resource t gives
///
///     loss(t) = y∞ + a·t^(−b) + noise·t^(−1/2)·z,   a = (1 − y∞)·2^(−b),   b in [0.3, 0.9]
///
/// where b and z (normal) follow from the trial's seed, z from the resource besides: the power law of learning curves, with
/// noise that shrinks. (Under `hartmann6` the first y∞ is that of fidelity t/R.) Nothing is stored, so that continuing a
/// trial is training it. With `reports: true` the loss is reported after each unit, so that a stopping-type scheduler decides while
/// a trial trains.
///
/// A unit of resource takes `seconds_per_resource`; under `time_distribution: heavy_tailed` that is the median over all
/// trials, and a trial's own time is `seconds_per_resource`·exp(−0.036 + 0.047·z)·x, where x is 1 for 63 % of the trials
/// and follows a Pareto law with exponent 1.17, cut off at 15, for the others: a narrow log-normal with a heavy right
/// tail, fitted to the seconds per epoch of the 2,000 networks of `lcbench_real_blood_balerr` (LCBench; largest distance
/// between the two distribution functions 0.024).
struct SyntheticTrainer: Trainer, SimulatedTrainer {
  let surface: SyntheticSurface
  let noise: Double
  let faults: SyntheticFaults
  /// *R*, where the ladder has one.
  let fullResource: Double?
  let secondsPerResource: Double
  let isHeavyTailed: Bool
  let time: SimulatedTime
  /// Whether it reports its loss after each unit of resource.
  let reportsWhileTraining: Bool

  var finishesInstantly: Bool { secondsPerResource * time.scale == 0 }

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    try faults.expectValid(job)
    let training = simulate(job)
    if reportsWhileTraining {
      try passUnits(of: job, in: context)
    } else {
      try time.pass(training.seconds, in: context)
    }
    try faults.expectSuccess(job, on: context.worker)
    return training.report
  }

  /// Lets the time of one unit after the other pass, with a report between each two.
  private func passUnits(of job: Job, in context: TrainingContext) throws {
    var step = job
    while step.resumeResource < job.resource {
      step.resource = Resource(step.resumeResource.rawValue + 1)
      let training = simulate(step)
      try time.pass(training.seconds, in: context)
      if step.resource < job.resource {
        try context.report(Double(step.resource.rawValue), loss: training.report.loss)
      }
      step.resumeResource = step.resource
    }
  }

  func simulate(_ job: Job) -> SimulatedTraining {
    let resource = Double(job.resource.rawValue)
    let floor = surface.asymptote(
      of: job.configuration, fidelity: fullResource.map { min(1, resource / $0) } ?? 1, luck: Self.luck(of: job))
    var trial = CounterGenerator(seed: job.seed, purpose: .synthetic, index: 0)
    let exponent = 0.3 + 0.6 * trial.uniform()
    var loss = floor.atFidelity + (1 - floor.final) * pow(2 * resource, -exponent)
    if noise > 0 {
      var draw = CounterGenerator(seed: job.seed, purpose: .synthetic, index: UInt64(job.resource.rawValue))
      loss += noise * resource.squareRoot() / resource * draw.normal()
    }
    if faults.diverges(job) { loss = .nan }
    let seconds = secondsPerResource * (isHeavyTailed ? Self.heavyTailed(&trial) : 1)
    return SimulatedTraining(
      report: TrainingReport(loss: loss), seconds: seconds * Double(job.resource.rawValue - job.resumeResource.rawValue)
    )
  }

  /// Of a surface where the configuration decides nothing.
  private static func luck(of job: Job) -> Double {
    var generator = CounterGenerator(seed: job.seed, purpose: .synthetic, index: .max)
    return generator.uniform()
  }

  /// A trial's time in units of the median trial's.
  private static func heavyTailed(_ trial: inout CounterGenerator) -> Double {
    let body = exp(-0.036 + 0.047 * trial.normal())
    guard trial.uniform() < 0.373 else { return body }
    return body * pow(1 - trial.uniform() * (1 - beyondTail), -1 / tailExponent)
  }

  private static let tailExponent = 1.17
  /// The share that a Pareto law of that exponent has above 15.
  private static let beyondTail = pow(15, -tailExponent)
}

struct SyntheticTrainerPlan: TrainerPlan {
  private let trainer: SyntheticTrainer
  /// For a study that gives no time: what simulated jobs take, while real ones take none.
  private let simulated: SyntheticTrainer

  private static let keys = ["kind", "seconds_per_resource", "noise", "surface", "time_distribution", "reports"]

  init(study: Study) throws(StudyError) {
    let section = study.trainer
    try section.allow(Self.keys + SimulatedTime.keys + SyntheticFaults.keys)
    let seconds = try section.number("seconds_per_resource")
    guard (0...86_400).contains(seconds ?? 0) else {
      throw section.error("seconds_per_resource", "is \(seconds ?? 0)", "Give seconds from 0 to 86400.")
    }
    let noise = try section.number("noise") ?? 0.01
    guard (0...10).contains(noise) else { throw section.error("noise", "is \(noise)", "Give a number from 0 to 10.") }
    let shape = try section.choice("surface", SyntheticSurface.Shape.allCases.map(\.rawValue))
    let distribution = try section.choice("time_distribution", ["constant", "heavy_tailed"])
    let surface = SyntheticSurface(
      shape.flatMap(SyntheticSurface.Shape.init) ?? .quadratic, space: study.plan.space, seed: study.plan.seed)
    let ladder = study.plan.scheduler.ladder
    let time = try SimulatedTime(section: section, sleepsByDefault: true)
    let faults = try SyntheticFaults(section)
    let reports = try section.flag("reports") ?? false
    let make = { (seconds: Double) in
      SyntheticTrainer(
        surface: surface, noise: noise, faults: faults,
        fullResource: ladder.isBounded ? Double(ladder.maxResource.rawValue) : nil,
        secondsPerResource: seconds, isHeavyTailed: distribution == "heavy_tailed", time: time,
        reportsWhileTraining: reports)
    }
    trainer = make(seconds ?? 0)
    simulated = make(seconds ?? 1)
  }

  var metricNames: [String]? { ["validation_loss"] }
  var reportsWhileTraining: Bool? { trainer.reportsWhileTraining }

  func makeTrainer(sharedData: SharedBytes) -> sending any Trainer { trainer }

  func makeSimulatedTrainer(sharedData: SharedBytes) -> (any SimulatedTrainer)? { simulated }
}
