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
    /// A job trains on, and says what its loss is at so many units of resource.
    case report(WorkerID, JobID, resource: Double, TrainingReport)
    /// A job has ended with a report; the worker asks for the next.
    case result(WorkerID, JobID, TrainingReport, seconds: Double)
    /// A job has ended without one; the worker asks for the next.
    case failure(WorkerID, JobID, FailureKind, reason: String)
    /// A job has been taken off its worker by no fault of either; the worker asks for the next.
    case dropped(WorkerID, JobID, reason: String)
    /// A job has stopped because the tuner asked; the curve is what it reported until then.
    case interrupted(WorkerID, JobID, LearningCurve = LearningCurve())
    /// A worker is gone, and its job with it.
    case workerLost(WorkerID, reason: String)
    /// A model that was asked for has been made.
    case learned(ModelAnswer)
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
    /// Make a model, beside everything else, and say what it answers: ``Event/learned(_:)``. There is one at a time.
    indirect case learn(ModelRequest)
    /// Ask the job to checkpoint and stop.
    case interrupt(WorkerID, JobID)
    /// Put into the journal something that nobody has to do.
    case record(SearchRecord)
    /// Keep the best so far, and its trial's checkpoint as it is now. While the trial still trains, its checkpoint may be half
    /// written: then it is kept when the action comes again, at the end of the trial's job.
    indirect case keepIncumbent(Incumbent, isTraining: Bool = false)
    /// The trial's checkpoint can't matter any more, and the study does not keep it.
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
      case .learn, .interrupt, .keepIncumbent, .discardCheckpoint, .warn, .finish: nil
      }
    }
  }

  public let plan: SearchPlan
  /// The sampler, where it learns from results; else nil.
  var learner: (any Sampler)?
  /// Whether there is a ``learner``: to look at that costs each job a copy.
  let samplerLearns: Bool
  /// Whether the learner's model is made beside the search.
  let learnsBesideSearch: Bool
  /// Whether a model is being made.
  var modelIsInMaking = false
  /// Whether it has been told that the model is too slow for this study.
  var lateModelIsTold = false
  /// How many configurations there can be at most, if anything limits them.
  public let configurationLimit: Int?
  /// How many trials can be started, invalid ones included, if the sampler has an end.
  let trialLimit: Int?
  /// *R*, where the ladder has one.
  public let fullResource: Resource?
  package var scheduler: any TrialScheduler
  let letsTrialsRunOn: Bool
  /// Whether the trainer reports losses while it trains; nil until the first job tells.
  ///
  /// Where it does, a stopping-type scheduler trains each trial in one job. Set before the first event.
  public var trainerReports: Bool?

  /// Where the search is between its first event and its end.
  enum Phase: Hashable, Sendable {
    case searching
    /// No new jobs; those that run are being stopped.
    case stopping(StopReason)
    case finished(StopReason)
  }

  var phase = Phase.searching
  var isAbandoned = false
  var roster = WorkerRoster()
  package internal(set) var trials: TrialBook
  /// Failed and interrupted jobs that go out again, oldest first.
  var retries: [JobRecord] = []
  var nextJobID = JobID(0)
  /// What is known of jobs that train to *R* at once.
  var liveJobs: [JobID: LiveJob] = [:]
  /// The trials whose jobs were told to stop and have not ended.
  var stoppedInFlight: Set<TrialID> = []
  /// The trials whose checkpoints are kept because they are the best, where the study keeps such.
  var bestTrials: BestTrials?
  /// Whether the incumbent's checkpoint has not been kept, since its job still trained when it reported.
  var incumbentIsTraining = false
  /// How many workers the study should have; it may be that not all have come.
  public var expectedWorkers = 1
  /// Failed jobs since the study began or was resumed, if none has ever succeeded.
  var failuresWithoutSuccess = 0
  /// The trial of the first of them, and whether there are others.
  var firstFailedTrial: (trial: TrialID, isOnlyOne: Bool)?
  public internal(set) var failureTally = FailureTally()
  /// Trials that count as the worst of their rung since they failed.
  public internal(set) var failedTrials = FailedTrials()
  var erasedTrials = 0
  public internal(set) var incumbent: Incumbent?
  /// The best among the trials that were trained to the top rung.
  public internal(set) var fullyTrained: Incumbent?
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
  public var workersServeOnce: Bool {
    get { roster.serveOnce }
    set { roster.serveOnce = newValue }
  }

  /// - Throws: `SearchSpaceError` where the sampler cannot draw from the space.
  public init(plan: SearchPlan) throws(SearchSpaceError) {
    self.plan = plan
    let sampler = try plan.makeSampler()
    let sequence = sampler as? any SequenceSampler
    samplerLearns = sequence == nil
    learner = samplerLearns ? sampler : nil
    learnsBesideSearch = plan.sampler.learnsBesideSearch
    trials = TrialBook(
      layout: plan.space.layout, sequence: sequence ?? RandomSampler(space: plan.space, seed: plan.seed),
      first: plan.startWith.count)
    configurationLimit = plan.configurationLimit(of: sampler)
    trialLimit = sampler.count.map { plan.startWith.count + $0 }
    fullResource = plan.scheduler.ladder.isBounded ? plan.scheduler.ladder.maxResource : nil
    scheduler = plan.scheduler.makeScheduler()
    letsTrialsRunOn = scheduler.letsTrialsRunOn
    if case .best(let count) = plan.checkpoints { bestTrials = BestTrials(limit: count) }
  }

  /// Takes one event and appends what is to be done about it.
  ///
  /// - Parameter time: seconds since the study began.
  public mutating func handle(_ event: Event, at time: Double, into actions: inout [Action]) {
    if case .finished = phase { return }
    var reporter: (worker: WorkerID, trial: TrialID)?
    switch event {
    case .workerReady(let worker): roster.arrive(worker)
    case .report(let worker, let id, let resource, let report):
      take(report, at: resource, of: id, from: worker, at: time, into: &actions)
    case .result(let worker, let id, let report, let seconds):
      if let live = liveJob(id, on: worker) { passLastRungs(of: live, report, on: worker, at: time, into: &actions) }
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      if !endStopped(job, on: worker, report.curve, seconds: seconds, at: time, into: &actions) {
        take(report, of: job, from: worker, seconds: seconds, at: time, into: &actions)
      }
      reporter = (worker, job.assignment.trial)
    case .failure(let worker, let id, let kind, let reason):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      if !endStopped(job, on: worker, at: time, into: &actions) {
        fail(job, on: worker, kind, reason, at: time, into: &actions)
      }
    case .dropped(let worker, let id, let reason):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      if !endStopped(job, on: worker, at: time, into: &actions) {
        fail(job, on: worker, .failed, reason, cause: .machine, at: time, into: &actions)
      }
    case .interrupted(let worker, let id, let curve):
      guard let job = endJob(id, on: worker, into: &actions) else { break }
      if endStopped(job, on: worker, curve, at: time, into: &actions) { break }
      guard phase != .searching else {
        // Nobody asked: to send it out again as if nothing had happened could go on for ever.
        fail(job, on: worker, .failed, "the trainer stopped without being asked", at: time, into: &actions)
        break
      }
      keepTrainedIncumbent(job.assignment.trial, into: &actions)
      retries.append(job)
    case .workerLost(let worker, let reason): lose(worker, reason, at: time, into: &actions)
    case .learned(let answer): learn(answer, at: time, into: &actions)
    case .clock: lookAtDeadline(at: time, into: &actions)
    case .stop(let reason): stop(reason, into: &actions)
    case .abandon:
      stop(.signal, into: &actions)
      isAbandoned = true
    }
    if let limit = plan.budget.time, time >= limit { stop(.time, into: &actions) }
    if let reporter { continueTrial(reporter.trial, on: reporter.worker, at: time, into: &actions) }
    if case .workerReady = event {} else { roster.dismissOneJobWorkers() }
    dispatch(at: time, into: &actions)
    finishIfDone(at: time, into: &actions)
    roster.dismissOneJobWorkers()
  }
}

// MARK: - What there is to see

extension Tuner {
  /// The ladder as it stands.
  public var brackets: [BracketSummary] { scheduler.brackets }

  /// Whether the study is over but for the jobs that still run.
  public var isStopping: Bool { if case .stopping = phase { true } else { false } }

  /// How many workers have a job at this moment.
  public var runningCount: Int { roster.runningCount }

  /// How many workers the study can count on.
  public var workersInService: Int { roster.inServiceCount }

  /// Whether the trial has had a job.
  public func hasStarted(_ trial: TrialID) -> Bool { trial.rawValue < trials.count }

  /// Whether no job is in flight, and none waits to go out again.
  var hasNoJobs: Bool { runningCount == 0 && retries.isEmpty }
}
