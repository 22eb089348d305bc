public import Search
public import SearchSpace
public import TuningTypes

/// A study on a simulated cluster: a discrete-event simulation that drives the same tuner as a real run, by a virtual clock.
///
/// Events happen in the order of their times, and at the same time in the order in which they were announced. The
/// journal is that of a real run; its times are virtual seconds. Equal studies on equal clusters give equal journals.
///
/// When the tuner has a job interrupted, it ends at once: a simulated trainer can stop anywhere.
///
/// Complexity: O(log workers + log trials) for each job; memory for the workers and for what the tuner holds.
public struct Simulation: ~Copyable {
  private var tuner: Tuner
  private let trainer: any SimulatedTrainer
  private let cluster: SimulatedCluster
  private let seed: UInt64
  private let record: ((SearchRecord) throws -> Void)?
  private let observer: (any StudyObserver)?
  private let mostJobs: Int

  /// The end of each worker's job; after those, where workers get lost, the loss of each; after those, the end of the
  /// study's time, and the model that is in the making.
  private var queue: EventQueue
  private var now = 0.0
  private var actions: [Tuner.Action] = []
  private var interrupted: [(worker: WorkerID, job: JobID)] = []
  private var finished: StopReason?
  /// What each worker has in hand.
  private var running: [RunningJob?]
  /// What each worker's job reports next, where trainers report while they train; else empty.
  private var reporting: [ReportingJob?]
  private var workersLeft: Int
  /// Seconds that the driver takes to suggest a configuration, where the sampler has a model.
  private let suggestionSeconds: Double
  /// Until then the driver is at its suggestions.
  private var driverIsFree = 0.0
  /// What the model in the making answers.
  private var model: ModelAnswer?
  private var figures = SimulationFigures()

  private struct RunningJob {
    var job: JobID
    var began: Double
    var seconds: Double
    var report: TrainingReport
    var isFull: Bool
    /// Whether it is dropped before it comes to a result.
    var isDropped: Bool
  }

  /// A job that is judged at the rungs on its way.
  private struct ReportingJob {
    let job: Job
    /// When it would end.
    let end: Double
    /// The rungs ahead of it, the lowest first.
    var rungs: ArraySlice<Resource>
    let began: Double
    /// Seconds that it takes for a second of training.
    let pace: Double
  }

  /// Events between two looks at the observer.
  private static var eventsPerProgress: Int { 1 << 16 }
  /// Jobs after which a study whose clock still stands at 0 will never end by its time.
  private static var mostTimelessJobs: Int { 1_000_000 }

  /// - Parameters:
  ///   - mostJobs: the study is stopped when so many jobs have ended with a result, whatever its budget says.
  ///   - record: takes what is decided and what comes of it, in its order; nil records nothing.
  /// - Throws: `SearchSpaceError` where the sampler cannot draw from the space.
  public init(
    _ plan: SearchPlan, trainer: any SimulatedTrainer, cluster: SimulatedCluster,
    observer: (any StudyObserver)? = nil, mostJobs: Int = .max, record: ((SearchRecord) throws -> Void)? = nil
  ) throws(SearchSpaceError) {
    tuner = try Tuner(plan: plan)
    self.trainer = trainer
    self.cluster = cluster
    seed = plan.seed
    tuner.recordsEvents = record != nil
    self.record = record
    self.observer = observer
    self.mostJobs = mostJobs
    queue = EventQueue(places: (cluster.lossProbability > 0 ? 2 : 1) * cluster.workers + 2)
    running = Array(repeating: nil, count: cluster.workers)
    tuner.trainerReports = trainer.reportsWhileTraining
    let mayReport = trainer.reportsWhileTraining && !plan.scheduler.rungsOfReports.isEmpty
    reporting = Array(repeating: nil, count: mayReport ? cluster.workers : 0)
    workersLeft = cluster.workers
    suggestionSeconds = plan.sampler.secondsPerSuggestion(in: plan.space)
  }

  /// Simulates the study from its beginning to its end.
  ///
  /// - Throws: ``SimulationError`` where the study has no end; what `record` throws.
  public consuming func run() throws -> SimulationOutcome {
    try begin()
    while finished == nil {
      guard let event = queue.first else {
        // Nothing can happen any more: every worker is lost.
        observer?.warn("all \(cluster.workers) simulated workers are lost; the study stops")
        try handle(.stop(.workers))
        break
      }
      now = event.time
      try take(event.place)
      figures.events += 1
      if figures.events % Self.eventsPerProgress == 0 { observer?.progress(of: tuner, at: now, isOver: false) }
    }
    observer?.progress(of: tuner, at: now, isOver: true)
    return SimulationOutcome(
      tuner: tuner, reason: finished ?? .signal, time: now, cluster: cluster, figures: figures)
  }

  private mutating func begin() throws {
    for worker in 0..<cluster.workers {
      let loss = cluster.timeToLoss(of: worker, seed: seed)
      if loss.isFinite { queue.announce(cluster.workers + worker, at: loss) }
    }
    if let time = tuner.plan.budget.time { queue.announce(placeOfEnd, at: time) }
    for worker in 0..<cluster.workers where finished == nil { try handle(.workerReady(WorkerID(worker))) }
  }

  /// Where the queue has the end of the study's time.
  private var placeOfEnd: Int { (cluster.lossProbability > 0 ? 2 : 1) * cluster.workers }

  /// Where the queue has the end of the model's making.
  private var placeOfModel: Int { placeOfEnd + 1 }

  private mutating func take(_ place: Int) throws {
    if place < cluster.workers {
      if !reporting.isEmpty, try report(on: place) { return }
      guard let job = takeJob(of: place) else { return }
      try end(job, on: WorkerID(place))
      // The place has its next announcement already where the worker got another job.
      if running[place] == nil { queue.cancel(place) }
    } else if place == placeOfEnd {
      queue.cancel(place)
      try handle(.clock)
    } else if place == placeOfModel {
      queue.cancel(place)
      if let answer = model.take() { try handle(.learned(answer)) }
    } else {
      queue.cancel(place)
      let worker = place - cluster.workers
      interruptJob(of: worker)
      workersLeft -= 1
      try handle(.workerLost(WorkerID(worker), reason: "simulated"))
    }
  }

  /// Lets the worker's job report at a rung, where that is what has come.
  private mutating func report(on worker: Int) throws -> Bool {
    guard var live = reporting[worker], let rung = live.rungs.popFirst() else { return false }
    var step = live.job
    step.resource = rung
    let report = trainer.simulate(step).report
    reporting[worker] = live
    queue.cancel(worker)
    announceNext(on: worker)
    try handle(.report(WorkerID(worker), live.job.id, resource: Double(rung.rawValue), report))
    return true
  }

  /// Announces the next report of a worker's job, or its end.
  private mutating func announceNext(on worker: Int) {
    guard let live = reporting[worker] else { return }
    guard let rung = live.rungs.first else { return queue.announce(worker, at: live.end) }
    var step = live.job
    step.resource = rung
    let time = live.began + live.pace * trainer.simulate(step).seconds
    if time <= live.end {
      queue.announce(worker, at: time)
    } else {
      // It is dropped before it gets there.
      reporting[worker]?.rungs = []
      queue.announce(worker, at: live.end)
    }
  }

  private mutating func end(_ job: RunningJob, on worker: WorkerID) throws {
    guard !job.isDropped else {
      figures.dropped += 1
      return try handle(.dropped(worker, job.job, reason: "dropped (simulated)"))
    }
    if job.isFull, job.report.loss.isFinite {
      figures.fullyTrained += 1
      figures.firstFullyTrained = figures.firstFullyTrained ?? now
    }
    try handle(.result(worker, job.job, job.report, seconds: job.seconds))
    try checkEnd()
  }

  private mutating func checkEnd() throws {
    let results = tuner.counts.results + tuner.counts.failures
    if results >= mostJobs { try handle(.stop(.signal)) }
    if results >= Self.mostTimelessJobs, now == 0, tuner.configurationLimit == nil {
      throw SimulationError(
        problem: "the study's jobs take no time, and only time would end it",
        advice: "Give the trainer a time (seconds_per_resource: 1), or the study a number of configurations.")
    }
  }

  private mutating func interruptJob(of worker: Int) {
    if takeJob(of: worker) != nil { queue.cancel(worker) }
  }

  /// Takes the job in hand, if there is one, off the worker. Its end is still announced.
  private mutating func takeJob(of worker: Int) -> RunningJob? {
    var job: RunningJob?
    swap(&job, &running[worker])
    guard let job else { return nil }
    if !reporting.isEmpty { reporting[worker] = nil }
    figures.busySeconds += max(0, now - job.began)
    return job
  }

  private mutating func handle(_ event: Tuner.Event) throws {
    try decide(event)
    while let (worker, job) = interrupted.popLast() {
      interruptJob(of: worker.rawValue)
      try decide(.interrupted(worker, job))
    }
  }

  private mutating func decide(_ event: Tuner.Event) throws {
    tuner.handle(event, at: now, into: &actions)
    // From the end, so that each can be taken out as it is, and not copied; most often there is one.
    actions.reverse()
    while let action = actions.popLast() { try perform(action) }
  }

  private mutating func perform(_ action: consuming Tuner.Action) throws {
    switch consume action {
    case .dispatch(let job, let worker):
      try record?(.dispatch(job, worker: worker, time: now))
      start(job, on: worker)
    case .learn(let request):
      model = request.answer()
      queue.announce(placeOfModel, at: now + request.seconds)
    case .interrupt(let worker, let job): interrupted.append((worker, job))
    case .record(let decision): try record?(decision)
    case .keepIncumbent, .discardCheckpoint: break
    case .warn(let text): observer?.warn(text)
    case .finish(let reason): finished = reason
    }
  }

  /// When a job that the tuner decides on now reaches its worker: suggestions are made one after the other.
  private mutating func departure(of job: borrowing Job) -> Double {
    guard suggestionSeconds > 0 else { return now + cluster.dispatchLatency }
    driverIsFree = max(driverIsFree, now)
    if job.resumeResource == 0, job.attempt == 1 { driverIsFree += suggestionSeconds }
    return driverIsFree + cluster.dispatchLatency
  }

  private mutating func start(_ job: consuming Job, on worker: WorkerID) {
    let began = departure(of: job)
    if !cluster.resumesFromCheckpoints { job.resumeResource = 0 }
    let training = trainer.simulate(job)
    let duration = cluster.duration(of: job, training: training.seconds, seed: seed)
    let drop = cluster.timeToDrop(of: job, seed: seed)
    let end = began + min(drop, duration)
    if !reporting.isEmpty {
      let (resumed, goal) = (job.resumeResource, job.resource)
      let rungs = tuner.plan.scheduler.rungsOfReports.filter { $0 > resumed && $0 < goal }
      reporting[worker.rawValue] = ReportingJob(
        job: copy job, end: end, rungs: rungs[...], began: began,
        pace: training.seconds > 0 ? duration / training.seconds : 0)
      announceNext(on: worker.rawValue)
    } else {
      queue.announce(worker.rawValue, at: end)
    }
    running[worker.rawValue] = RunningJob(
      job: job.id, began: began, seconds: duration, report: training.report,
      isFull: job.resource == tuner.fullResource, isDropped: drop < duration)
  }
}

/// A study that can't be simulated.
public struct SimulationError: UserError, Hashable, Sendable {
  public var problem: String
  public var advice: String
  public var description: String { "\(problem). \(advice)" }
}
