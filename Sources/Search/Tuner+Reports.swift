internal import SearchSpace
internal import SuccessiveHalving
public import TuningTypes

/// Live stopping: a stopping-type scheduler judges a trial while it trains, from what its trainer reports.
///
/// A trial is one job to *R*. Whether the trainer reports at all may not be known before it has run: then the first jobs train to
/// the lowest rung alone, and the first of them that ends tells. A trainer that does not report is trained rung by rung.
extension Tuner {
  /// The rung that a live job is sent to.
  var topOfLadder: (rung: RungIndex, resource: Resource) {
    (plan.scheduler.ladder.topRung, plan.scheduler.ladder.maxResource)
  }

  /// The rung that a job is sent to.
  func goal(of record: JobRecord) -> (rung: RungIndex, resource: Resource) {
    record.isLive ? topOfLadder : (record.assignment.rung, record.assignment.resource)
  }

  /// Whether a trial in flight to this rung may go on to *R* in the same job.
  func mayTrainLive(_ assignment: Assignment) -> Bool {
    letsTrialsRunOn && fullResource != nil && assignment.rung < topOfLadder.rung
  }

  mutating func beginLive(_ record: JobRecord, at time: Double) {
    liveJobs[record.id] = LiveJob(start: record.assignment.resumeResource, began: time)
  }

  /// The job of that number, where the worker has it and it has not been told to stop.
  func liveJob(_ id: JobID, on worker: WorkerID) -> JobRecord? {
    guard let record = roster.job(id, on: worker), record.isLive, liveJobs[id]?.isStopped == false else { return nil }
    return record
  }

  /// Takes what a job says while it trains.
  ///
  /// What is below the rung that it is in flight to decides nothing, and neither does what it says at *R*: its result comes.
  /// O(1) for those; O(log n) for each rung passed.
  mutating func take(
    _ report: TrainingReport, at resource: Double, of id: JobID, from worker: WorkerID, at time: Double,
    into actions: inout [Action]
  ) {
    guard let fullResource, letsTrialsRunOn, let loss = plan.objective.loss(of: report) else { return }
    if trainerReports == nil, let record = roster.job(id, on: worker), !record.isLive {
      let assignment = record.assignment
      guard resource >= Double(assignment.resource.rawValue) else { return }
      trainerReports = true
      return note(loss, report, at: Self.units(resource), of: record, on: worker, at: time, into: &actions)
    }
    guard resource < Double(fullResource.rawValue), let record = liveJob(id, on: worker) else { return }
    passRungs(of: record, upTo: resource, loss, report, on: worker, at: time, into: &actions)
  }

  /// A job that has come to its end has passed every rung, also those that it did not report at.
  mutating func passLastRungs(
    of record: JobRecord, _ report: TrainingReport, on worker: WorkerID, at time: Double, into actions: inout [Action]
  ) {
    guard let fullResource, let loss = plan.objective.loss(of: report) else { return }
    passRungs(
      of: record, upTo: Double(fullResource.rawValue), loss, report, on: worker, at: time, into: &actions)
  }

  private mutating func passRungs(
    of record: JobRecord, upTo resource: Double, _ loss: Loss, _ report: TrainingReport, on worker: WorkerID,
    at time: Double, into actions: inout [Action]
  ) {
    let top = topOfLadder.rung
    var next: JobRecord? = record
    while let record = next, record.assignment.rung < top, resource >= Double(record.assignment.resource.rawValue) {
      pass(record, loss, report, at: Self.units(resource), on: worker, at: time, into: &actions)
      next = liveJob(record.id, on: worker)
    }
  }

  /// Completes the rung that a live job is in flight to; then it is in flight to the next, or is told to stop.
  mutating func pass(
    _ record: JobRecord, _ loss: Loss, _ report: TrainingReport, at resource: Resource, on worker: WorkerID,
    at time: Double, into actions: inout [Action]
  ) {
    let assignment = record.assignment
    roster.noteSuccess(of: worker)
    trials.note(loss, of: assignment.trial, rung: assignment.rung)
    tellSampler(assignment, loss)
    scheduler.complete(assignment.trial, rung: assignment.rung, loss: loss)
    liveJobs[record.id]?.last = (assignment, loss, report)
    let onward = scheduler.continueTrial(assignment.trial)
    liveJobs[record.id]?.isStopped = onward == nil
    note(
      loss, report, at: resource, of: record, on: worker, isStopped: onward == nil, at: time, into: &actions)
    considerIncumbent(record, loss, report, isTraining: true, into: &actions)
    if onward == nil { stoppedInFlight.insert(assignment.trial) }
    rank(assignment.trial, loss, into: &actions)
    if let onward {
      var record = record
      record.assignment = onward
      roster.replaceJob(on: worker, by: record)
    } else {
      actions.append(.interrupt(worker, record.id))
    }
    stopAtTarget(loss, into: &actions)
  }

  private mutating func note(
    _ loss: Loss, _ report: TrainingReport, at resource: Resource, of job: JobRecord, on worker: WorkerID,
    isStopped: Bool = false, at time: Double, into actions: inout [Action]
  ) {
    let assignment = job.assignment
    record(
      .report(
        SearchRecord.Report(
          job: job.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung, resource: resource,
          worker: worker, loss: loss, isStopped: isStopped, time: time, metrics: report.metrics)), into: &actions)
  }

  /// Whole units of a resource that a trainer gave, which may be any number.
  private static func units(_ resource: Double) -> Resource { Resource(Int(exactly: resource.rounded(.down)) ?? .max) }

  /// Ends a job that was told to stop: its last report is its result, however it ended.
  ///
  /// - Parameter seconds: how long it took; nil counts from when it went out.
  /// - Returns: false where the job was not told to stop.
  mutating func endStopped(
    _ record: JobRecord, on worker: WorkerID, _ curve: LearningCurve = LearningCurve(), seconds: Double? = nil,
    at time: Double, into actions: inout [Action]
  ) -> Bool {
    guard let live = liveJobs[record.id], live.isStopped, let last = live.last else { return false }
    liveJobs[record.id] = nil
    stoppedInFlight.remove(last.assignment.trial)
    let seconds = seconds ?? max(0, time - live.began)
    let assignment = last.assignment
    counts.results += 1
    counts.trainingSeconds += seconds
    counts.trainedUnits += Double(assignment.resource.rawValue - live.start.rawValue)
    self.record(
      .result(
        SearchRecord.Result(
          job: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
          resource: assignment.resource, worker: worker, loss: last.loss, seconds: seconds, time: time,
          metrics: last.report.metrics, curve: curve)), into: &actions)
    keepTrainedIncumbent(assignment.trial, into: &actions)
    release(assignment.trial, into: &actions)
    return true
  }

  /// The same where the run ended before the job did: no line tells.
  mutating func endStoppedUnseen(_ record: JobRecord) -> Bool {
    guard let live = liveJobs[record.id], live.isStopped, let last = live.last else { return false }
    counts.results += 1
    counts.trainedUnits += Double(last.assignment.resource.rawValue - live.start.rawValue)
    if !needsCheckpoint(of: last.assignment.trial) { trials.release(last.assignment.trial) }
    return true
  }

  /// Whether a job has lost, and was told to stop.
  public func isToldToStop(_ id: JobID) -> Bool { liveJobs[id]?.isStopped ?? false }

  /// The incumbent, where its checkpoint could not be kept before the run ended and its trial does not go on.
  public var incumbentToKeep: Incumbent? {
    guard incumbentIsTraining, let incumbent, !needsCheckpoint(of: incumbent.job.trial) else { return nil }
    return incumbent
  }

  /// A first result without a report before it: the trainer does not report.
  mutating func noteWhetherTrainerReports(into actions: inout [Action]) {
    guard trainerReports == nil, letsTrialsRunOn, fullResource != nil else { return }
    trainerReports = false
    actions.append(
      .warn(
        "the trainer reports no loss while it trains: each rung is a job of its own, and goes on from the trial's checkpoint"
      ))
  }
}
