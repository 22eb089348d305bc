import SchedulerReference
import Search
import StudyFile
import SuccessiveHalving
import TuningTypes

/// What the tuner has to do, after DESIGN.md's words and without a thought of cost. It says in sentences what is to
/// happen.
struct NaiveTuner {
  struct Job {
    var id: Int
    var trial: Int
    var rung: Int
    var attempt = 1
    var lastWorker: Int?
    /// It trains to R at once, and is judged by what it reports.
    var isLive = false
    /// What it reported at the last rung that it passed.
    var lastReport: (rung: Int, loss: Double)?
    var isStopped = false
  }

  enum WorkerState { case absent, idle, running(Job), setAside, lost }

  let study: Study
  /// How many configurations there can be, and how many the sampler has.
  let limit: Int?
  let available: Int?
  private(set) var ladder: NaiveScheduler
  private(set) var workers: [WorkerState]
  private var waiting: [Job] = []
  private var jobCount = 0
  private var stopping: StopReason?
  private var isAbandoned = false
  private(set) var finished: StopReason?
  private(set) var best: (trial: Int, rung: Int, loss: Double)?
  private(set) var fullyTrained: (trial: Int, loss: Double)?
  /// Who succeeded and who failed, in order; nil: the worker's slate was wiped clean.
  private var outcomes: [(worker: Int, succeeded: Bool?)] = []

  /// Whether the trainer reports while it trains; nil while that is not known.
  private(set) var reports: Bool?
  private var incumbentTrains = false
  /// The best loss of each trial that has had a finite one.
  private var bestLosses: [Int: Double] = [:]
  private var discarded: Set<Int> = []
  /// The trials of the failed jobs, since nothing has ever succeeded.
  private var failures: [Int] = []

  init(study: Study, workers: Int, gridSize: Int?, reports: Bool?) {
    self.study = study
    self.reports = reports
    ladder = NaiveScheduler(study.plan.scheduler)
    self.workers = Array(repeating: .absent, count: workers)
    // What a study starts with is in its space, and is not tried again.
    available = gridSize
    limit = [study.plan.budget.configurations, available].compactMap { $0 }.min()
  }

  var runningJobs: [(worker: Int, job: Job)] {
    workers.enumerated().compactMap { if case .running(let job) = $1 { ($0, job) } else { nil } }
  }
  var inService: Int {
    workers.count { if case .idle = $0 { true } else if case .running = $0 { true } else { false } }
  }
  var isStopping: Bool { stopping != nil }

  mutating func handle(_ event: Tuner.Event, at time: Double) -> [String] {
    guard finished == nil else { return [] }
    var steps: [String] = []
    var reporter: (worker: Int, trial: Int)?
    switch event {
    case .workerReady(let worker):
      switch workers[worker.rawValue] {
      case .absent: workers[worker.rawValue] = .idle
      case .lost:
        workers[worker.rawValue] = .idle
        outcomes.append((worker.rawValue, nil))
      case .idle, .running, .setAside: break
      }
    case .report(let worker, let id, let resource, let report):
      guard workers.indices.contains(worker.rawValue), case .running(let job) = workers[worker.rawValue],
        job.id == id.rawValue, isStoppingType, let loss = loss(of: report)
      else { break }
      if reports == nil, !job.isLive {
        guard resource >= Double(self.resource(of: job)) else { break }
        reports = true
        steps.append("record report of job \(job.id) rung \(job.rung) loss \(text(loss))")
      } else if job.isLive, resource < Double(fullResource(of: job)) {
        pass(upTo: resource, loss, on: worker.rawValue, &steps)
      }
    case .result(let worker, let id, let report, _):
      if workers.indices.contains(worker.rawValue), case .running(let job) = workers[worker.rawValue],
        job.id == id.rawValue, job.isLive, let loss = loss(of: report)
      {
        pass(upTo: .infinity, loss, on: worker.rawValue, &steps)
      }
      guard let job = take(id, from: worker, &steps) else { break }
      if endStopped(job, on: worker.rawValue, &steps) {
        reporter = (worker.rawValue, job.trial)
        break
      }
      guard let loss = loss(of: report) else {
        fail(job, on: worker.rawValue, .failed, &steps)
        break
      }
      succeed(job, on: worker.rawValue, loss, &steps)
      reporter = (worker.rawValue, job.trial)
    case .failure(let worker, let id, let kind, _):
      guard let job = take(id, from: worker, &steps) else { break }
      if !endStopped(job, on: worker.rawValue, &steps) { fail(job, on: worker.rawValue, kind, &steps) }
    case .dropped(let worker, let id, _):
      guard let job = take(id, from: worker, &steps) else { break }
      if !endStopped(job, on: worker.rawValue, &steps) {
        fail(job, on: worker.rawValue, .failed, isMachinesFault: true, &steps)
      }
    case .interrupted(let worker, let id, _):
      guard let job = take(id, from: worker, &steps) else { break }
      if endStopped(job, on: worker.rawValue, &steps) { break }
      if isStopping {
        keepTrained(job.trial, &steps)
        waiting.append(job)
      } else {
        fail(job, on: worker.rawValue, .failed, &steps)
      }
    case .workerLost(let worker, _):
      lose(worker.rawValue, &steps)
    // None of its studies has a sampler that asks for models.
    case .learned: break
    case .clock: break
    case .stop(let reason): stop(reason, &steps)
    case .abandon:
      stop(.signal, &steps)
      isAbandoned = true
    }
    if let limit = study.plan.budget.time, time >= limit { stop(.time, &steps) }
    if stopping == nil {
      if let reporter { runOn(reporter.trial, on: reporter.worker, &steps) }
      dispatch(&steps)
    }
    finish(&steps)
    return steps
  }

  /// The metric by which trials are ranked, lower being better.
  private func loss(of report: TrainingReport) -> Double? {
    let metric = study.plan.objective.metric
    let value = report.metrics.first { $0.name == metric }?.value ?? (metric == "validation_loss" ? report.loss : nil)
    return value.map { study.plan.objective.mode == .max ? -$0 : $0 }
  }

  private mutating func take(_ id: JobID, from worker: WorkerID, _ steps: inout [String]) -> Job? {
    guard workers.indices.contains(worker.rawValue), case .running(let job) = workers[worker.rawValue],
      job.id == id.rawValue
    else {
      steps.append("drop the answer of worker \(worker) for job \(id)")
      return nil
    }
    workers[worker.rawValue] = .idle
    return job
  }

  private var isStoppingType: Bool { study.plan.scheduler.algorithm.isStoppingType }

  private func fullResource(of job: Job) -> Int { ladder.resources(of: job.trial).last ?? 0 }

  private func resource(of job: Job) -> Int { ladder.resources(of: job.trial)[job.rung] }

  /// A live job reports beyond one rung or several: each is completed, and if the trial is let run on, it is on its way to the
  /// next; if not, the job is told to stop.
  private mutating func pass(upTo resource: Double, _ loss: Double, on worker: Int, _ steps: inout [String]) {
    while case .running(var job) = workers[worker], !job.isStopped, resource >= Double(self.resource(of: job)),
      job.rung < ladder.resources(of: job.trial).count - 1
    {
      outcomes.append((worker, true))
      job.lastReport = (job.rung, loss)
      ladder.complete(job.trial, loss: loss)
      let runsOn = ladder.continueTrial(job.trial)
      steps.append("record report of job \(job.id) rung \(job.rung) loss \(text(loss))\(runsOn ? "" : " stop")")
      consider(job, loss, isTraining: true, &steps)
      rank(job.trial, loss, &steps)
      if runsOn {
        job.rung += 1
      } else {
        job.isStopped = true
        steps.append("interrupt job \(job.id) on worker \(worker)")
      }
      workers[worker] = .running(job)
      stopAtTarget(loss, &steps)
    }
  }

  /// However a job ends that was told to stop, its last report is its result.
  private mutating func endStopped(_ job: Job, on worker: Int, _ steps: inout [String]) -> Bool {
    guard job.isStopped, let last = job.lastReport else { return false }
    steps.append("record result of job \(job.id) trial \(job.trial) rung \(last.rung) loss \(text(last.loss))")
    keepTrained(job.trial, &steps)
    discardIfDone(job.trial, &steps)
    return true
  }

  private mutating func keepTrained(_ trial: Int, _ steps: inout [String]) {
    guard incumbentTrains, let best, best.trial == trial else { return }
    incumbentTrains = false
    steps.append("keep trial \(trial) of rung \(best.rung)")
  }

  private mutating func succeed(_ job: Job, on worker: Int, _ loss: Double, _ steps: inout [String]) {
    outcomes.append((worker, true))
    if isStoppingType, reports == nil { reports = false }
    steps.append("record result of job \(job.id) trial \(job.trial) rung \(job.rung) loss \(text(loss))")
    consider(job, loss, isTraining: false, &steps)
    keepTrained(job.trial, &steps)
    ladder.complete(job.trial, loss: loss)
    rank(job.trial, loss, &steps)
    discardIfDone(job.trial, &steps)
    stopAtTarget(loss, &steps)
  }

  private mutating func consider(_ job: Job, _ loss: Double, isTraining: Bool, _ steps: inout [String]) {
    if loss.isFinite {
      if job.rung == ladder.resources(of: job.trial).count - 1, study.plan.scheduler.ladder.isBounded,
        fullyTrained.map({ (loss, job.trial) < ($0.loss, $0.trial) }) ?? true
      {
        fullyTrained = (job.trial, loss)
      }
      if best.map({ (loss, job.trial) < ($0.loss, $0.trial) }) ?? true {
        best = (job.trial, job.rung, loss)
        incumbentTrains = isTraining
        steps.append("keep trial \(job.trial) of rung \(job.rung)\(isTraining ? " that trains" : "")")
      }
    }
  }

  private mutating func stopAtTarget(_ loss: Double, _ steps: inout [String]) {
    if let target = study.plan.budget.target, loss.isFinite,
      study.plan.objective.mode == .min ? loss <= target : -loss >= target
    {
      stop(.target, &steps)
    }
  }

  private mutating func fail(
    _ job: Job, on worker: Int, _ kind: FailureKind, isMachinesFault: Bool = false, isLost: Bool = false,
    _ steps: inout [String]
  ) {
    keepTrained(job.trial, &steps)
    let isFinal = kind == .invalid || job.attempt > study.plan.retries
    steps.append("record \(kind.rawValue) job \(job.id) try \(job.attempt)\(isFinal ? " for good" : "")")
    if kind == .invalid {
      ladder.erase(job.trial)
      if study.plan.checkpoints != .all { discard(job.trial, &steps) }
      return
    }
    if isFinal {
      ladder.complete(job.trial, loss: .nan)
      discardIfDone(job.trial, &steps)
    } else {
      waiting.append(
        Job(
          id: job.id, trial: job.trial, rung: job.rung, attempt: job.attempt + 1, lastWorker: worker, isLive: job.isLive
        ))
    }
    guard !isMachinesFault else { return }
    if !isLost { failures.append(job.trial) }
    let isEnough =
      switch study.plan.failureLimit {
      case .workers: failures.count >= max(3, workers.count) && Set(failures).count > 1
      case .count(let count): failures.count >= count
      case .never: false
      }
    if isEnough, !outcomes.contains(where: { $0.succeeded == true }) {
      stop(.failures, &steps)
    }
    guard case .idle = workers[worker] else { return }
    outcomes.append((worker, false))
    // The worker's failures since it last succeeded, and who else succeeded since the first of them.
    let mine = outcomes.indices.filter { outcomes[$0].worker == worker }
    let run = Array(mine.reversed().prefix { outcomes[$0].succeeded == false }.reversed())
    guard run.count >= 5, outcomes[run[0]...].contains(where: { $0.succeeded == true }), inService > 1 else { return }
    workers[worker] = .setAside
    steps.append("set worker \(worker) aside")
  }

  private mutating func discardIfDone(_ trial: Int, _ steps: inout [String]) {
    if !keeps(trial) { discard(trial, &steps) }
  }

  /// Whether the trial's checkpoint stays for now.
  func keeps(_ trial: Int) -> Bool {
    ladder.canStillPromote(trial) || study.plan.checkpoints == .all || bestKept.contains(trial)
  }

  /// The trials that are kept as the best: of those that still have a checkpoint.
  var bestKept: Set<Int> {
    guard case .best(let count) = study.plan.checkpoints else { return [] }
    let ranked = bestLosses.filter { !discarded.contains($0.key) }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    return Set(ranked.prefix(count).map(\.key))
  }

  private mutating func discard(_ trial: Int, _ steps: inout [String]) {
    discarded.insert(trial)
    steps.append("discard \(trial)")
  }

  /// A loss may make others leave the best; their checkpoints go unless something else needs them, or a worker still writes there.
  private mutating func rank(_ trial: Int, _ loss: Double, _ steps: inout [String]) {
    guard loss.isFinite else { return }
    let before = bestKept
    bestLosses[trial] = min(bestLosses[trial] ?? .infinity, loss)
    for other in before.subtracting(bestKept).sorted() {
      if !keeps(other), !runningJobs.contains(where: { $0.job.trial == other }) { discard(other, &steps) }
    }
  }

  private mutating func lose(_ worker: Int, _ steps: inout [String]) {
    guard workers.indices.contains(worker) else { return }
    let was = workers[worker]
    if case .lost = was { return }
    workers[worker] = .lost
    steps.append("worker \(worker) is lost")
    if case .running(let job) = was, !endStopped(job, on: worker, &steps) {
      fail(job, on: worker, .failed, isLost: true, &steps)
    }
    guard inService == 0 else { return }
    for other in workers.indices {
      guard case .setAside = workers[other] else { continue }
      workers[other] = .idle
      outcomes.append((other, nil))
      steps.append("call worker \(other) back")
    }
  }

  private mutating func stop(_ reason: StopReason, _ steps: inout [String]) {
    guard stopping == nil else { return }
    stopping = reason
    for (worker, job) in runningJobs { steps.append("interrupt job \(job.id) on worker \(worker)") }
  }

  private mutating func dispatch(_ steps: inout [String]) {
    for worker in workers.indices {
      guard case .idle = workers[worker], let job = nextJob(for: worker) else { continue }
      send(job, to: worker, &steps)
    }
  }

  /// A trial that is not stopped goes on where it is, before anybody else gets anything.
  private mutating func runOn(_ trial: Int, on worker: Int, _ steps: inout [String]) {
    guard ladder.continueTrial(trial) else { return }
    send(newJob(trial), to: worker, &steps)
  }

  private mutating func newJob(_ trial: Int) -> Job {
    defer { jobCount += 1 }
    let rung = ladder.trials[trial].rung
    let isLive = isStoppingType && reports == true && rung < ladder.resources(of: trial).count - 1
    return Job(id: jobCount, trial: trial, rung: rung, isLive: isLive)
  }

  private mutating func send(_ job: Job, to worker: Int, _ steps: inout [String]) {
    workers[worker] = .running(job)
    let resources = ladder.resources(of: job.trial)
    let resume = job.rung == 0 ? 0 : resources[job.rung - 1]
    let goal = job.isLive ? resources.count - 1 : job.rung
    steps.append(
      "dispatch job \(job.id) trial \(job.trial) bracket \(bracket(of: job.trial)) rung \(goal) from \(resume) to "
        + "\(resources[goal]) try \(job.attempt) on worker \(worker)")
  }

  private func bracket(of trial: Int) -> Int { ladder.brackets[ladder.trials[trial].bracket].earlyStoppingRate }

  private mutating func nextJob(for worker: Int) -> Job? {
    if let at = waiting.firstIndex(where: { $0.lastWorker != worker || inService == 1 }) {
      return waiting.remove(at: at)
    }
    let valid = ladder.trials.count - ladder.erasedCount
    let canStart = limit.map { valid < $0 } ?? true && available.map { ladder.trials.count < $0 } ?? true
    return ladder.nextJob(canStart: canStart).map { newJob($0) }
  }

  private mutating func finish(_ steps: inout [String]) {
    guard runningJobs.isEmpty || isAbandoned else { return }
    if stopping == nil {
      guard waiting.isEmpty, workers.contains(where: { if case .idle = $0 { true } else { false } }) else { return }
    }
    let reason = stopping ?? .configurations
    finished = reason
    steps += ["record stop \(reason)", "finish \(reason)"]
  }
}

/// A loss in a sentence: what is not finite is all the same.
func text(_ loss: Double) -> String { loss.isFinite ? "\(loss)" : "diverged" }
