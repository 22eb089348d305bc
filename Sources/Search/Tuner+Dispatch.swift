internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

// Who gets which job, and the end.

extension Tuner {
  /// Whether the configurations are not used up.
  var canStart: Bool { trials.count - erasedTrials < configurationLimit ?? .max && samplerHasMore }

  /// Whether the sampler has another configuration.
  var samplerHasMore: Bool { trials.count < trialLimit ?? .max }

  /// Where the scheduler lets a trial run on, its next job goes to the worker that has it in memory, before anything else.
  mutating func continueTrial(
    _ trial: TrialID, on worker: WorkerID, at time: Double, into actions: inout [Action]
  ) {
    guard letsTrialsRunOn, phase == .searching, roster.isIdle(worker),
      let assignment = scheduler.continueTrial(trial)
    else { return }
    start(assignment, on: worker, at: time, into: &actions)
  }

  mutating func dispatch(at time: Double, into actions: inout [Action]) {
    guard phase == .searching else { return }
    var position = 0
    while position < roster.idle.count {
      let worker = roster.idle[position]
      if let at = retries.firstIndex(where: { mayRetry($0, on: worker) }) {
        let record = retries.remove(at: at)
        send(record, configuration(of: record), to: worker, at: time, into: &actions)
      } else if waitsForModel(into: &actions) {
        return
      } else if let assignment = nextAssignment(canStart: canStart) {
        start(assignment, on: worker, at: time, into: &actions)
        tellOfLateModel(into: &actions)
      } else {
        // A worker after this one could only get a retry that this one may not have.
        if retries.isEmpty { return }
        position += 1
      }
    }
  }

  /// What the scheduler would have trained next.
  ///
  /// - Parameter canStart: whether it may be a new trial.
  mutating func nextAssignment(canStart: Bool) -> Assignment? {
    if let longestJob { return scheduler.nextJob(canStart: canStart, atMost: longestJob) }
    return scheduler.nextJob(canStart: canStart)
  }

  /// Whether the scheduler would have something trained if there were the time. O(brackets), beside a copy of the scheduler.
  var hasMoreToTrain: Bool {
    var scheduler = scheduler
    return scheduler.nextJob(canStart: canStart) != nil
  }

  /// Sends a promotion or a new trial, whose configuration goes out as it was drawn: to read it from the book would cost as
  /// much again.
  private mutating func start(
    _ assignment: Assignment, on worker: WorkerID, at time: Double, into actions: inout [Action]
  ) {
    var record = number(assignment)
    record.isLive = trainerReports == true && mayTrainLive(assignment)
    let configuration = assignment.isNewTrial ? beginTrial() : configuration(of: record)
    send(record, configuration, to: worker, at: time, into: &actions)
  }

  private mutating func send(
    _ record: JobRecord, _ configuration: consuming Configuration, to worker: WorkerID, at time: Double,
    into actions: inout [Action]
  ) {
    roster.begin(record, on: worker)
    if record.isLive { beginLive(record, at: time) }
    counts.jobs += 1
    actions.append(.dispatch(job(of: record, configuration), worker))
  }

  /// Gives an assignment a number.
  mutating func number(_ assignment: Assignment) -> JobRecord {
    let record = JobRecord(id: nextJobID, assignment: assignment)
    nextJobID = JobID(nextJobID.rawValue + 1)
    return record
  }

  /// Begins the next trial: with one of the configurations that the study begins with, and after those with what the sampler
  /// says.
  private mutating func beginTrial() -> Configuration {
    let number = trials.count
    if number >= plan.startWith.count, !samplerLearns, let configuration = trials.beginNext() {
      counts.configurations += 1
      return configuration
    }
    let first = plan.startWith.count
    let suggested = number < first ? plan.startWith[number] : learner?.suggest(number - first)
    let configuration = suggested ?? Configuration.Draft(of: plan.space.layout).finish()
    begin(configuration)
    return configuration
  }

  /// Begins the next trial with a configuration that is known.
  mutating func begin(_ configuration: Configuration) {
    let trial = TrialID(trials.count)
    trials.begin(configuration)
    if samplerLearns { learner?.began(trial, configuration) }
    counts.configurations += 1
  }

  private func configuration(of record: JobRecord) -> Configuration {
    trials.configuration(of: record.assignment.trial) ?? Configuration()
  }

  /// The job as the worker gets it.
  func job(of record: JobRecord) -> Job { job(of: record, configuration(of: record)) }

  /// The job as far as its trial has come: to the rung that it is in flight to.
  func jobToRung(of record: JobRecord) -> Job {
    var record = record
    record.isLive = false
    return job(of: record)
  }

  private func job(of record: JobRecord, _ configuration: consuming Configuration) -> Job {
    let assignment = record.assignment
    let goal = goal(of: record)
    return Job(
      id: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: goal.rung, resource: goal.resource,
      resumeResource: assignment.resumeResource, attempt: record.attempt,
      seed: plan.trainingSeed(of: assignment.trial), configuration: configuration)
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
      // Some worker waits, and got nothing, and nothing that runs could change that, nor a model that is being made.
      guard runningCount == 0, !roster.idle.isEmpty, !modelIsInMaking else { return }
      if isOutOfTime, let deadline {
        reason = deadline.isResumed ? .walltime : .time
      } else {
        guard hasNoJobs else { return }
        reason = .configurations
      }
    case .stopping(let why):
      guard runningCount == 0 || isAbandoned else { return }
      // What had lost has its result, though it is not waited for.
      for (_, job) in roster.running { _ = endStoppedUnseen(job) }
      reason = why
    case .finished: return
    }
    phase = .finished(reason)
    record(.stop(reason, time: time), into: &actions)
    actions.append(.finish(reason))
  }
}
