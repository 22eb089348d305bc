internal import SuccessiveHalving
public import TuningTypes

/// What a study needs whose jobs are asked for, one by one: see ``Tuner/workersServeOnce``.
extension Tuner {
  /// A job that is in flight, and the worker that has it; nil where no job of that number is. O(workers).
  public func jobInFlight(_ id: JobID) -> (job: Job, worker: WorkerID)? {
    for (number, worker) in workers.enumerated() {
      if let record = worker.job, record.id == id { return (job(of: record), WorkerID(number)) }
    }
    return nil
  }

  /// The worker that the next job goes to: the lowest number that has no job, other than the one on which the job has
  /// failed that goes out next. Nil where all below `limit` have jobs.
  public func freeWorker(below limit: Int) -> WorkerID? {
    let failedOn = retries.first?.lastWorker
    let free = (0..<limit).lazy.map { WorkerID($0) }.filter { !isRunning($0) }
    return free.first { $0 != failedOn } ?? free.first
  }

  /// How many workers there have been.
  public var workerCount: Int { workers.count }

  private func isRunning(_ worker: WorkerID) -> Bool {
    worker.rawValue < workers.count && workers[worker.rawValue].job != nil
  }

  /// Sends away who has no job, where workers serve once.
  mutating func dismissOneJobWorkers() {
    guard workersServeOnce else { return }
    for worker in idle { set(worker, .absent) }
  }
}
