internal import Journal
internal import Search
internal import TuningTypes

/// What a run writes into `status.json`, beside what its tuner knows: when jobs went out, and what they reported last.
struct RunningJobs {
  private struct Entry {
    var job: JobID?
    var since = 0.0
    var report: RunStatus.Report?
  }

  private var entries: [Entry]

  init(workers: Int) { entries = Array(repeating: Entry(), count: workers) }

  /// A job goes out. O(1).
  mutating func begin(_ job: JobID, on worker: WorkerID, at time: Double) {
    entries[worker.rawValue] = Entry(job: job, since: time)
  }

  /// A job has reported while it trains. O(1).
  mutating func note(_ report: RunStatus.Report, of job: JobID, on worker: WorkerID) {
    guard entries[worker.rawValue].job == job else { return }
    entries[worker.rawValue].report = report
  }

  /// The tuner's jobs in flight with what is known of them. O(workers).
  func jobs(of tuner: borrowing Tuner) -> [RunStatus.RunningJob] {
    tuner.runningJobs.compactMap { job in
      guard job.worker.rawValue < entries.count, case let entry = entries[job.worker.rawValue], entry.job == job.id
      else { return nil }
      return RunStatus.RunningJob(job: job, since: entry.since, report: entry.report)
    }
  }
}
