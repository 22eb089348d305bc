public import TuningTypes

/// One line of the journal. Times are seconds since the study began.
public enum JournalEvent: Hashable, Sendable {
  /// The header: what the study is, as JSON.
  case study(JSONValue)
  case dispatch(Job, worker: WorkerID, time: Double)
  case result(Result)
  case failure(Failure)
  /// The study goes on after it was interrupted, with so many workers, and these `key=value` pairs besides those that it
  /// had.
  case resume(time: Double, workers: Int? = nil, overrides: [String] = [])
  /// From here on no job starts that trains more than this, since there is not the time; nil: any may.
  case horizon(Resource?, time: Double)
  case stop(StopReason, time: Double)

  public static let version = 1

  /// A trial has reached a rung.
  public struct Result: Hashable, Sendable {
    public var job: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    public var rung: RungIndex
    public var resource: Resource
    public var worker: WorkerID
    public var loss: Loss
    /// How long the worker took.
    public var seconds: Double
    public var time: Double
    public var metrics: [TrainingReport.Metric]
    public var curve: LearningCurve
  }

  /// A job has ended without a loss.
  public struct Failure: Hashable, Sendable {
    public var job: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    public var rung: RungIndex
    public var worker: WorkerID
    public var attempt: Int
    public var kind: FailureKind
    /// No try is left.
    public var isFinal: Bool
    public var reason: String
    public var time: Double
  }
}

public enum FailureKind: String, Hashable, Sendable, CaseIterable { case failed, invalid }

/// Why a study ends.
public enum StopReason: String, Hashable, Sendable, CaseIterable {
  /// The configurations are used up and every promotion is done.
  case configurations
  case time
  case target
  /// Nearly every configuration makes no sense to the trainer.
  case invalid
  /// Somebody has asked for it.
  case signal
  /// The end of the batch job, or of the time that the command line gives, is near.
  case walltime
  /// No worker is left.
  case workers

  /// The study is done, as opposed to stopped on the way.
  public var isFinished: Bool {
    switch self {
    case .configurations, .time, .target, .invalid: true
    case .signal, .walltime, .workers: false
    }
  }
}

extension JournalEvent {
  /// Appends the event as one line of JSON, newline included.
  public func append(to text: inout JSONText) {
    switch self {
    case .study(let header):
      text.append(header)
    case .dispatch(let job, let worker, let time): return text.appendLine(of: job, worker, time)
    case .result(let result): return text.appendLine(of: result)
    case .failure(let failure):
      text.append(raw: "{\"event\":\"failure\",\"job\":")
      text.append(failure.job.rawValue)
      text.append(trial: failure.trial, bracket: failure.bracket, rung: failure.rung)
      text.append(worker: failure.worker, time: failure.time)
      text.append(raw: ",\"attempt\":")
      text.append(failure.attempt)
      text.append(raw: failure.kind == .invalid ? ",\"kind\":\"invalid\"" : ",\"kind\":\"failed\"")
      text.append(raw: failure.isFinal ? ",\"final\":true" : ",\"final\":false")
      text.append(raw: ",\"reason\":")
      text.append(failure.reason)
      text.append(raw: "}")
    case .resume(let time, let workers, let overrides):
      text.append(raw: "{\"event\":\"resume\",\"time\":")
      text.append(seconds: time)
      if let workers {
        text.append(raw: ",\"workers\":")
        text.append(workers)
      }
      if !overrides.isEmpty {
        text.append(raw: ",\"overrides\":")
        text.append(.array(overrides.map { .text($0) }))
      }
      text.append(raw: "}")
    case .horizon(let limit, let time):
      text.append(raw: "{\"event\":\"horizon\",\"units\":")
      if let limit { text.append(limit.rawValue) } else { text.append(raw: "null") }
      text.append(raw: ",\"time\":")
      text.append(seconds: time)
      text.append(raw: "}")
    case .stop(let reason, let time):
      text.append(raw: "{\"event\":\"stop\",\"reason\":")
      text.append(reason.rawValue)
      text.append(raw: ",\"time\":")
      text.append(seconds: time)
      text.append(raw: "}")
    }
    text.append(raw: "\n")
  }
}

extension Tuner.Action {
  /// Appends the journal's line for the action, if there is one; see ``journalEvent(at:)``.
  public consuming func append(to text: inout JSONText, at time: Double) {
    switch consume self {
    case .dispatch(let job, let worker): text.appendLine(of: job, worker, time)
    case .record(let event): event.append(to: &text)
    case .interrupt, .keepIncumbent, .discardCheckpoint, .warn, .finish: break
    }
  }
}

extension JSONText {
  fileprivate mutating func appendLine(of job: Job, _ worker: WorkerID, _ time: Double) {
    append(raw: "{\"event\":\"dispatch\",\"job\":")
    append(job.id.rawValue)
    append(trial: job.trial, bracket: job.bracket, rung: job.rung)
    append(raw: ",\"resource\":")
    append(job.resource.rawValue)
    append(worker: worker, time: time)
    if job.attempt > 1 {
      append(raw: ",\"attempt\":")
      append(job.attempt)
    }
    if job.rung == 0 {
      append(raw: ",\"configuration\":")
      append(job.configuration)
    }
    append(raw: "}\n")
  }

  fileprivate mutating func appendLine(of result: JournalEvent.Result) {
    append(raw: "{\"event\":\"result\",\"job\":")
    append(result.job.rawValue)
    append(trial: result.trial, bracket: result.bracket, rung: result.rung)
    append(raw: ",\"resource\":")
    append(result.resource.rawValue)
    append(worker: result.worker, time: result.time)
    append(raw: ",\"loss\":")
    append(result.loss.value)
    append(raw: ",\"seconds\":")
    append(seconds: result.seconds)
    if !result.metrics.isEmpty {
      append(raw: ",\"metrics\":{")
      for (index, metric) in result.metrics.enumerated() {
        if index > 0 { append(raw: ",") }
        append(metric.name)
        append(raw: ":")
        append(metric.value)
      }
      append(raw: "}")
    }
    append(result.curve)
    append(raw: "}\n")
  }

  fileprivate mutating func append(trial: TrialID, bracket: BracketIndex, rung: RungIndex) {
    append(raw: ",\"trial\":")
    append(trial.rawValue)
    append(raw: ",\"bracket\":")
    append(bracket.rawValue)
    append(raw: ",\"rung\":")
    append(rung.rawValue)
  }

  /// As pairs of a resource and a loss, where there are any.
  fileprivate mutating func append(_ curve: LearningCurve) {
    guard !curve.points.isEmpty else { return }
    for (index, point) in curve.points.enumerated() {
      append(raw: index == 0 ? ",\"curve\":[[" : "],[")
      append(resource: point.resource)
      append(raw: ",")
      append(point.loss)
    }
    append(raw: "]]")
  }

  private mutating func append(resource: Double) {
    if let units = Int(exactly: resource) { append(units) } else { append(resource) }
  }

  fileprivate mutating func append(worker: WorkerID, time: Double) {
    append(raw: ",\"worker\":")
    append(worker.rawValue)
    append(raw: ",\"time\":")
    append(seconds: time)
  }
}
