public import SearchSpace
public import SuccessiveHalving
public import TuningTypes

/// The search itself as a pure state machine: events in, actions out.
///
/// It does no I/O, reads no clock and knows no MPI. The driver, the simulator, the tests and a resumed study all drive
/// this same type, and the same events at the same times give the same actions.
///
/// Every event costs O(log n) of the number of trials. What is to be done is to be done in the order of the actions, and
/// the journal has their lines in that order: a new incumbent's checkpoint is kept before its trial trains on, and what is
/// recorded first was decided first.
public struct Tuner: Sendable {
  /// What happens to the search.
  public enum Event: Hashable, Sendable {
    /// A worker has come, or has come back after it was lost, and asks for a job.
    case workerReady(WorkerID)
    /// A job has ended with a report; the worker asks for the next.
    case result(WorkerID, JobID, TrainingReport, seconds: Double)
    /// A job has ended without one; the worker asks for the next.
    case failure(WorkerID, JobID, FailureKind, reason: String)
    /// A job has been taken off its worker by no fault of either; the worker asks for the next.
    case dropped(WorkerID, JobID, reason: String)
    /// A job has stopped because the tuner asked.
    case interrupted(WorkerID, JobID)
    /// A worker is gone, and its job with it.
    case workerLost(WorkerID, reason: String)
    /// Time has passed.
    case clock
    /// Somebody wants the study to stop: no new jobs, and those that run are interrupted.
    case stop(StopReason)
    /// Those that still run are given up; they go out again when the study is resumed.
    case abandon
  }

  /// What is to be done.
  public enum Action: Hashable, Sendable {
    /// Send the job to the worker; the journal records it, see ``searchRecord(at:)``.
    case dispatch(Job, WorkerID)
    /// Ask the job to checkpoint and stop.
    case interrupt(WorkerID, JobID)
    /// Put into the journal something that nobody has to do.
    case record(SearchRecord)
    /// Keep the trial's checkpoint as it is now: it is the best so far.
    indirect case keepIncumbent(Incumbent)
    /// The trial's checkpoint can't matter any more.
    case discardCheckpoint(TrialID)
    case warn(String)
    /// The study is over; no further action comes.
    case finish(StopReason)

    /// What is left in the place of an action that was taken out.
    package static var taken: Self { .warn("") }

    /// What the journal says of the action, if anything.
    ///
    /// - Parameter time: that of the event which it follows from.
    public func searchRecord(at time: Double) -> SearchRecord? {
      switch self {
      case .dispatch(let job, let worker): .dispatch(job, worker: worker, time: time)
      case .record(let event): event
      case .interrupt, .keepIncumbent, .discardCheckpoint, .warn, .finish: nil
      }
    }
  }

  public let plan: SearchPlan
  let sampler: any Sampler
  /// How many configurations there can be at most, if anything limits them.
  public let configurationLimit: Int?
  /// How many trials can be started, invalid ones included, if the sampler has an end.
  private let trialLimit: Int?
  /// *R*, where the ladder has one.
  public let fullResource: Resource?
  package var scheduler: any TrialScheduler
  private let letsTrialsRunOn: Bool

  /// Where the search is between its first event and its end.
  enum Phase: Hashable, Sendable {
    case searching
    /// No new jobs; those that run are being stopped.
    case stopping(StopReason)
    case finished(StopReason)
  }

  var phase = Phase.searching
  private var isAbandoned = false
  var workers: [WorkerRecord] = []
  /// Workers that wait for a job, the lowest number first.
  var idle: [WorkerID] = []
  /// How many workers have a job at this moment.
  public internal(set) var runningCount = 0
  /// Failed and interrupted jobs that go out again, oldest first.
  var retries: [JobRecord] = []
  var nextJobID = JobID(0)
  private var startedTrials = 0
  private var erasedTrials = 0
  /// How many workers the study can count on.
  public internal(set) var workersInService = 0
  private var successes = 0
  public private(set) var incumbent: Incumbent?
  /// The best among the trials that were trained to the top rung.
  public private(set) var fullyTrained: Incumbent?
  public internal(set) var counts = Counts()
  /// When the study has to end, if that is known: by its budget, or with the batch job.
  public var deadline: Deadline?
  /// The most that a job may train which starts now; nil: there is time for any.
  var longestJob: Resource?
  /// Whether somebody keeps a journal; otherwise there is no ``Action/record(_:)`` among the actions, and what
  /// ``Action/searchRecord(at:)`` says of the others is nothing to go by.
  public var recordsEvents = true
  /// Whether a worker is there for one job only, as where every job is asked for: it gets none by answering for another.
  ///
  /// Such workers are nothing but numbers. None of them waits, and none is set aside.
  public var workersServeOnce = false

  /// - Throws: `SearchSpaceError` where the sampler cannot draw from the space.
  public init(plan: SearchPlan) throws(SearchSpaceError) {
    self.plan = plan
    sampler = try plan.makeSampler()
    configurationLimit = plan.configurationLimit(of: sampler)
    trialLimit = sampler.count.map { plan.startWith.count + $0 }
    fullResource = plan.scheduler.ladder.isBounded ? plan.scheduler.ladder.maxResource : nil
    scheduler = plan.scheduler.makeScheduler()
    letsTrialsRunOn = scheduler.letsTrialsRunOn
  }

  /// Takes one event and appends what is to be done about it.
  ///
  /// - Parameter time: seconds since the study began.
  public mutating func handle(_ event: Event, at time: Double, into actions: inout [Action]) {
    if case .finished = phase { return }
    var reporter: (worker: WorkerID, trial: TrialID)?
    switch event {
    case .workerReady(let worker): addWorker(worker)
    case .result(let worker, let id, let report, let seconds):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      take(report, of: job, from: worker, seconds: seconds, at: time, into: &actions)
      reporter = (worker, job.assignment.trial)
    case .failure(let worker, let id, let kind, let reason):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      fail(job, on: worker, kind, reason, at: time, into: &actions)
    case .dropped(let worker, let id, let reason):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      fail(job, on: worker, .failed, reason, isWorkersFault: false, at: time, into: &actions)
    case .interrupted(let worker, let id):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      guard phase != .searching else {
        // Nobody asked: to send it out again as if nothing had happened could go on for ever.
        fail(job, on: worker, .failed, "the trainer stopped without being asked", at: time, into: &actions)
        break
      }
      retries.append(job)
    case .workerLost(let worker, let reason): lose(worker, reason, at: time, into: &actions)
    case .clock: lookAtDeadline(at: time, into: &actions)
    case .stop(let reason): stop(reason, into: &actions)
    case .abandon:
      stop(.signal, into: &actions)
      isAbandoned = true
    }
    if let limit = plan.budget.time, time >= limit { stop(.time, into: &actions) }
    if let reporter { continueTrial(reporter.trial, on: reporter.worker, at: time, into: &actions) }
    if case .workerReady = event {} else { dismissOneJobWorkers() }
    dispatch(at: time, into: &actions)
    finishIfDone(at: time, into: &actions)
    dismissOneJobWorkers()
  }
}

// MARK: - Results and failures

extension Tuner {
  func record(_ event: @autoclosure () -> SearchRecord, into actions: inout [Action]) {
    if recordsEvents { actions.append(.record(event())) }
  }

  mutating func take(
    _ report: TrainingReport, of record: JobRecord, from worker: WorkerID, seconds: Double, at time: Double,
    into actions: inout [Action]
  ) {
    let assignment = record.assignment
    guard let loss = plan.objective.loss(of: report) else {
      let names = (["loss"] + report.metrics.map(\.name)).joined(separator: ", ")
      let reason = "the trainer reported no \(plan.objective.metric), only: \(names)"
      return fail(record, on: worker, .failed, reason, at: time, into: &actions)
    }
    successes += 1
    workers[worker.rawValue].failuresInARow = 0
    counts.results += 1
    counts.trainingSeconds += seconds
    counts.trainedUnits += assignment.cost.rawValue
    self.record(
      .result(
        SearchRecord.Result(
          job: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
          resource: assignment.resource, worker: worker, loss: loss, seconds: seconds, time: time,
          metrics: report.metrics, curve: report.curve)), into: &actions)
    considerIncumbent(record, loss, report, into: &actions)
    complete(assignment, loss, into: &actions)
    if let target = plan.budget.target, loss.isFinite, !(plan.objective.loss(ofValue: target) < loss) {
      stop(.target, into: &actions)
    }
  }

  private mutating func complete(_ assignment: Assignment, _ loss: Loss, into actions: inout [Action]) {
    scheduler.complete(assignment.trial, rung: assignment.rung, loss: loss)
    if !needsCheckpoint(of: assignment.trial) { actions.append(.discardCheckpoint(assignment.trial)) }
  }

  /// Whether the trial is in flight or may train on, so that its checkpoint matters to the search. O(1).
  public func needsCheckpoint(of trial: TrialID) -> Bool { scheduler.canStillPromote(trial) }

  /// Whether the trial has had a job.
  public func hasStarted(_ trial: TrialID) -> Bool { trial.rawValue < startedTrials }

  private mutating func considerIncumbent(
    _ record: JobRecord, _ loss: Loss, _ report: TrainingReport, into actions: inout [Action]
  ) {
    guard loss.isFinite else { return }
    let ranked = RankedTrial(trial: record.assignment.trial, loss: loss)
    if record.assignment.resource == fullResource, isBetter(ranked, than: fullyTrained) {
      fullyTrained = Incumbent(job: job(of: record), loss: loss, report: report)
    }
    if isBetter(ranked, than: incumbent) {
      let best = Incumbent(job: job(of: record), loss: loss, report: report)
      incumbent = best
      actions.append(.keepIncumbent(best))
    }
  }

  /// Better, or as good and of a lower trial.
  private func isBetter(_ trial: RankedTrial, than best: Incumbent?) -> Bool {
    guard let best else { return true }
    return trial < RankedTrial(trial: best.job.trial, loss: best.loss)
  }

  mutating func fail(
    _ record: JobRecord, on worker: WorkerID, _ kind: FailureKind, _ reason: String, isWorkersFault: Bool = true,
    at time: Double, into actions: inout [Action]
  ) {
    let assignment = record.assignment
    let trial = assignment.trial
    let isFinal = kind == .invalid || record.attempt > plan.retries
    counts.failures += 1
    self.record(
      .failure(
        SearchRecord.Failure(
          job: record.id, trial: trial, bracket: assignment.bracket, rung: assignment.rung, worker: worker,
          attempt: record.attempt, kind: kind, isFinal: isFinal, reason: reason, time: time)), into: &actions)
    switch kind {
    case .invalid:
      erasedTrials += 1
      counts.lastFailure = reason
      counts.configurations -= 1
      scheduler.erase(trial)
      actions.append(.discardCheckpoint(trial))
      // Each is replaced by another, which would never end where the trainer wants none of them.
      let valid = startedTrials - erasedTrials
      if erasedTrials >= Self.invalidTrialsBeforeEnd, erasedTrials >= 10 * valid { stop(.invalid, into: &actions) }
    case .failed where isFinal:
      counts.lastFailure = reason
      complete(assignment, .diverged, into: &actions)
    case .failed:
      counts.lastFailure = reason
      var again = record
      again.attempt += 1
      again.lastWorker = worker
      retries.append(again)
    }
    if kind == .failed, isWorkersFault, !workersServeOnce { judge(worker, into: &actions) }
  }

  /// Sets a worker aside whose jobs fail one after the other while others succeed, so that the fault seems to be its own.
  private mutating func judge(_ worker: WorkerID, into actions: inout [Action]) {
    let record = workers[worker.rawValue]
    guard record.state.isInService else { return }
    if record.failuresInARow == 0 { workers[worker.rawValue].successesElsewhereBefore = successes }
    workers[worker.rawValue].failuresInARow += 1
    guard workers[worker.rawValue].failuresInARow >= Self.failuresBeforeSetAside,
      successes > workers[worker.rawValue].successesElsewhereBefore,
      workersInService > 1
    else { return }
    set(worker, .setAside)
    actions.append(
      .warn("worker \(worker) is set aside: its last \(Self.failuresBeforeSetAside) jobs failed, while others succeed"))
  }

  static let failuresBeforeSetAside = 5
  package static let invalidTrialsBeforeEnd = 200
}

// MARK: - Workers

extension Tuner {
  mutating func addWorker(_ worker: WorkerID) {
    makeRecord(of: worker)
    guard [.absent, .lost].contains(workers[worker.rawValue].state) else { return }
    workers[worker.rawValue].failuresInARow = 0
    set(worker, .idle)
  }

  private mutating func makeRecord(of worker: WorkerID) {
    while workers.count <= worker.rawValue { workers.append(WorkerRecord()) }
  }

  /// Takes the job off its worker, which becomes idle; nil and a warning where the two do not belong together.
  private mutating func endJob(_ id: JobID, on worker: WorkerID, into actions: inout [Action]) -> JobRecord? {
    guard let record = job(id, on: worker) else {
      actions.append(.warn("worker \(worker) answered for job \(id), which it does not have; the answer is dropped"))
      return nil
    }
    set(worker, .idle)
    return record
  }

  /// The job of that number, where the worker has it in flight.
  func job(_ id: JobID, on worker: WorkerID) -> JobRecord? {
    guard worker.rawValue < workers.count, let record = workers[worker.rawValue].job, record.id == id else {
      return nil
    }
    return record
  }

  private mutating func lose(_ worker: WorkerID, _ reason: String, at time: Double, into actions: inout [Action]) {
    // A worker may be lost before it has said a word.
    makeRecord(of: worker)
    guard workers[worker.rawValue].state != .lost else { return }
    let job = workers[worker.rawValue].job
    set(worker, .lost)
    actions.append(.warn("worker \(worker) is lost: \(reason)"))
    if let record = job {
      fail(record, on: worker, .failed, "worker \(worker) is lost: \(reason)", at: time, into: &actions)
    }
    if workersInService == 0 { recallSetAside(into: &actions) }
  }

  /// A worker that fails is better than none.
  private mutating func recallSetAside(into actions: inout [Action]) {
    for number in workers.indices where workers[number].state == .setAside {
      workers[number].failuresInARow = 0
      set(WorkerID(number), .idle)
      actions.append(.warn("worker \(number) is back in service: no other is left"))
    }
  }

  mutating func set(_ worker: WorkerID, _ state: WorkerRecord.State, job: JobRecord? = nil) {
    let was = workers[worker.rawValue].state
    workers[worker.rawValue].state = state
    workers[worker.rawValue].job = job
    workersInService += (state.isInService ? 1 : 0) - (was.isInService ? 1 : 0)
    runningCount += (state == .running ? 1 : 0) - (was == .running ? 1 : 0)
    if was == .idle { removeFromIdle(worker) }
    if state == .idle { addToIdle(worker) }
  }

  // Most often there is no other than the worker that has just ended a job, and both are done at the end of the list.

  private mutating func addToIdle(_ worker: WorkerID) {
    guard let last = idle.last, worker < last else { return idle.append(worker) }
    idle.insert(worker, at: idle.firstIndex { worker < $0 } ?? idle.endIndex)
  }

  private mutating func removeFromIdle(_ worker: WorkerID) {
    if idle.last == worker {
      idle.removeLast()
    } else if let at = idle.firstIndex(of: worker) {
      idle.remove(at: at)
    }
  }

  /// The ladder as it stands.
  public var brackets: [BracketSummary] { scheduler.brackets }

  /// Whether no job is in flight, and none waits to go out again.
  var hasNoJobs: Bool { runningCount == 0 && retries.isEmpty }
}

// MARK: - Dispatch and the end

extension Tuner {
  /// Whether the configurations are not used up.
  private var canStart: Bool {
    startedTrials - erasedTrials < configurationLimit ?? .max && startedTrials < trialLimit ?? .max
  }

  /// Where the scheduler lets a trial run on, its next job goes to the worker that has it in memory, before anything else.
  private mutating func continueTrial(
    _ trial: TrialID, on worker: WorkerID, at time: Double, into actions: inout [Action]
  ) {
    guard letsTrialsRunOn, phase == .searching, workers[worker.rawValue].state == .idle,
      let assignment = scheduler.continueTrial(trial)
    else { return }
    send(begin(assignment), to: worker, at: time, into: &actions)
  }

  private mutating func dispatch(at time: Double, into actions: inout [Action]) {
    guard phase == .searching else { return }
    var position = 0
    while position < idle.count {
      let worker = idle[position]
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
    set(worker, .running, job: record)
    counts.jobs += 1
    actions.append(.dispatch(job(of: record), worker))
  }

  private mutating func nextJob(for worker: WorkerID) -> JobRecord? {
    if let at = retries.firstIndex(where: { mayRetry($0, on: worker) }) { return retries.remove(at: at) }
    return startNextJob()
  }

  /// The next job that nobody has had yet: a promotion or a new trial.
  mutating func startNextJob() -> JobRecord? {
    let assignment =
      if let longestJob {
        scheduler.nextJob(canStart: canStart, atMost: longestJob)
      } else {
        scheduler.nextJob(canStart: canStart)
      }
    return assignment.map { begin($0) }
  }

  /// Gives an assignment a number.
  mutating func begin(_ assignment: Assignment) -> JobRecord {
    let record = JobRecord(id: nextJobID, assignment: assignment)
    nextJobID = JobID(nextJobID.rawValue + 1)
    if assignment.isNewTrial {
      startedTrials += 1
      counts.configurations += 1
    }
    return record
  }

  /// The job as the worker gets it.
  func job(of record: JobRecord) -> Job {
    let assignment = record.assignment
    return Job(
      id: record.id, trial: assignment.trial, bracket: assignment.bracket, rung: assignment.rung,
      resource: assignment.resource, resumeResource: assignment.resumeResource, attempt: record.attempt,
      seed: plan.trainingSeed(of: assignment.trial),
      configuration: configuration(at: assignment.trial.rawValue) ?? Configuration())
  }

  /// A failed job goes to another worker than the one it failed on, as long as there is another.
  private func mayRetry(_ record: JobRecord, on worker: WorkerID) -> Bool {
    isWithinHorizon(record.assignment) && (record.lastWorker != worker || workersInService <= 1)
  }

  /// The configuration of a trial: a function of the study and the trial's number alone.
  public func configuration(at index: Int) -> Configuration? {
    index < plan.startWith.count
      ? plan.startWith[index] : sampler.configuration(at: index - plan.startWith.count)
  }

  private mutating func stop(_ reason: StopReason, into actions: inout [Action]) {
    guard phase == .searching else { return }
    phase = .stopping(reason)
    for (number, worker) in workers.enumerated() {
      if let job = worker.job { actions.append(.interrupt(WorkerID(number), job.id)) }
    }
  }

  private mutating func finishIfDone(at time: Double, into actions: inout [Action]) {
    let reason: StopReason
    switch phase {
    case .searching:
      // Some worker waits, and got nothing, and nothing that runs could change that.
      guard runningCount == 0, !idle.isEmpty else { return }
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
