internal import SuccessiveHalving
internal import TuningTypes

/// A journal that this program, with this study, would not have written.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public var description: String { problem }
}

/// How a study that was interrupted becomes a tuner again: every event of its journal goes through the same decisions.
extension Tuner {
  /// Takes one event of the journal, in the journal's order, on a tuner that has seen nothing else.
  ///
  /// - Complexity: O(log n), as when it happened.
  /// - Throws: ``ReplayError`` where the event could not have followed the ones before.
  public mutating func replay(_ event: JournalEvent) throws(ReplayError) {
    var unwanted: [Action] = []
    switch event {
    case .study, .stop: break
    case .resume: interruptEverything()
    case .dispatch(let job, let worker, _): try replayDispatch(of: job, to: worker)
    case .result(let result):
      let record = try replayEnd(of: result.job, result.trial, result.rung, on: result.worker)
      let report = TrainingReport(loss: study.objective.value(of: result.loss), metrics: result.metrics)
      take(report, of: record, from: result.worker, seconds: result.seconds, at: result.time, into: &unwanted)
    case .failure(let failure):
      let record = try replayEnd(of: failure.job, failure.trial, failure.rung, on: failure.worker)
      fail(record, on: failure.worker, failure.kind, failure.reason, at: failure.time, into: &unwanted)
    }
    phase = .searching
  }

  /// Ends the replay: what was in flight goes out again, and the workers that come are other ones.
  public mutating func finishReplay() {
    interruptEverything()
    if let target = study.budget.target, let incumbent, !(study.objective.loss(ofValue: target) < incumbent.loss) {
      phase = .stopping(.target)
    }
  }

  /// Whether the study is over as far as its configurations and its target go: there is nothing left to start.
  public var isComplete: Bool {
    if case .stopping = phase { return true }
    guard jobs.isEmpty else { return false }
    var next = self
    return next.startNextJob() == nil
  }

  private mutating func replayDispatch(of job: Job, to worker: WorkerID) throws(ReplayError) {
    addWorker(worker)
    if let at = retries.firstIndex(of: job.id), let record = jobs[job.id] {
      try expect(record.job, is: job)
      retries.remove(at: at)
    } else {
      let running = scheduler.continueTrial(job.trial)
      guard let next = running.map({ makeJob(of: $0) }) ?? startNextJob() else {
        throw ReplayError(problem: "job \(job.id) is dispatched where this study has nothing to start")
      }
      try expect(next, is: job)
      guard next.id == job.id else { throw ReplayError(problem: "job \(job.id) should be number \(next.id)") }
      guard job.rung > 0 || job.configuration == next.configuration else {
        throw ReplayError(
          problem: "trial \(job.trial) has another configuration than this study draws (\(job.configuration))")
      }
    }
    set(worker, .running(job.id))
    counts.jobs += 1
  }

  private func expect(_ ours: Job, is recorded: Job) throws(ReplayError) {
    guard ours.trial == recorded.trial, ours.bracket == recorded.bracket, ours.rung == recorded.rung,
      ours.resource == recorded.resource
    else {
      let place = { (job: Job) in
        "trial \(job.trial) to rung \(job.rung) of bracket \(job.bracket) (resource \(job.resource))"
      }
      throw ReplayError(
        problem: "job \(recorded.id) trains \(place(recorded)); this study would train \(place(ours))")
    }
  }

  private mutating func replayEnd(of id: JobID, _ trial: TrialID, _ rung: RungIndex, on worker: WorkerID)
    throws(ReplayError) -> JobRecord
  {
    guard worker.rawValue < workers.count, workers[worker.rawValue].state == .running(id),
      let record = jobs.removeValue(forKey: id), record.job.trial == trial, record.job.rung == rung
    else { throw ReplayError(problem: "job \(id) ends on worker \(worker), which does not have it") }
    set(worker, .idle)
    return record
  }

  /// Puts every job in flight among those that go out again, lowest number first, and forgets the workers.
  private mutating func interruptEverything() {
    retries = jobs.keys.sorted()
    for id in retries { jobs[id]?.lastWorker = nil }
    workers = []
    idle = []
    workersInService = 0
  }
}
