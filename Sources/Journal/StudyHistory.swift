package import Search
package import SearchSpace
package import Text
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
    /// Of each trial, the metrics of its last result and why it failed for good.
    package static let lastWords = Details(rawValue: 4)
  }

  /// In the order in which they began, which is that of their numbers.
  package private(set) var trials: [Trial] = []
  /// In the order in which they went out first, which is that of their numbers.
  package private(set) var jobs: [Job] = []
  /// Reports at rungs, of jobs that trained on.
  private var passed: [PassedRung] = []
  /// By their numbers.
  private var rungList: [Rung] = []
  private var rungNumbers = RungNumbers()
  /// Where the jobs that are out stand among ``jobs``, and some that were.
  private var out: [Int32] = []
  /// How many jobs are out.
  package private(set) var runningCount = 0
  package private(set) var best: SearchRecord.Result?
  /// Why jobs failed, and configurations were invalid.
  package private(set) var failures = FailureTally()
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
  /// From the beginning or a resume to the next; never empty.
  package private(set) var runs: [Run]
  /// Each result that was better than all before it, in the order of their coming.
  package private(set) var improvements: [(time: Double, loss: Loss)] = []
  /// How busy the workers were over the study's time: seconds of jobs that have ended.
  package private(set) var busy = Timeline()
  /// When units of resource were trained, counted at the end of their jobs or at their reports.
  package private(set) var trained = Timeline()
  /// When a result, a report or a failure came last, in seconds of the study.
  package private(set) var lastAnswer: Double?
  /// Failed jobs by host, where hosts are known; invalid configurations not counted.
  package private(set) var failuresByHost: [String: Int] = [:]

  private let details: Details
  private var presence: WorkerPresence
  /// Of those out of order, as only a damaged journal has them.
  private var otherTrials: [TrialID: Int] = [:]
  private var otherJobs: [JobID: Int] = [:]
  private var configurations: [Configuration] = []
  private var reports: [Int: Report] = [:]
  /// By name, a value a trial; ``noValue`` where it has none.
  private var lastMetrics: [String: [Double]] = [:]
  private var failureReasons: [Int: String] = [:]
  /// No metric: a NaN that no trainer gives.
  private static let noValue = Double(nan: 0x5A5A, signaling: false)

  /// - Parameter workers: how many the study began with.
  package init(workers: Int, keeping details: Details = []) {
    self.details = details
    presence = WorkerPresence(workers: workers)
    runs = [Run(start: 0, workers: workers, site: RunSite())]
  }

  /// - Parameter header: the journal's first line; nil where it is damaged.
  package init(header: JSONValue?, keeping details: Details = []) {
    self.init(workers: header?["workers"]?.integer ?? 1, keeping: details)
    if let header { runs[0].site = RunSite(json: header) }
  }

  /// Reads a journal, be its study over or not.
  ///
  /// - Parameter space: where the study's configurations come from, if that is known: they then take less room.
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  package init(_ journal: JournalReader, in space: SearchSpace?, keeping details: Details = []) throws {
    // A header that is damaged is told of with the other lines.
    self.init(header: try? journal.header(), keeping: details)
    try journal.forEach(in: space) { take($0) }
  }

  /// How many workers the study has now.
  package var workers: Int { presence.workers }

  /// The last run.
  package var run: Run { runs[runs.count - 1] }

  /// The workers' time from one moment of the study to another, in seconds.
  package func workerSeconds(from start: Double, to end: Double) -> Double {
    runs.indices.reduce(0) { sum, index in
      let until = index + 1 < runs.count ? runs[index + 1].start : .infinity
      return sum + Double(runs[index].workers) * max(0, min(end, until) - max(start, runs[index].start))
    }
  }

  /// The workers' time in seconds, over all runs; the last one counts up to `now`.
  package func workerSeconds(until now: Double) -> Double { presence.seconds(until: max(now, time)) }

  /// Jobs that are out. O(their number).
  package var runningJobs: [Job] { out.lazy.map { jobs[Int($0)] }.filter(\.isOut) }

  /// What is known of each rung. O(rungs).
  package var rungs: [RungKey: Rung] { Dictionary(uniqueKeysWithValues: zip(rungNumbers.keys, rungList)) }
}

// MARK: - Trials and their jobs

extension StudyHistory {
  /// The trial of that number; nil where it has not begun.
  package func trial(_ id: TrialID) -> Trial? { place(of: id).map { trials[$0] } }

  /// Whether ``configuration(of:)`` knows any.
  package var keepsConfigurations: Bool { details.contains(.configurations) }

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

  /// The rungs that a trial has passed while its jobs trained on, the last first.
  package func passedBackwards(of trial: Trial) -> some Sequence<PassedRung> {
    sequence(state: trial.lastPassed) { [passed] place -> PassedRung? in
      guard place >= 0 else { return nil }
      let rung = passed[Int(place)]
      place = rung.previous
      return rung
    }
  }

  /// The rung that a job's trial trains for: where a job goes on beyond it, below the job's own.
  package func currentKey(of job: Job) -> RungKey {
    let completed = trial(job.trial)?.completedRungs ?? 0
    return RungKey(bracket: job.key.bracket, rung: RungIndex(min(job.rung.rawValue, Int(completed))))
  }

  /// The names of the metrics that the trials' last results have, in the order of the alphabet; none where they are not kept.
  package var metricNames: [String] { lastMetrics.keys.sorted() }

  /// A metric of a trial's last result.
  package func lastMetric(_ name: String, of trial: Trial) -> Double? {
    guard let values = lastMetrics[name], let place = place(of: trial.id), place < values.count,
      values[place].bitPattern != Self.noValue.bitPattern
    else { return nil }
    return values[place]
  }

  /// Why a trial failed for good, or is invalid; nil where it is neither, or reasons are not kept.
  package func failureReason(of trial: Trial) -> String? { place(of: trial.id).flatMap { failureReasons[$0] } }

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
      lastAnswer = result.time
      finish(result)
    case .report(let report):
      advance(to: report.time)
      lastAnswer = report.time
      pass(report)
    case .failure(let failure):
      advance(to: failure.time)
      lastAnswer = failure.time
      fail(failure)
    case .resume(let time, let workers, _, let site):
      advance(to: time)
      recallAll()
      presence.resume(at: self.time, workers: workers)
      runs.append(Run(start: self.time, workers: presence.workers, site: site))
    case .horizon(_, let time), .model(_, let time): advance(to: time)
    case .stop(let reason, let time):
      advance(to: time)
      stopped = reason
      recallAll()
    }
  }

  private mutating func advance(to time: Double) {
    self.time = max(self.time, time)
    stopped = nil
  }

  private mutating func begin(_ job: TuningTypes.Job, _ worker: WorkerID, _ time: Double) {
    rungList[number(of: RungKey(bracket: job.bracket, rung: job.rung), at: job.resource)].resource = job.resource
    let trial = place(of: job.trial) ?? begin(trialOf: job)
    if let known = place(of: job.id) {
      jobs[known].begin(again: job, worker: worker, time: time)
      sendOut(known)
    } else {
      if job.id.rawValue != jobs.count { otherJobs[job.id] = jobs.count }
      jobs.append(Job(job, worker: worker, time: time, after: trials[trial].lastJob))
      trials[trial].lastJob = Int32(clamping: jobs.count - 1)
      sendOut(jobs.count - 1)
    }
    // A job that is judged while it trains goes out for the top rung, and trains for the next.
    enter(min(Int32(clamping: job.rung.rawValue), trials[trial].completedRungs), trial: trial)
  }

  /// The number of a rung, which is new where there is none.
  private mutating func number(of key: RungKey, at resource: Resource) -> Int {
    let number = rungNumbers.number(of: key)
    if number == rungList.count { rungList.append(Rung(resource: resource)) }
    return number
  }

  /// A job goes out. O(1), amortised: of those that were out no more are kept than there are.
  private mutating func sendOut(_ place: Int) {
    if !jobs[place].isOut { runningCount += 1 }
    jobs[place].isOut = true
    guard !jobs[place].isListed else { return }
    if out.count > 2 * runningCount + 64 {
      for place in out where !jobs[Int(place)].isOut { jobs[Int(place)].isListed = false }
      out.removeAll { !jobs[Int($0)].isListed }
    }
    jobs[place].isListed = true
    out.append(Int32(clamping: place))
  }

  /// No job is out any more: those that had lost have ended, though no line says so, and the others go out again.
  private mutating func recallAll() {
    for place in out where jobs[Int(place)].isOut && jobs[Int(place)].isStopped { endUnseen(Int(place)) }
    for place in out { (jobs[Int(place)].isOut, jobs[Int(place)].isListed) = (false, false) }
    out.removeAll()
    runningCount = 0
  }

  /// A trial trains for a rung.
  private mutating func enter(_ rung: Int32, trial place: Int) {
    guard rung > trials[place].highestRung else { return }
    trials[place].highestRung = rung
    let below = RungKey(bracket: trials[place].bracket, rung: RungIndex(Int(rung) - 1))
    if let number = rungNumbers[below] { rungList[number].promoted += 1 }
  }

  private mutating func pass(_ report: SearchRecord.Report) {
    // The first report of a trainer may be of a job that ends at this rung: its result counts.
    guard let job = place(of: report.job), jobs[job].rung > report.rung, let trial = place(of: report.trial) else {
      return
    }
    let resource = Resource(min(report.resource.rawValue, jobs[job].resource.rawValue))
    passed.append(
      PassedRung(
        job: report.job, rung: report.rung, resource: resource, loss: report.loss, time: report.time,
        previous: trials[trial].lastPassed))
    trials[trial].lastPassed = Int32(clamping: passed.count - 1)
    complete(report.rung, at: resource, report.loss, trial: trial, bracket: report.bracket)
    consider(
      SearchRecord.Result(
        job: report.job, trial: report.trial, bracket: report.bracket, rung: report.rung, resource: resource,
        worker: report.worker, loss: report.loss, seconds: 0, time: report.time, metrics: report.metrics,
        curve: LearningCurve()))
    if report.isStopped {
      jobs[job].isStopped = true
    } else {
      enter(trials[trial].completedRungs, trial: trial)
    }
  }

  /// A trial has completed a rung.
  private mutating func complete(
    _ rung: RungIndex, at resource: Resource, _ loss: Loss, trial place: Int, bracket: BracketIndex
  ) {
    let more = Double(max(0, resource.rawValue - trials[place].resource.rawValue))
    units += more
    trained.add(more, at: time)
    trials[place].resource = resource
    trials[place].completedRungs = max(trials[place].completedRungs, Int32(clamping: rung.rawValue + 1))
    let number = number(of: RungKey(bracket: bracket, rung: rung), at: resource)
    rungList[number].losses.append(loss)
    // A report may be of a resource beyond the rung's.
    let known = rungList[number].resource
    if known == 0 || resource < known { rungList[number].resource = resource }
  }

  private mutating func consider(_ result: SearchRecord.Result) {
    guard result.loss.isFinite else { return }
    let ranked = RankedTrial(trial: result.trial, loss: result.loss)
    if let best, !(ranked < RankedTrial(trial: best.trial, loss: best.loss)) { return }
    best = result
    improvements.append((result.time, result.loss))
  }

  /// A job that was told to stop had not ended when the run did: its last report is its result.
  private mutating func endUnseen(_ place: Int) {
    guard let trial = trial(jobs[place].trial), trial.lastPassed >= 0 else { return }
    let last = passed[Int(trial.lastPassed)]
    results += 1
    jobs[place].end = last.time
    jobs[place].status = .completed
    (jobs[place].loss, jobs[place].rung, jobs[place].resource) = (last.loss, last.rung, last.resource)
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
    var wasStopped = false
    if let place = end(result.job, at: result.time, .completed) {
      wasStopped = jobs[place].isStopped
      jobs[place].loss = result.loss
      (jobs[place].rung, jobs[place].resource) = (result.rung, result.resource)
      jobs[place].seconds = result.seconds
      if details.contains(.reports) { reports[place] = Report(metrics: result.metrics, curve: result.curve) }
    }
    guard let trial = place(of: result.trial) else {
      units += Double(result.resource.rawValue)
      trained.add(Double(result.resource.rawValue), at: time)
      return
    }
    if details.contains(.lastWords) { keep(result.metrics, ofTrialAt: trial) }
    // What was told to stop has its result from its last report.
    guard !wasStopped else { return }
    complete(result.rung, at: result.resource, result.loss, trial: trial, bracket: result.bracket)
    consider(result)
  }

  private mutating func keep(_ metrics: [TrainingReport.Metric], ofTrialAt place: Int) {
    for name in lastMetrics.keys where place < lastMetrics[name]?.count ?? 0 {
      lastMetrics[name]?[place] = Self.noValue
    }
    for metric in metrics where lastMetrics[metric.name] != nil || lastMetrics.count < Self.mostMetrics {
      var values: [Double] = []
      swap(&values, &lastMetrics[metric.name, default: []])
      while values.count <= place { values.append(Self.noValue) }
      values[place] = metric.value
      swap(&values, &lastMetrics[metric.name, default: []])
    }
  }

  /// The end of a long reason: a traceback's last line says what went wrong, and the log's path comes last.
  private static func shortened(_ reason: String) -> String {
    reason.count <= mostOfReason ? reason : "…" + reason.suffix(mostOfReason - 1)
  }

  private static let mostOfReason = 400

  /// More names than these are no metrics, but something else under changing names.
  private static let mostMetrics = 100

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
      if let host = run.site.host(of: failure.worker.rawValue) { failuresByHost[host, default: 0] += 1 }
      if failure.isFinal {
        rungList[number(of: RungKey(bracket: failure.bracket, rung: failure.rung), at: 0)].failed += 1
      }
    }
    if failure.isFinal, let trial = place(of: failure.trial) {
      if details.contains(.lastWords) { failureReasons[trial] = Self.shortened(failure.reason) }
      if failure.kind == .invalid { trials[trial].isInvalid = true } else { trials[trial].hasFailed = true }
    }
    failures.note(failure.reason, failure.kind, on: failure.worker, at: failure.time)
  }

  /// Ends a job, which is not out any more.
  ///
  /// - Returns: its index in ``jobs``.
  private mutating func end(_ id: JobID, at time: Double, _ status: Job.Status) -> Int? {
    guard let place = place(of: id) else { return nil }
    if jobs[place].isOut { runningCount -= 1 }
    jobs[place].isOut = false
    jobs[place].end = time
    jobs[place].status = status
    busy.add(from: jobs[place].start, to: time)
    return place
  }
}
