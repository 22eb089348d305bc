internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

// What becomes of jobs.

extension Tuner {
  func record(_ event: @autoclosure () -> SearchRecord, into actions: inout [Action]) {
    if recordsEvents { actions.append(.record(event())) }
  }

  mutating func take(
    _ report: TrainingReport, of record: JobRecord, from worker: WorkerID, seconds: Double, at time: Double,
    into actions: inout [Action]
  ) {
    let assignment = record.assignment
    let start = liveJobs.removeValue(forKey: record.id)?.start ?? assignment.resumeResource
    guard let loss = plan.objective.loss(of: report) else {
      let names = ["loss"] + report.metrics.map(\.name)
      let others = names.count > Self.mostNamesTold ? ", and \(names.count - Self.mostNamesTold) others" : ""
      let reason =
        "the trainer reported no \(plan.objective.metric), only: "
        + names.prefix(Self.mostNamesTold).joined(separator: ", ") + others
      return fail(record, on: worker, .failed, reason, at: time, into: &actions)
    }
    roster.noteSuccess(of: worker)
    counts.results += 1
    counts.trainingSeconds += seconds
    counts.trainedUnits += Double(assignment.resource.rawValue - start.rawValue)
    noteWhetherTrainerReports(into: &actions)
    self.record(
      .result(
        SearchRecord.Result(
          job: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
          resource: assignment.resource, worker: worker, loss: loss, seconds: seconds, time: time,
          metrics: report.metrics, curve: report.curve)), into: &actions)
    trials.note(loss, of: assignment.trial, rung: assignment.rung)
    tellSampler(assignment, loss)
    considerIncumbent(record, loss, report, isTraining: false, into: &actions)
    keepTrainedIncumbent(assignment.trial, into: &actions)
    complete(assignment, loss, into: &actions)
    stopAtTarget(loss, into: &actions)
  }

  private static let mostNamesTold = 12

  /// Lets a sampler that learns know what has become of a trial, while its configuration is there.
  mutating func tellSampler(_ assignment: Assignment, _ loss: Loss) {
    guard samplerLearns, let configuration = trials.configuration(of: assignment.trial) else { return }
    learner?.reported(assignment.trial, configuration, resource: assignment.resource, loss: loss)
  }

  private mutating func complete(_ assignment: Assignment, _ loss: Loss, into actions: inout [Action]) {
    scheduler.complete(assignment.trial, rung: assignment.rung, loss: loss)
    rank(assignment.trial, loss, into: &actions)
    release(assignment.trial, into: &actions)
  }

  mutating func stopAtTarget(_ loss: Loss, into actions: inout [Action]) {
    if let target = plan.budget.target, loss.isFinite, !(plan.objective.loss(ofValue: target) < loss) {
      stop(.target, into: &actions)
    }
  }

  mutating func considerIncumbent(
    _ record: JobRecord, _ loss: Loss, _ report: TrainingReport, isTraining: Bool, into actions: inout [Action]
  ) {
    guard loss.isFinite else { return }
    let ranked = RankedTrial(trial: record.assignment.trial, loss: loss)
    if record.assignment.resource == fullResource, isBetter(ranked, than: fullyTrained) {
      fullyTrained = Incumbent(job: jobToRung(of: record), loss: loss, report: report)
    }
    if isBetter(ranked, than: incumbent) {
      let best = Incumbent(job: jobToRung(of: record), loss: loss, report: report)
      incumbent = best
      incumbentIsTraining = isTraining
      actions.append(.keepIncumbent(best, isTraining: isTraining))
    }
  }

  /// Keeps the incumbent's checkpoint where that had to wait for the end of the trial's job, which has come.
  mutating func keepTrainedIncumbent(_ trial: TrialID, into actions: inout [Action]) {
    guard incumbentIsTraining, let incumbent, incumbent.job.trial == trial else { return }
    incumbentIsTraining = false
    actions.append(.keepIncumbent(incumbent))
  }

  /// Better, or as good and of a lower trial.
  private func isBetter(_ trial: RankedTrial, than best: Incumbent?) -> Bool {
    guard let best else { return true }
    return trial < RankedTrial(trial: best.job.trial, loss: best.loss)
  }

  /// Of so many kinds of failures the first is told at once.
  private static let mostWarningsOfFailures = 20

  /// What made a job fail.
  enum FailureCause {
    case training
    /// Its worker is gone, of which a warning has told.
    case lostWorker
    /// The machine took it away; neither the trainer nor the worker is at fault.
    case machine
  }

  /// Takes a failed job: it goes out again, or its trial is the worst of its rung, or is taken out as invalid.
  ///
  /// - Parameter known: whether it does not go out again, where the journal says so; nil decides by the plan.
  mutating func fail(
    _ record: JobRecord, on worker: WorkerID, _ kind: FailureKind, _ reason: String,
    cause: FailureCause = .training, isFinal known: Bool? = nil, at time: Double, into actions: inout [Action]
  ) {
    let assignment = record.assignment
    liveJobs[record.id] = nil
    keepTrainedIncumbent(assignment.trial, into: &actions)
    let trial = assignment.trial
    let isFinal = known ?? (kind == .invalid || record.attempt > plan.retries)
    counts.failures += 1
    trials.noteFailure(of: trial)
    self.record(
      .failure(
        SearchRecord.Failure(
          job: record.id, trial: trial, bracket: assignment.bracket, rung: assignment.rung, worker: worker,
          attempt: record.attempt, kind: kind, isFinal: isFinal, reason: reason, time: time)), into: &actions)
    let isNew = failureTally.note(reason, kind, on: worker, at: time)
    if isNew, failureTally.kinds.count <= Self.mostWarningsOfFailures, cause == .training {
      let what = kind == .invalid ? "trial \(trial) is invalid" : "trial \(trial) failed"
      actions.append(.warn("\(what) on worker \(worker): \(reason)"))
    }
    if isFinal { tellSampler(assignment, .diverged) }
    switch kind {
    case .invalid:
      erasedTrials += 1
      counts.invalid += 1
      counts.lastFailure = reason
      counts.configurations -= 1
      scheduler.erase(trial)
      forgetInvalid(trial, into: &actions)
      // Each is replaced by another, which would never end where the trainer wants none of them.
      let valid = trials.count - erasedTrials
      if erasedTrials >= Self.invalidTrialsBeforeEnd, erasedTrials >= 10 * valid { stop(.invalid, into: &actions) }
    case .failed where isFinal:
      failedTrials.add(in: assignment.rung, of: assignment.bracket)
      counts.lastFailure = reason
      complete(assignment, .diverged, into: &actions)
    case .failed:
      counts.lastFailure = reason
      var again = record
      again.attempt += 1
      again.lastWorker = worker
      retries.append(again)
    }
    guard kind == .failed, cause != .machine else { return }
    if cause == .training {
      failuresWithoutSuccess += 1
      let first = firstFailedTrial ?? (trial, true)
      firstFailedTrial = (first.trial, first.isOnlyOne && first.trial == trial)
    }
    if !roster.serveOnce, !roster.hasSucceeded,
      plan.failureLimit.isReached(
        by: failuresWithoutSuccess, ofSeveralTrials: firstFailedTrial?.isOnlyOne == false, workers: expectedWorkers)
    {
      stop(.failures, into: &actions)
    }
    if roster.noteFailure(of: worker) {
      let failures = WorkerRoster.failuresBeforeSetAside
      actions.append(.warn("worker \(worker) is set aside: its last \(failures) jobs failed, while others succeed"))
    }
  }

  package static let invalidTrialsBeforeEnd = 200

  /// Takes the job off its worker, which becomes idle; nil and a warning where the two do not belong together.
  mutating func endJob(_ id: JobID, on worker: WorkerID, into actions: inout [Action]) -> JobRecord? {
    let record = roster.end(id, on: worker)
    if record == nil {
      actions.append(.warn("worker \(worker) answered for job \(id), which it does not have; the answer is dropped"))
    }
    return record
  }

  mutating func lose(_ worker: WorkerID, _ reason: String, at time: Double, into actions: inout [Action]) {
    let (isNews, job) = roster.lose(worker)
    guard isNews else { return }
    actions.append(.warn("worker \(worker) is lost: \(reason)"))
    if let job, !endStopped(job, on: worker, at: time, into: &actions) {
      fail(
        job, on: worker, .failed, "worker \(worker) is lost: \(reason)", cause: .lostWorker, at: time, into: &actions)
    }
    for worker in roster.recallIfAlone() {
      actions.append(.warn("worker \(worker) is back in service: no other is left"))
    }
  }
}
