internal import Journal
internal import Search
internal import SearchSpace
internal import TuningTypes

/// What has happened in a study so far, event by event: made for looking at studies that may still run.
struct StudyHistory {
  /// A rung of a bracket.
  struct RungKey: Hashable, Comparable {
    var bracket: BracketIndex
    var rung: RungIndex

    static func < (a: RungKey, b: RungKey) -> Bool { (a.bracket, a.rung) < (b.bracket, b.rung) }
  }

  struct Rung {
    var resource: Resource
    /// The losses of the trials that have completed it, in the order of their coming.
    var losses: [Loss] = []
    var promoted = 0
    var failed = 0
  }

  /// A job that is out.
  struct RunningJob {
    var job: JobID
    var trial: TrialID
    var rung: RungKey
    var resource: Resource
    var worker: WorkerID
    var since: Double
  }

  struct Best {
    var result: SearchRecord.Result
    var configuration: Configuration
  }

  /// Jobs that failed for the same reason.
  struct Failures {
    var reason: String
    var count = 0
    var workers: Set<WorkerID> = []
  }

  private(set) var rungs: [RungKey: Rung] = [:]
  private(set) var running: [JobID: RunningJob] = [:]
  private(set) var best: Best?
  private(set) var failures: [String: Failures] = [:]
  private(set) var configurations = 0
  private(set) var results = 0
  private(set) var failedJobs = 0
  private(set) var invalid = 0
  private(set) var trainingSeconds = 0.0
  /// Units of resource that were trained, those of failed jobs not counted.
  private(set) var units = 0.0
  /// Seconds since the study began, as of the last event.
  private(set) var time = 0.0
  /// Why the study ended, if nothing came after.
  private(set) var stopped: StopReason?
  private var presence: WorkerPresence
  private var reached: [TrialID: (rung: RungIndex, resource: Resource)] = [:]
  private var drawn: [TrialID: Configuration] = [:]

  /// - Parameter workers: how many the study began with.
  init(workers: Int) { presence = WorkerPresence(workers: workers) }

  /// How many workers the study has now.
  var workers: Int { presence.workers }

  /// The workers' time in seconds, over all runs; the last one counts up to `now`.
  func workerSeconds(until now: Double) -> Double { presence.seconds(until: max(now, time)) }

  mutating func take(_ event: SearchRecord) {
    switch event {
    case .dispatch(let job, let worker, let time):
      advance(to: time)
      begin(job, worker, time)
    case .result(let result):
      advance(to: result.time)
      finish(result)
    case .failure(let failure):
      advance(to: failure.time)
      fail(failure)
    case .resume(let time, let workers, _):
      advance(to: time)
      // What was in flight goes out again.
      running.removeAll()
      presence.resume(at: self.time, workers: workers)
    case .horizon(_, let time): advance(to: time)
    case .stop(let reason, let time):
      advance(to: time)
      stopped = reason
      running.removeAll()
    }
  }

  private mutating func advance(to time: Double) {
    self.time = max(self.time, time)
    stopped = nil
  }

  private mutating func begin(_ job: Job, _ worker: WorkerID, _ time: Double) {
    let key = RungKey(bracket: job.bracket, rung: job.rung)
    rungs[key, default: Rung(resource: job.resource)].resource = job.resource
    running[job.id] = RunningJob(
      job: job.id, trial: job.trial, rung: key, resource: job.resource, worker: worker, since: time)
    if job.rung == 0, drawn.updateValue(job.configuration, forKey: job.trial) == nil { configurations += 1 }
    guard job.rung > reached[job.trial]?.rung ?? 0 else { return }
    reached[job.trial, default: (0, 0)].rung = job.rung
    rungs[RungKey(bracket: job.bracket, rung: RungIndex(job.rung.rawValue - 1))]?.promoted += 1
  }

  private mutating func finish(_ result: SearchRecord.Result) {
    running[result.job] = nil
    results += 1
    trainingSeconds += result.seconds
    units += Double(max(0, result.resource.rawValue - (reached[result.trial]?.resource.rawValue ?? 0)))
    reached[result.trial, default: (result.rung, 0)].resource = result.resource
    let key = RungKey(bracket: result.bracket, rung: result.rung)
    rungs[key, default: Rung(resource: result.resource)].losses.append(result.loss)
    guard result.loss.isFinite else { return }
    let ranked = RankedTrial(trial: result.trial, loss: result.loss)
    if let best, RankedTrial(trial: best.result.trial, loss: best.result.loss) < ranked { return }
    best = Best(result: result, configuration: drawn[result.trial] ?? Configuration())
  }

  private mutating func fail(_ failure: SearchRecord.Failure) {
    running[failure.job] = nil
    if failure.kind == .invalid {
      invalid += 1
    } else {
      failedJobs += 1
      if failure.isFinal { rungs[RungKey(bracket: failure.bracket, rung: failure.rung)]?.failed += 1 }
    }
    let reason = String(failure.reason.prefix(200))
    failures[reason, default: Failures(reason: reason)].count += 1
    failures[reason]?.workers.insert(failure.worker)
  }
}
