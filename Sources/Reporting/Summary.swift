internal import Journal
public import Search
internal import SuccessiveHalving
public import Text
public import TuningTypes

/// What a study came to: the contents of `summary.json` and of the closing report.
public struct Summary: Sendable {
  /// The study's name.
  public var name: String
  public var tuner: Tuner
  public var reason: StopReason
  public var wallSeconds: Double
  public var workers: Int
  /// What was measured on the best model once, at the end, such as the test error.
  public var finalMetrics: [TrainingReport.Metric]
  /// How a person trains a job by hand; see `TrainerPlan.instructions(for:)`.
  public var instructions: (@Sendable (Job) -> [JSONValue.Member])?
  /// What the cluster was like, for a study that was only simulated: all its seconds are virtual.
  public var simulation: JSONValue?

  public init(
    name: String, tuner: Tuner, reason: StopReason, wallSeconds: Double, workers: Int,
    finalMetrics: [TrainingReport.Metric] = [], simulation: JSONValue? = nil
  ) {
    self.name = name
    self.tuner = tuner
    self.reason = reason
    self.wallSeconds = wallSeconds
    self.workers = workers
    self.finalMetrics = finalMetrics
    self.simulation = simulation
  }

  /// The seconds that the workers were there for, where runs of the study had different numbers of them; nil: all had the same.
  public var workerSeconds: Double?

  /// The share of the workers' time that went into results.
  public var utilisation: Double {
    let available = workerSeconds ?? wallSeconds * Double(workers)
    return available > 0 ? tuner.counts.trainingSeconds / available : 0
  }

  public var jobsPerSecond: Double { wallSeconds > 0 ? Double(tuner.counts.results) / wallSeconds : 0 }

  /// The summary as JSON.
  public var json: JSONValue {
    let counts = tuner.counts
    var members: [JSONValue.Member] = [
      .init("name", .text(name)),
      .init("status", reason.isFinished ? "finished" : "stopped"),
      .init("reason", .text(reason.rawValue)),
      .init("seed", JSONValue(tuner.plan.seed)),
      .init("configurations", .integer(counts.configurations)),
      .init("jobs", .integer(counts.results)),
      .init("failed_jobs", .integer(counts.failures - counts.invalid)),
      .init("invalid_configurations", .integer(counts.invalid)),
      .init("wall_seconds", .number(wallSeconds)),
      .init("training_seconds", .number(counts.trainingSeconds)),
      .init("workers", .integer(workers)),
      .init("utilisation", .number(utilisation)),
      .init("jobs_per_second", .number(jobsPerSecond)),
      .init("best", best(tuner.incumbent, finalMetrics)),
      .init("best_fully_trained", best(tuner.fullyTrained, [])),
    ]
    members.append(.init("brackets", .array(tuner.ladder.map(Self.json))))
    if let simulation { members.append(.init("simulated", simulation)) }
    return .object(members)
  }

  private func best(_ incumbent: Incumbent?, _ extra: [TrainingReport.Metric]) -> JSONValue {
    guard let incumbent, case .object(var members) = incumbent.json(instructions: instructions?(incumbent.job)) else {
      return .null
    }
    for metric in extra { members.append(.init(metric.name, .number(metric.value))) }
    return .object(members)
  }

  private static func json(_ bracket: BracketCounts) -> JSONValue {
    let rungs = bracket.rungs.map { rung -> JSONValue in
      [
        "rung": .integer(rung.key.rawValue), "resource": .integer(rung.resource.rawValue),
        "completed": .integer(rung.completed), "promoted": .integer(rung.promoted), "failed": .integer(rung.failed),
      ]
    }
    return ["bracket": .integer(bracket.bracket.rawValue), "rungs": .array(rungs)]
  }
}
