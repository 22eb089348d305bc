package import Search
package import SearchSpace
internal import Text
package import TuningTypes

/// What has happened in a study, as its journal has it: the one fold from lines to trials, jobs, workers, rungs and failures.
///
/// Status, `results.csv`, `reproduce`, importance and exports are made from it. When the journal has grown, it takes the new records
/// only. A trial takes some 50 bytes, and a job 72; configurations and reports are kept on request.
package struct StudyHistory: Sendable {
  /// What is kept besides numbers.
  package struct Details: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// Each trial's configuration.
    package static let configurations = Details(rawValue: 1)
    /// Each job's metrics and learning curve, or why it failed.
    package static let reports = Details(rawValue: 2)
  }

  /// In the order in which they began, which is that of their numbers.
  package private(set) var trials: [Trial] = []
  /// In the order in which they went out first, which is that of their numbers.
  package private(set) var jobs: [Job] = []
  package private(set) var rungs: [RungKey: Rung] = [:]
  /// Jobs that are out: where they stand among ``jobs``.
  private var running: [JobID: Int] = [:]
  package private(set) var best: SearchRecord.Result?
  package private(set) var failures: [String: Failures] = [:]
  package private(set) var results = 0
  package private(set) var failedJobs = 0
  package private(set) var invalid = 0
  package private(set) var trainingSeconds = 0.0
  /// Units of resource that were trained, those of failed jobs not counted.
  package private(set) var units = 0.0
  /// Seconds since the study began, as of the last record.
  package private(set) var time = 0.0
  /// Why the study ended, if nothing came after.
  package private(set) var stopped: StopReason?

  private let details: Details
  private var presence: WorkerPresence
  /// Of those out of order, as only a damaged journal has them.
  private var otherTrials: [TrialID: Int] = [:]
  private var otherJobs: [JobID: Int] = [:]
  private var configurations: [Configuration] = []
  private var reports: [Int: Report] = [:]

  /// - Parameter workers: how many the study began with.
  package init(workers: Int, keeping details: Details = []) {
    self.details = details
    presence = WorkerPresence(workers: workers)
  }

  /// Reads a journal, be its study over or not.
  ///
  /// - Parameter space: where the study's configurations come from.
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  package init(_ journal: JournalReader, in space: SearchSpace, keeping details: Details = []) throws {
    // A header that is damaged is told of with the other lines.
    self.init(workers: (try? journal.header())?["workers"]?.integer ?? 1, keeping: details)
    try journal.forEach(in: space) { take($0) }
  }

  /// How many workers the study has now.
  package var workers: Int { presence.workers }

  /// The workers' time in seconds, over all runs; the last one counts up to `now`.
  package func workerSeconds(until now: Double) -> Double { presence.seconds(until: max(now, time)) }

  /// Jobs that are out.
  package var runningJobs: [Job] { running.values.map { jobs[$0] } }
}

// MARK: - What it is made of

extension StudyHistory {
  /// A rung of a bracket.
  package struct RungKey: Hashable, Comparable, Sendable {
    package var bracket: BracketIndex
    package var rung: RungIndex

    package static func < (a: RungKey, b: RungKey) -> Bool { (a.bracket, a.rung) < (b.bracket, b.rung) }
  }

  package struct Rung: Sendable {
    package var resource: Resource
    /// The losses of the trials that have completed it, in the order of their coming.
    package var losses: [Loss] = []
    package var promoted = 0
    package var failed = 0
  }

  package struct Trial: Sendable {
    package let id: TrialID
    package let bracket: BracketIndex
    package fileprivate(set) var isInvalid = false
    /// A job of it has failed for good.
    package fileprivate(set) var hasFailed = false
    /// What it was trained to last.
    package fileprivate(set) var resource: Resource = 0
    /// The last of its jobs; -1 where it has none.
    fileprivate var lastJob: Int32 = -1
    /// The highest rung that a job of it went out for.
    fileprivate var highestRung: Int32 = 0
  }

  package struct Job: Sendable {
    package let id: JobID
    package let resource: Resource
    private var number: (trial: Int32, bracket: Int32, rung: Int32, worker: Int32, attempt: Int32)
    /// The one of the trial before it; -1 where there is none.
    fileprivate let previous: Int32
    /// Seconds since the study began.
    package fileprivate(set) var start: Double
    private var ended = Double.nan
    private var duration = Double.nan
    package fileprivate(set) var loss: Loss = .diverged
    package fileprivate(set) var status = Status.running

    /// How a job ended.
    package enum Status: String, Sendable { case completed, failed, invalid, running }

    fileprivate init(_ job: TuningTypes.Job, worker: WorkerID, time: Double, after previous: Int32) {
      (id, resource, start, self.previous) = (job.id, job.resource, time, previous)
      number = (
        Int32(clamping: job.trial.rawValue), Int32(clamping: job.bracket.rawValue), Int32(clamping: job.rung.rawValue),
        Int32(clamping: worker.rawValue), Int32(clamping: job.attempt)
      )
    }

    /// The same job goes out again: one that was in flight when the study stopped, or that failed.
    fileprivate mutating func begin(again job: TuningTypes.Job, worker: WorkerID, time: Double) {
      start = time
      number.worker = Int32(clamping: worker.rawValue)
      number.attempt = Int32(clamping: job.attempt)
    }

    package var trial: TrialID { TrialID(Int(number.trial)) }
    package var key: RungKey { RungKey(bracket: BracketIndex(Int(number.bracket)), rung: rung) }
    package var rung: RungIndex { RungIndex(Int(number.rung)) }
    package var worker: WorkerID { WorkerID(Int(number.worker)) }
    package var attempt: Int { Int(number.attempt) }

    /// When it ended, in seconds of the study.
    package fileprivate(set) var end: Double? {
      get { ended.isNaN ? nil : ended }
      set { ended = newValue ?? .nan }
    }

    /// How long it took.
    package fileprivate(set) var seconds: Double? {
      get { duration.isNaN ? nil : duration }
      set { duration = newValue ?? .nan }
    }
  }

  /// What a job has said.
  package struct Report: Sendable {
    package var metrics: [TrainingReport.Metric] = []
    package var curve = LearningCurve()
    /// Why it failed.
    package var reason: String?
  }

  /// Jobs that failed for the same reason.
  package struct Failures: Sendable {
    package var reason: String
    package var count = 0
    package var workers: Set<WorkerID> = []
  }
}

// MARK: - Trials and their jobs

extension StudyHistory {
  /// The trial of that number; nil where it has not begun.
  package func trial(_ id: TrialID) -> Trial? { place(of: id).map { trials[$0] } }

  /// What the trial was begun with; nil where configurations are not kept.
  package func configuration(of id: TrialID) -> Configuration? {
    guard let place = place(of: id), details.contains(.configurations) else { return nil }
    return configurations[place]
  }

  /// The job of that number; nil where it has not gone out.
  package func job(_ id: JobID) -> Job? { place(of: id).map { jobs[$0] } }

  /// The trial's jobs, the last first.
  package func jobsBackwards(of trial: Trial) -> some Sequence<Job> {
    sequence(state: trial.lastJob) { [jobs] place -> Job? in
      guard place >= 0 else { return nil }
      let job = jobs[Int(place)]
      place = job.previous
      return job
    }
  }

  /// What a job has said; nothing where reports are not kept.
  package func report(of job: Job) -> Report { place(of: job.id).flatMap { reports[$0] } ?? Report() }

  /// Where a trial stands among ``trials``; nil where it has not begun.
  package func place(of id: TrialID) -> Int? {
    if trials.indices.contains(id.rawValue), trials[id.rawValue].id == id { return id.rawValue }
    return otherTrials[id]
  }

  private func place(of id: JobID) -> Int? {
    if jobs.indices.contains(id.rawValue), jobs[id.rawValue].id == id { return id.rawValue }
    return otherJobs[id]
  }
}

// MARK: - The fold

extension StudyHistory {
  /// Takes the next record.
  package mutating func take(_ record: SearchRecord) {
    switch record {
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

  private mutating func begin(_ job: TuningTypes.Job, _ worker: WorkerID, _ time: Double) {
    let key = RungKey(bracket: job.bracket, rung: job.rung)
    rungs[key, default: Rung(resource: job.resource)].resource = job.resource
    let trial = place(of: job.trial) ?? begin(trialOf: job)
    if let known = place(of: job.id) {
      jobs[known].begin(again: job, worker: worker, time: time)
      running[job.id] = known
    } else {
      if job.id.rawValue != jobs.count { otherJobs[job.id] = jobs.count }
      running[job.id] = jobs.count
      jobs.append(Job(job, worker: worker, time: time, after: trials[trial].lastJob))
      trials[trial].lastJob = Int32(clamping: jobs.count - 1)
    }
    guard job.rung.rawValue > Int(trials[trial].highestRung) else { return }
    trials[trial].highestRung = Int32(clamping: job.rung.rawValue)
    rungs[RungKey(bracket: job.bracket, rung: RungIndex(job.rung.rawValue - 1))]?.promoted += 1
  }

  private mutating func begin(trialOf job: TuningTypes.Job) -> Int {
    if job.trial.rawValue != trials.count { otherTrials[job.trial] = trials.count }
    trials.append(Trial(id: job.trial, bracket: job.bracket))
    if details.contains(.configurations) { configurations.append(job.configuration) }
    return trials.count - 1
  }

  private mutating func finish(_ result: SearchRecord.Result) {
    results += 1
    trainingSeconds += result.seconds
    if let place = end(result.job, at: result.time, .completed) {
      jobs[place].loss = result.loss
      jobs[place].seconds = result.seconds
      if details.contains(.reports) { reports[place] = Report(metrics: result.metrics, curve: result.curve) }
    }
    if let trial = place(of: result.trial) {
      units += Double(max(0, result.resource.rawValue - trials[trial].resource.rawValue))
      trials[trial].resource = result.resource
    } else {
      units += Double(result.resource.rawValue)
    }
    let key = RungKey(bracket: result.bracket, rung: result.rung)
    rungs[key, default: Rung(resource: result.resource)].losses.append(result.loss)
    guard result.loss.isFinite else { return }
    let ranked = RankedTrial(trial: result.trial, loss: result.loss)
    if let best, RankedTrial(trial: best.trial, loss: best.loss) < ranked { return }
    best = result
  }

  private mutating func fail(_ failure: SearchRecord.Failure) {
    if let place = end(failure.job, at: failure.time, failure.kind == .invalid ? .invalid : .failed),
      details.contains(.reports)
    {
      reports[place] = Report(reason: failure.reason)
    }
    if failure.kind == .invalid {
      invalid += 1
    } else {
      failedJobs += 1
      if failure.isFinal { rungs[RungKey(bracket: failure.bracket, rung: failure.rung)]?.failed += 1 }
    }
    if failure.isFinal, let trial = place(of: failure.trial) {
      if failure.kind == .invalid { trials[trial].isInvalid = true } else { trials[trial].hasFailed = true }
    }
    let reason = String(failure.reason.prefix(200))
    failures[reason, default: Failures(reason: reason)].count += 1
    failures[reason]?.workers.insert(failure.worker)
  }

  /// Ends a job, which is not out any more.
  ///
  /// - Returns: its index in ``jobs``.
  private mutating func end(_ id: JobID, at time: Double, _ status: Job.Status) -> Int? {
    running[id] = nil
    guard let place = place(of: id) else { return nil }
    jobs[place].end = time
    jobs[place].status = status
    return place
  }
}
