internal import Randomness
public import Search
internal import SearchSpace
public import SuccessiveHalving
public import TuningTypes

/// What a study comes to on some workers, found by simulating it once, before anything is trained.
///
/// Where the trainer's times are not known, every unit of resource takes the same, and time is measured in units of
/// time(R), the time that one configuration takes to be trained to *R*. Losses decide little here: which trials go on is
/// a matter of luck, how many is not.
public struct PlanForecast: Sendable {
  /// What the forecast's times are measured in.
  public enum Unit: Hashable, Sendable {
    case seconds
    /// time(R), R being the resource.
    case fullTraining(resource: Int)
    /// The time of one unit of resource, for a ladder without a top.
    case resourceUnit
  }

  public let workers: Int
  public let unit: Unit
  /// The ladder at the end.
  public let brackets: [BracketSummary]
  /// How long the study takes.
  public let time: Double
  /// When the first configuration has been trained to *R*; nil where none is.
  public let firstFullyTrained: Double?
  /// The share of the workers' time in which they have a job in hand.
  public let busyShare: Double
  public let configurations: Int
  /// Whether the study ends because its configurations are used up.
  public let endsByConfigurations: Bool
  /// Whether the forecast ends before the study does.
  public let isCut: Bool
  /// Seconds that the driver takes for a suggestion, where the sampler has a model; else 0.
  public private(set) var suggestionSeconds = 0.0
  /// Seconds that a job takes, in the mean; nil where nothing can tell.
  public private(set) var jobSeconds: Double?

  /// Simulated in no more than about a second.
  static let mostJobs = 1_000_000
  /// How long a study is looked at whose only end is a time, where that time can't be compared with the trainer's.
  package static let fullTrainingsShown = 10.0

  /// - Parameter trainer: tells losses and times, where anything can.
  /// - Throws: `SearchSpaceError` where the study's sampler can't draw from its space.
  public init(_ plan: SearchPlan, trainer: (any SimulatedTrainer)?, workers: Int) throws {
    var plan = plan
    // Whether and when it is reached is for the study to find out.
    plan.budget.target = nil
    plan.failureLimit = .never
    let suggestionSeconds = plan.sampler.secondsPerSuggestion(in: plan.space)
    // What a model would suggest changes little here, and costs more than all the rest.
    if plan.sampler.learns { plan.sampler = .random }
    let cluster = SimulatedCluster(workers: workers)
    if let trainer, let known = try Self.simulate(plan, trainer, cluster) {
      self.init(known, unit: .seconds)
      let jobs = known.tuner.counts.results
      jobSeconds = jobs > 0 ? known.tuner.counts.trainingSeconds / Double(jobs) : nil
      self.suggestionSeconds = suggestionSeconds
      return
    }
    let full = plan.scheduler.ladder.isBounded ? plan.scheduler.ladder.maxResource.rawValue : nil
    plan.budget.time = plan.budget.configurations == nil && plan.budget.time != nil ? Self.fullTrainingsShown : nil
    let even = EvenTrainer(secondsPerResource: 1 / Double(full ?? 1), metric: plan.objective.metric)
    let outcome = try Simulation(plan, trainer: even, cluster: cluster, mostJobs: Self.mostJobs).run()
    self.init(outcome, unit: full.map { .fullTraining(resource: $0) } ?? .resourceUnit)
    self.suggestionSeconds = suggestionSeconds
    jobSeconds = trainer == nil ? nil : 0
  }

  /// A forecast from times that were measured on one configuration.
  ///
  /// - Parameters:
  ///   - secondsPerUnit: of training.
  ///   - secondsPerJob: what a job takes besides, such as to start a program.
  public init(_ plan: SearchPlan, secondsPerUnit: Double, secondsPerJob: Double, workers: Int) throws {
    let even = EvenTrainer(
      secondsPerResource: secondsPerUnit, secondsPerJob: secondsPerJob, metric: plan.objective.metric)
    try self.init(plan, trainer: even, workers: workers)
  }

  private init(_ outcome: SimulationOutcome, unit: Unit) {
    workers = outcome.cluster.workers
    self.unit = unit
    brackets = outcome.tuner.brackets
    time = outcome.time
    firstFullyTrained = outcome.figures.firstFullyTrained
    busyShare = outcome.busyShare
    configurations = outcome.tuner.counts.configurations
    endsByConfigurations = outcome.reason == .configurations
    isCut = outcome.reason == .signal
  }

  /// Nil where the trainer's jobs take no time.
  private static func simulate(_ plan: SearchPlan, _ trainer: any SimulatedTrainer, _ cluster: SimulatedCluster) throws
    -> SimulationOutcome?
  {
    do {
      let outcome = try Simulation(plan, trainer: trainer, cluster: cluster, mostJobs: mostJobs).run()
      return outcome.time > 0 ? outcome : nil
    } catch is SimulationError {
      return nil
    }
  }
}

extension PlanForecast {
  /// Whether the workers would wait for the model: jobs end faster than the driver has suggestions for those that follow.
  public var isHeldUpByModel: Bool {
    guard suggestionSeconds > 0, let jobSeconds else { return false }
    return jobSeconds < shortestJobSeconds
  }

  /// Seconds that a job must take so that the driver keeps up with its suggestions.
  public var shortestJobSeconds: Double { suggestionSeconds * Double(workers) }

  /// Below this share of busy workers a plan wastes the machine.
  static let wastefulShare = 0.5
  private static let goodShare = 0.8

  /// About how many configurations would keep four fifths of the workers busy; nil where enough of them are.
  ///
  /// What idles is the end of the study: while the last trials climb the ladder, the other workers have nothing to do. That
  /// time hardly depends on how many configurations there are.
  public var advisedConfigurations: Int? {
    guard endsByConfigurations, workers > 1, busyShare > 0, busyShare < Self.wastefulShare else { return nil }
    let growth = Self.goodShare / (1 - Self.goodShare) * (1 - busyShare) / busyShare
    let wanted = Double(configurations) * growth
    guard wanted < 1e12 else { return nil }
    var scale = 1.0
    while wanted / scale >= 100 { scale *= 10 }
    return Int((wanted / scale).rounded(.up) * scale)
  }
}

/// A trainer of which nothing is known: every unit of resource takes the same time, and luck decides who is good.
private struct EvenTrainer: SimulatedTrainer {
  let secondsPerResource: Double
  var secondsPerJob = 0.0
  /// What the study goes by.
  let metric: String

  func simulate(_ job: Job) -> SimulatedTraining {
    let luck = Double(CounterGenerator.mix(job.seed) >> 11)
    return SimulatedTraining(
      report: TrainingReport(loss: luck, metrics: [.init(metric, luck)]),
      seconds: secondsPerJob + secondsPerResource * Double(job.resource.rawValue - job.resumeResource.rawValue))
  }
}
