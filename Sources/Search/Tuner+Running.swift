internal import SuccessiveHalving
public import TuningTypes

/// What somebody who watches a study wants to know of its jobs.
extension Tuner {
  /// A job in flight, in numbers.
  public struct RunningJob: Hashable, Sendable {
    public var id: JobID
    public var trial: TrialID
    public var bracket: BracketIndex
    /// The rung that its trial trains for.
    public var rung: RungIndex
    /// What the job trains to; more than the rung's resource where it is judged while it trains.
    public var resource: Resource
    public var worker: WorkerID
    public var attempt: Int

    public init(
      id: JobID, trial: TrialID, bracket: BracketIndex, rung: RungIndex, resource: Resource, worker: WorkerID,
      attempt: Int
    ) {
      (self.id, self.trial, self.bracket, self.rung) = (id, trial, bracket, rung)
      (self.resource, self.worker, self.attempt) = (resource, worker, attempt)
    }
  }

  /// The jobs in flight, in the order of their workers. O(workers).
  public var runningJobs: [RunningJob] {
    roster.running.map { worker, record in
      let assignment = record.assignment
      return RunningJob(
        id: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
        resource: goal(of: record).resource, worker: worker, attempt: record.attempt)
    }
  }
}
