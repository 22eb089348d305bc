internal import Files
internal import Foundation
public import Journal
internal import Search
public import StudyFile
internal import SuccessiveHalving
internal import Text
internal import TuningTypes

/// How a study stands at a moment, from its journal, its lock file and `status.json`: nothing is locked, nothing is written.
public struct StatusReport {
  /// What the study is doing.
  enum State {
    case running(RunOwner)
    case finished(StopReason)
    case stopped(StopReason)
    /// It ended without a word: killed, or its node died. The lock file may still say whose run it was.
    case ended(RunOwner?)
    case simulated(StopReason?)
    /// Its jobs are asked for; there is no run.
    case asked
  }

  let folder: String
  let study: Study
  let resourceUnit: String
  let state: State
  let history: StudyHistory
  let standings: [StudyHistory.RungKey: StudyFollower.Standing]
  let limit: Int?
  /// What the run has said of its jobs; only of a run that is alive.
  let status: RunStatus?
  /// Seconds since the journal was last written to.
  let age: Double
  /// Seconds since the study began, as of now for a study that runs.
  let elapsed: Double

  /// Reads a study's folder once.
  ///
  /// - Throws: `JournalError`, `DiskError`; what makes the study's sampler impossible.
  public init(_ study: Study, folder: StudyFolder, resourceUnit: String) throws {
    var follower = try StudyFollower(study, folder: folder, resourceUnit: resourceUnit)
    try follower.poll()
    self.init(follower)
  }

  init(_ follower: StudyFollower) {
    (folder, study, resourceUnit) = (follower.folder.path, follower.study, follower.resourceUnit)
    (history, standings, limit) = (follower.history, follower.standings, follower.limit)
    let now = Date().timeIntervalSince1970
    let owner = RunOwner(of: follower.folder)
    state =
      if follower.isSimulated { .simulated(history.stopped) } else if let reason = history.stopped {
        reason.isFinished ? .finished(reason) : .stopped(reason)
      } else if follower.isAsked { .asked } else if let owner, owner.isAlive { .running(owner) } else { .ended(owner) }
    age = max(0, now - (Disk.modificationTime(follower.folder.journal) ?? now))
    guard case .running(let owner) = state else {
      (status, elapsed) = (nil, history.time)
      return
    }
    let said = RunStatus(of: follower.folder)
    let isOfRun = said.map { $0.host == owner.host && "\($0.process)" == owner.process } ?? false
    status = isOfRun ? said : nil
    let statusAge = now - (Disk.modificationTime(follower.folder.status) ?? now)
    elapsed = max(history.time + age, status.map { $0.time + max(0, statusAge) } ?? 0)
  }

  /// Whether the study is neither over nor running.
  public var canBeResumed: Bool {
    switch state {
    case .stopped, .ended: true
    case .running, .finished, .simulated, .asked: false
    }
  }

  /// Whether a run of the study is alive.
  public var isRunning: Bool { if case .running = state { true } else { false } }

  var isOver: Bool { if case .finished = state { true } else { false } }

  /// The limit of configurations that is shown; nil where there is none, or where more have begun.
  var shownLimit: Int? { limit.flatMap { $0 < configurations ? nil : $0 } }

  var isSimulated: Bool { if case .simulated = state { true } else { false } }

  var stateName: String {
    switch state {
    case .running: "running"
    case .finished: "finished"
    case .stopped: "stopped"
    case .ended: "ended"
    case .simulated: "simulated"
    case .asked: "asked"
    }
  }
}

// MARK: - In numbers

extension StatusReport {
  var configurations: Int { history.trials.count - history.invalid }

  /// Jobs that are out, by their numbers.
  var running: [StudyHistory.Job] { history.runningJobs.sorted { $0.id < $1.id } }

  /// The share of the workers' time that went into jobs, those that run counted up to now.
  var utilisation: Double {
    let inFlight = history.runningJobs.reduce(0) { $0 + max(0, elapsed - $1.start) }
    let time = history.workerSeconds(until: elapsed)
    return time > 0 ? min(1, (history.trainingSeconds + inFlight) / time) : 0
  }

  /// Seconds since a result, a report or a failure came; nil where none has.
  var sinceLastAnswer: Double? { history.lastAnswer.map { max(0, elapsed - $0) } }

  /// The units of resource that the whole study takes: what it took where it has finished, or else about what its budget tells.
  var expectedUnits: Double? {
    if isOver { return history.units }
    return forecastUnits.map { max($0, history.units) }
  }

  private var forecastUnits: Double? {
    limit.map { study.plan.scheduler.expectedBrackets(configurations: $0).reduce(0) { $0 + $1.cost } }
  }

  /// Units of resource a second in the later half of the run that is alive; nil before there is enough to go by.
  var unitsPerSecond: Double? {
    guard isRunning, history.results >= Self.fewestResults, elapsed > history.run.start else { return nil }
    let start = max(history.run.start, elapsed - max(10, (elapsed - history.run.start) / 2))
    let recent = history.trained.amount(from: start, to: elapsed, until: elapsed) / (elapsed - start)
    let overall = history.units / elapsed
    return recent > 0 ? recent : overall > 0 ? overall : nil
  }

  private static let fewestResults = 5

  /// About how many seconds are left, from the units that are; nil where that can't be told.
  var secondsLeft: Double? {
    guard isRunning else { return nil }
    let byUnits = expectedUnits.flatMap { expected in
      unitsPerSecond.map { max(0, expected - history.units) / $0 }
    }
    let byTime = study.plan.budget.time.map { max(0, $0 - elapsed) }
    return [byUnits, byTime].compactMap { $0 }.min()
  }

  /// Seconds until the batch job ends or the budget's time is used up; nil where no such limit is known.
  var timeLimitLeft: Double? { status?.deadline.map { max(0, $0 - elapsed) } }

  var rungs: [(key: StudyHistory.RungKey, rung: StudyHistory.Rung)] {
    history.rungs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How many jobs run by rung.
  var runningByRung: [StudyHistory.RungKey: Int] {
    Dictionary(history.runningJobs.map { (history.currentKey(of: $0), 1) }, uniquingKeysWith: +)
  }

  /// The loss that a trial of the rung must not exceed to be promoted at this moment; nil where no schedule promotes so.
  func threshold(_ key: StudyHistory.RungKey) -> Double? {
    study.plan.scheduler.algorithm.showsThreshold ? standings[key]?.threshold : nil
  }

  /// The metric's own value for a loss.
  func metric(_ loss: Double) -> Double { study.plan.objective.value(of: Loss(loss)) }

  /// The trials with the lowest losses, each with the result that has it. O(jobs).
  func top(_ count: Int) -> [(trial: TrialID, loss: Loss, resource: Resource)] {
    var best: [(trial: TrialID, loss: Loss, resource: Resource)] = []
    for trial in history.trials {
      let ended = history.jobsBackwards(of: trial).lazy.filter { $0.status == .completed }
        .map { ($0.loss, $0.resource) }
      let passed = history.passedBackwards(of: trial).lazy.map { ($0.loss, $0.resource) }
      let all = (Array(ended) + Array(passed)).filter { $0.0.isFinite }
      if let lowest = all.min(by: { $0.0 < $1.0 }) { best.append((trial.id, lowest.0, lowest.1)) }
    }
    return Array(best.sorted { ($0.loss, $0.trial) < ($1.loss, $1.trial) }.prefix(count))
  }
}

// MARK: - Jobs that run

extension StatusReport {
  /// A job that is out, with what is known of it.
  struct RunningJob {
    var job: StudyHistory.Job
    var key: StudyHistory.RungKey
    var host: String?
    /// How long it has been out, in seconds.
    var seconds: Double
    /// How long half of the rung's jobs took, in seconds; nil for few, and where a job may train beyond its rung.
    var median: Double?
    var report: RunStatus.Report?
  }

  /// In what order running jobs are shown.
  public enum JobOrder: CaseIterable, Sendable {
    case time, ratio, worker

    var title: String {
      switch self {
      case .time: "Longest running"
      case .ratio: "Slowest for their rung"
      case .worker: "Running, by worker"
      }
    }
  }

  func runningJobs(by order: JobOrder) -> [RunningJob] {
    var reports: [JobID: RunStatus.Report] = [:]
    for running in status?.running ?? [] { reports[running.job.id] = running.report }
    let jobs = running.map { job in
      let key = history.currentKey(of: job)
      return RunningJob(
        job: job, key: key, host: history.run.site.host(of: job.worker.rawValue),
        seconds: max(0, elapsed - job.start), median: key == job.key ? standings[key]?.medianSeconds : nil,
        report: reports[job.id])
    }
    return switch order {
    case .time: jobs.sorted { ($1.seconds, $0.job.id) < ($0.seconds, $1.job.id) }
    case .ratio: jobs.sorted { ($1.ratio, $0.job.id) < ($0.ratio, $1.job.id) }
    case .worker: jobs.sorted { ($0.job.worker, $0.job.id) < ($1.job.worker, $1.job.id) }
    }
  }
}

extension StatusReport.RunningJob {
  /// How many times the median it has been out.
  var ratio: Double { median.map { $0 > 0 ? seconds / $0 : 0 } ?? 0 }
}
