internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

// Who gets which job, and the end.

extension Tuner {
  /// Whether the configurations are not used up.
  var canStart: Bool {
    trials.count - erasedTrials < configurationLimit ?? .max && trials.count < trialLimit ?? .max
  }

  /// Where the scheduler lets a trial run on, its next job goes to the worker that has it in memory, before anything else.
  mutating func continueTrial(
    _ trial: TrialID, on worker: WorkerID, at time: Double, into actions: inout [Action]
  ) {
    guard letsTrialsRunOn, phase == .searching, roster.isIdle(worker),
      let assignment = scheduler.continueTrial(trial)
    else { return }
    send(begin(assignment), to: worker, at: time, into: &actions)
  }

  mutating func dispatch(at time: Double, into actions: inout [Action]) {
    guard phase == .searching else { return }
    var position = 0
    while position < roster.idle.count {
      let worker = roster.idle[position]
      guard let job = nextJob(for: worker) else {
        // Whoever comes after this worker could only get a retry that this one may not have.
        if retries.isEmpty { return }
        position += 1
        continue
      }
      send(job, to: worker, at: time, into: &actions)
    }
  }

  private mutating func send(_ record: JobRecord, to worker: WorkerID, at time: Double, into actions: inout [Action]) {
    roster.begin(record, on: worker)
    counts.jobs += 1
    actions.append(.dispatch(job(of: record), worker))
  }

  private mutating func nextJob(for worker: WorkerID) -> JobRecord? {
    if let at = retries.firstIndex(where: { mayRetry($0, on: worker) }) { return retries.remove(at: at) }
    return startNextJob()
  }

  /// The next job that nobody has had yet: a promotion or a new trial.
  mutating func startNextJob() -> JobRecord? { nextAssignment().map { begin($0) } }

  /// What the scheduler would have trained next.
  mutating func nextAssignment() -> Assignment? {
    if let longestJob { return scheduler.nextJob(canStart: canStart, atMost: longestJob) }
    return scheduler.nextJob(canStart: canStart)
  }

  /// Whether the scheduler would have something trained if there were the time. O(brackets), beside a copy of the scheduler.
  var hasMoreToTrain: Bool {
    var scheduler = scheduler
    return scheduler.nextJob(canStart: canStart) != nil
  }

  /// Gives an assignment a number, and a new trial its configuration.
  ///
  /// - Parameter configuration: what a new trial has, where that is known.
  mutating func begin(_ assignment: Assignment, configuration: Configuration? = nil) -> JobRecord {
    let record = JobRecord(id: nextJobID, assignment: assignment)
    nextJobID = JobID(nextJobID.rawValue + 1)
    if assignment.isNewTrial {
      let configuration = configuration ?? suggest(assignment.trial)
      trials.begin(configuration)
      if samplerLearns { sampler.began(assignment.trial, configuration) }
      counts.configurations += 1
    }
    return record
  }

  /// What a trial that begins is to have: one of those that the study begins with, and after those what the sampler says.
  private mutating func suggest(_ trial: TrialID) -> Configuration {
    let number = trial.rawValue
    if number < plan.startWith.count { return plan.startWith[number] }
    return sampler.suggest(number - plan.startWith.count) ?? Configuration.Draft(of: plan.space.layout).finish()
  }

  /// The job as the worker gets it.
  func job(of record: JobRecord) -> Job {
    let assignment = record.assignment
    return Job(
      id: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
      resource: assignment.resource, resumeResource: assignment.resumeResource, attempt: record.attempt,
      seed: plan.trainingSeed(of: assignment.trial),
      configuration: trials.configuration(of: assignment.trial) ?? Configuration())
  }

  /// A failed job goes to another worker than the one it failed on, as long as there is another.
  private func mayRetry(_ record: JobRecord, on worker: WorkerID) -> Bool {
    isWithinHorizon(record.assignment) && (record.lastWorker != worker || workersInService <= 1)
  }

  mutating func stop(_ reason: StopReason, into actions: inout [Action]) {
    guard phase == .searching else { return }
    phase = .stopping(reason)
    for (worker, job) in roster.running { actions.append(.interrupt(worker, job.id)) }
  }

  mutating func finishIfDone(at time: Double, into actions: inout [Action]) {
    let reason: StopReason
    switch phase {
    case .searching:
      // Some worker waits, and got nothing, and nothing that runs could change that.
      guard runningCount == 0, !roster.idle.isEmpty else { return }
      if isOutOfTime, let deadline {
        reason = deadline.isResumed ? .walltime : .time
      } else {
        guard hasNoJobs else { return }
        reason = .configurations
      }
    case .stopping(let why):
      guard runningCount == 0 || isAbandoned else { return }
      reason = why
    case .finished: return
    }
    phase = .finished(reason)
    record(.stop(reason, time: time), into: &actions)
    actions.append(.finish(reason))
  }
}
