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
    case .model(let answer, _): try replay(answer)
    case .dispatch(let job, let worker, let time): try replayDispatch(of: job, to: worker, at: time)
    case .report(let report): try replay(report)
    case .result(let result):
      if let stopped = try replayStopped(result) {
        _ = endStopped(
          stopped, on: result.worker, result.curve, seconds: result.seconds, at: result.time, into: &unwanted)
        break
      }
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
      let record = try replayEnd(of: failure.job, on: failure.worker) { record in
        let ours = record.assignment
        return (ours.trial, ours.bracket, ours.rung, record.attempt)
          == (failure.trial, failure.bracket, failure.rung, failure.attempt)
          && (failure.isFinal || failure.kind == .failed)
      }
      // The study may have allowed more retries then, or fewer.
      fail(
        record, on: failure.worker, failure.kind, failure.reason, isFinal: failure.isFinal, at: failure.time,
        into: &unwanted)
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
  public var isComplete: Bool { isStopping || hasNoJobs && !hasMoreToTrain }

  /// Whether a new trial could start when the journal was written, when the budget may have been larger than it is now.
  ///
  /// A synchronous scheduler also decides by it what else to train, and keeps its budget.
  private var couldStart: Bool { plan.scheduler.algorithm.isSynchronous ? canStart : samplerHasMore }

  private mutating func replayDispatch(of job: Job, to worker: WorkerID, at time: Double) throws(ReplayError) {
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
      guard let assignment = scheduler.continueTrial(job.trial) ?? nextAssignment(canStart: couldStart) else {
        throw ReplayError(problem: "job \(job.id) is dispatched where this study has nothing to start")
      }
      var next = JobRecord(id: nextJobID, assignment: assignment)
      next.isLive = mayTrainLive(assignment) && job.rung == topOfLadder.rung
      try expect(next, is: job)
      guard next.id == job.id else { throw ReplayError(problem: "job \(job.id) should be number \(next.id)") }
      _ = number(assignment)
      if next.isLive { trainerReports = true }
      record = next
      if assignment.isNewTrial { begin(try recordedConfiguration(of: job)) }
    }
    roster.begin(record, on: worker)
    if record.isLive { beginLive(record, at: time) }
    counts.jobs += 1
  }

  /// A report at the rung that its trial is in flight to, or the first of a trainer of which that was not known.
  private mutating func replay(_ report: SearchRecord.Report) throws(ReplayError) {
    guard let record = roster.job(report.job, on: report.worker) else {
      throw ReplayError(problem: "job \(report.job) reports on worker \(report.worker), which does not have it")
    }
    let ours = record.assignment
    let isStopped = liveJobs[record.id]?.isStopped ?? false
    guard (ours.trial, ours.bracket, ours.rung) == (report.trial, report.bracket, report.rung),
      ours.resource <= report.resource, record.isLive ? !isStopped : trainerReports == nil
    else {
      throw ReplayError(
        problem: "job \(report.job) reports at rung \(report.rung) (resource \(report.resource)), where none is due")
    }
    guard record.isLive else { return trainerReports = true }
    let said = TrainingReport(loss: plan.objective.value(of: report.loss), metrics: report.metrics)
    guard plan.objective.loss(of: said) == report.loss else {
      throw ReplayError(problem: "the loss \(report.loss) is not that of the metric \(plan.objective.metric)")
    }
    var unwanted: [Action] = []
    pass(record, report.loss, said, at: report.resource, on: report.worker, at: report.time, into: &unwanted)
    guard liveJobs[record.id]?.isStopped == report.isStopped else {
      throw ReplayError(
        problem: "trial \(report.trial) \(report.isStopped ? "stops" : "trains on") after rung \(report.rung), "
          + "and this study would decide otherwise")
    }
  }

  private mutating func replay(_ answer: ModelAnswer) throws(ReplayError) {
    guard learnsBesideSearch else {
      throw ReplayError(problem: "a model suggests configurations, and this study's sampler has none that would")
    }
    for configuration in answer.suggestions { try expectInSpace(configuration, of: "a model suggests what") }
    learner?.learned(answer)
  }

  /// The job that a result ends which was told to stop before; nil where the result's job was not.
  private mutating func replayStopped(_ result: SearchRecord.Result) throws(ReplayError) -> JobRecord? {
    guard let live = liveJobs[result.job], live.isStopped, let last = live.last else { return nil }
    let record = try replayEnd(of: result.job, on: result.worker) { _ in
      (last.assignment.trial, last.assignment.bracket, last.assignment.rung, last.assignment.resource, last.loss)
        == (result.trial, result.bracket, result.rung, result.resource, result.loss)
    }
    return record
  }

  /// What the journal says that a trial was begun with.
  private func recordedConfiguration(of job: Job) throws(ReplayError) -> Configuration {
    try expectInSpace(job.configuration, of: "trial \(job.trial) has a configuration that")
  }

  @discardableResult
  private func expectInSpace(_ recorded: Configuration, of what: String) throws(ReplayError) -> Configuration {
    let configuration: Configuration
    do {
      configuration = try plan.space.validated(recorded)
    } catch {
      throw ReplayError(problem: "\(what) this study does not have: \(error)")
    }
    guard configuration == recorded else {
      throw ReplayError(problem: "\(what) this study does not draw (\(recorded))")
    }
    return configuration
  }

  private func expect(_ record: JobRecord, is recorded: Job) throws(ReplayError) {
    let ours = record.assignment
    let goal = goal(of: record)
    guard ours.trial == recorded.trial, ours.bracket == recorded.bracket, goal == (recorded.rung, recorded.resource)
    else {
      let place = { (trial: TrialID, rung: RungIndex, bracket: BracketIndex, resource: Resource) in
        "trial \(trial) to rung \(rung) of bracket \(bracket) (resource \(resource))"
      }
      let theirs = place(recorded.trial, recorded.rung, recorded.bracket, recorded.resource)
      throw ReplayError(
        problem:
          "job \(recorded.id) trains \(theirs); this study would train "
          + place(ours.trial, goal.rung, ours.bracket, goal.resource))
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
    modelIsInMaking = false
    let interrupted = roster.removeAll().filter { record in !endStoppedUnseen(record) }
    liveJobs.removeAll()
    stoppedInFlight.removeAll()
    failuresWithoutSuccess = 0
    firstFailedTrial = nil
    retries = (retries + interrupted).sorted { $0.id < $1.id }
    for index in retries.indices { retries[index].lastWorker = nil }
    longestJob = nil
  }
}
