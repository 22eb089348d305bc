public import TuningTypes

/// What a study needs whose jobs are asked for, one by one: see ``Tuner/workersServeOnce``.
extension Tuner {
  /// A job that is in flight, and the worker that has it; nil where no job of that number is. O(workers).
  public func jobInFlight(_ id: JobID) -> (job: Job, worker: WorkerID)? {
    roster.running.first { $0.job.id == id }.map { (job(of: $0.job), $0.worker) }
  }

  /// The worker that the next job goes to: the lowest number that has no job, other than the one on which the job has
  /// failed that goes out next. Nil where all below `limit` have jobs.
  public func freeWorker(below limit: Int) -> WorkerID? {
    roster.free(below: limit, otherThan: retries.first?.lastWorker)
  }

  /// How many workers there have been.
  public var workerCount: Int { roster.count }
}
