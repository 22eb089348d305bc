internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

/// A journal that this program, with this study, would not have written.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String

  package init(problem: String) { self.problem = problem }

  public var description: String { problem }
}

/// How a study that was interrupted becomes a tuner again: every event of its journal goes through the same decisions.
extension Tuner {
  /// Takes one event of the journal, in the journal's order, on a tuner that has seen nothing else.
  ///
  /// - Complexity: O(log n), as when it happened.
  /// - Throws: ``ReplayError`` where the event could not have followed the ones before.
  public mutating func replay(_ event: SearchRecord) throws(ReplayError) {
    var unwanted: [Action] = []
    switch event {
    case .stop: break
    case .resume: interruptEverything()
    case .horizon(let limit, _): longestJob = limit
    case .dispatch(let job, let worker, _): try replayDispatch(of: job, to: worker)
    case .result(let result):
      let record = try replayEnd(of: result.job, on: result.worker) { record in
        let ours = record.assignment
        return (ours.trial, ours.bracket, ours.rung, ours.resource)
          == (result.trial, result.bracket, result.rung, result.resource)
      }
      let report = TrainingReport(loss: plan.objective.value(of: result.loss), metrics: result.metrics)
      // A study that ranks by another metric than the loss has both in the line.
      guard plan.objective.loss(of: report) == result.loss else {
        throw ReplayError(problem: "the loss \(result.loss) is not that of the metric \(plan.objective.metric)")
      }
      take(report, of: record, from: result.worker, seconds: result.seconds, at: result.time, into: &unwanted)
    case .failure(let failure):
      let retries = plan.retries
      let record = try replayEnd(of: failure.job, on: failure.worker) { record in
        let ours = record.assignment
        return (ours.trial, ours.bracket, ours.rung, record.attempt)
          == (failure.trial, failure.bracket, failure.rung, failure.attempt)
          && failure.isFinal == (failure.kind == .invalid || record.attempt > retries)
      }
      fail(record, on: failure.worker, failure.kind, failure.reason, at: failure.time, into: &unwanted)
    }
    roster.dismissOneJobWorkers()
    phase = .searching
  }

  /// Ends the replay: what was in flight goes out again, and the workers that come are other ones.
  ///
  /// Not where workers serve once: their jobs are still with whoever asked for them.
  public mutating func finishReplay() {
    if !workersServeOnce { interruptEverything() }
    if let target = plan.budget.target, let incumbent, !(plan.objective.loss(ofValue: target) < incumbent.loss) {
      phase = .stopping(.target)
    }
  }

  /// Whether the study is over as far as its configurations and its target go: there is nothing left to start.
  public var isComplete: Bool {
    if case .stopping = phase { return true }
    return hasNoJobs && !hasMoreToTrain
  }

  private mutating func replayDispatch(of job: Job, to worker: WorkerID) throws(ReplayError) {
    roster.arrive(worker)
    if let other = roster.job(on: worker) {
      throw ReplayError(problem: "worker \(worker) gets job \(job.id) and still has job \(other.id)")
    }
    let record: JobRecord
    if let at = retries.firstIndex(where: { $0.id == job.id }) {
      record = retries[at]
      try expect(record, is: job)
      retries.remove(at: at)
    } else {
      guard let assignment = scheduler.continueTrial(job.trial) ?? nextAssignment() else {
        throw ReplayError(problem: "job \(job.id) is dispatched where this study has nothing to start")
      }
      let next = JobRecord(id: nextJobID, assignment: assignment)
      try expect(next, is: job)
      guard next.id == job.id else { throw ReplayError(problem: "job \(job.id) should be number \(next.id)") }
      record = number(assignment)
      if assignment.isNewTrial { begin(try recordedConfiguration(of: job)) }
    }
    roster.begin(record, on: worker)
    counts.jobs += 1
  }

  /// What the journal says that a trial was begun with.
  private func recordedConfiguration(of job: Job) throws(ReplayError) -> Configuration {
    let configuration: Configuration
    do {
      configuration = try plan.space.validated(job.configuration)
    } catch {
      throw ReplayError(problem: "trial \(job.trial) has a configuration that this study does not have: \(error)")
    }
    guard configuration == job.configuration else {
      throw ReplayError(
        problem: "trial \(job.trial) has another configuration than this study draws (\(job.configuration))")
    }
    return configuration
  }

  private func expect(_ record: JobRecord, is recorded: Job) throws(ReplayError) {
    let ours = record.assignment
    guard ours.trial == recorded.trial, ours.bracket == recorded.bracket, ours.rung == recorded.rung,
      ours.resource == recorded.resource
    else {
      let place = { (trial: TrialID, rung: RungIndex, bracket: BracketIndex, resource: Resource) in
        "trial \(trial) to rung \(rung) of bracket \(bracket) (resource \(resource))"
      }
      let theirs = place(recorded.trial, recorded.rung, recorded.bracket, recorded.resource)
      throw ReplayError(
        problem:
          "job \(recorded.id) trains \(theirs); this study would train "
          + place(ours.trial, ours.rung, ours.bracket, ours.resource))
    }
    guard record.attempt == recorded.attempt else {
      throw ReplayError(
        problem: "job \(recorded.id) goes out as attempt \(recorded.attempt); it would be attempt \(record.attempt)")
    }
  }

  private mutating func replayEnd(of id: JobID, on worker: WorkerID, isSame: (JobRecord) -> Bool) throws(ReplayError)
    -> JobRecord
  {
    guard let record = roster.job(id, on: worker) else {
      throw ReplayError(problem: "job \(id) ends on worker \(worker), which does not have it")
    }
    guard isSame(record) else {
      let ours = record.assignment
      throw ReplayError(
        problem:
          "job \(id) went out as attempt \(record.attempt) to train trial \(ours.trial) to rung \(ours.rung) "
          + "(resource \(ours.resource)), and ends as another")
    }
    return roster.end(id, on: worker) ?? record
  }

  /// Puts every job in flight among those that go out again, lowest number first, and forgets the workers.
  private mutating func interruptEverything() {
    retries = (retries + roster.removeAll()).sorted { $0.id < $1.id }
    for index in retries.indices { retries[index].lastWorker = nil }
    longestJob = nil
  }
}
