public import Tuning
internal import TuningTypes

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
  private var journal: Journal?
  private let observer: (any StudyObserver)?
  private let mostJobs: Int

  private var queue = EventQueue()
  private var now = 0.0
  private var actions: [Tuner.Action] = []
  private var interrupted: [(worker: WorkerID, job: JobID)] = []
  private var finished: StopReason?
  /// What each worker has in hand.
  private var running: [RunningJob?]
  private var workersLeft: Int
  private var figures = SimulationFigures()

  private struct RunningJob {
    var job: JobID
    /// The event that ends it; any other of the same worker is out of date.
    var end: UInt64
    var began: Double
    var seconds: Double
    var report: TrainingReport
    var isFull: Bool
  }

  /// Events between two looks at the observer.
  private static var eventsPerProgress: Int { 1 << 16 }
  /// Jobs after which a study whose clock still stands at 0 will never end by its time.
  private static var mostTimelessJobs: Int { 1_000_000 }

  /// - Parameters:
  ///   - journal: where the decisions are recorded; nil records nothing.
  ///   - mostJobs: the study is stopped when so many jobs have ended with a result, whatever its budget says.
  /// - Throws: `SearchSpaceError` where the sampler cannot draw from the space.
  public init(
    _ study: Study, trainer: any SimulatedTrainer, cluster: SimulatedCluster, journal: consuming Journal? = nil,
    observer: (any StudyObserver)? = nil, mostJobs: Int = .max
  ) throws {
    tuner = try Tuner(study: study)
    self.trainer = trainer
    self.cluster = cluster
    seed = study.seed
    tuner.recordsEvents = journal != nil
    self.journal = journal
    self.observer = observer
    self.mostJobs = mostJobs
    running = Array(repeating: nil, count: cluster.workers)
    workersLeft = cluster.workers
  }

  /// Simulates the study from its beginning to its end.
  ///
  /// - Throws: ``SimulationError`` where the study has no end; `DiskError` where the journal can't be written.
  public consuming func run() throws -> SimulationOutcome {
    try begin()
    while finished == nil {
      guard let event = queue.popFirst() else {
        // Nothing can happen any more: every worker is lost.
        observer?.warn("all \(cluster.workers) simulated workers are lost; the study stops")
        try handle(.stop(.workers))
        break
      }
      try take(event)
      figures.events += 1
      if figures.events % Self.eventsPerProgress == 0 { observer?.progress(of: tuner, at: now, isOver: false) }
    }
    try journal?.synchronize()
    observer?.progress(of: tuner, at: now, isOver: true)
    return SimulationOutcome(
      tuner: tuner, reason: finished ?? .signal, time: now, cluster: cluster, figures: figures)
  }

  private mutating func begin() throws {
    try journal?.append(
      .study(tuner.study.simulatedJournalHeader(of: cluster)))
    for worker in 0..<cluster.workers {
      let loss = cluster.timeToLoss(of: worker, seed: seed)
      if loss.isFinite { queue.insert(.workerIsLost, worker: worker, at: loss) }
    }
    if let time = tuner.study.budget.time { queue.insert(.timeIsUp, worker: -1, at: time) }
    for worker in 0..<cluster.workers where finished == nil { try handle(.workerReady(WorkerID(worker))) }
  }

  private mutating func take(_ event: EventQueue.Event) throws {
    let worker = Int(event.worker)
    switch event.kind {
    case .timeIsUp:
      now = event.time
      try handle(.clock)
    case .workerIsLost:
      now = event.time
      endJob(of: worker)
      workersLeft -= 1
      try handle(.workerLost(WorkerID(worker), reason: "simulated"))
    case .jobIsDropped:
      guard running[worker]?.end == event.number else { return }
      now = event.time
      guard let job = endJob(of: worker) else { return }
      figures.dropped += 1
      try handle(.dropped(WorkerID(worker), job.job, reason: "dropped (simulated)"))
    case .jobEnds:
      guard running[worker]?.end == event.number else { return }
      now = event.time
      guard let job = endJob(of: worker) else { return }
      if job.isFull, job.report.loss.isFinite {
        figures.fullyTrained += 1
        figures.firstFullyTrained = figures.firstFullyTrained ?? now
      }
      try handle(.result(WorkerID(worker), job.job, job.report, seconds: job.seconds))
      try checkEnd()
    }
  }

  private mutating func checkEnd() throws {
    let results = tuner.counts.results
    if results >= mostJobs { try handle(.stop(.signal)) }
    if results >= Self.mostTimelessJobs, now == 0, tuner.configurationLimit == nil {
      throw SimulationError(
        problem: "the study's jobs take no time, and only time would end it",
        advice: "Give the trainer a time (seconds_per_resource: 1), or the study a number of configurations.")
    }
  }

  /// Takes the job in hand, if there is one, off the worker.
  @discardableResult
  private mutating func endJob(of worker: Int) -> RunningJob? {
    guard let job = running[worker].take() else { return nil }
    figures.busySeconds += max(0, now - job.began)
    return job
  }

  private mutating func handle(_ event: Tuner.Event) throws {
    try decide(event)
    while let (worker, job) = interrupted.popLast() {
      endJob(of: worker.rawValue)
      try decide(.interrupted(worker, job))
    }
  }

  private mutating func decide(_ event: Tuner.Event) throws {
    tuner.handle(event, at: now, into: &actions)
    for index in actions.indices { try perform(actions[index]) }
    actions.removeAll(keepingCapacity: true)
  }

  private mutating func perform(_ action: Tuner.Action) throws {
    switch action {
    case .dispatch(let job, let worker): start(job, on: worker)
    case .interrupt(let worker, let job): interrupted.append((worker, job))
    case .record(let event): try journal?.append(event)
    case .keepIncumbent, .discardCheckpoint: break
    case .warn(let text): observer?.warn(text)
    case .finish(let reason): finished = reason
    }
  }

  private mutating func start(_ job: Job, on worker: WorkerID) {
    var job = job
    if !cluster.resumesFromCheckpoints { job.resumeResource = 0 }
    let training = trainer.simulate(job)
    let duration = cluster.duration(of: job, training: training.seconds, seed: seed)
    let began = now + cluster.dispatchLatency
    let drop = cluster.timeToDrop(of: job, seed: seed)
    let end =
      drop < duration
      ? queue.insert(.jobIsDropped, worker: worker.rawValue, at: began + drop)
      : queue.insert(.jobEnds, worker: worker.rawValue, at: began + duration)
    running[worker.rawValue] = RunningJob(
      job: job.id, end: end, began: began, seconds: duration, report: training.report,
      isFull: job.resource == tuner.fullResource)
  }
}

extension Study {
  /// The header of a simulated journal: of no time of day, so that equal studies have equal journals.
  fileprivate func simulatedJournalHeader(of cluster: SimulatedCluster) -> JSONValue {
    let header = journalHeader(started: "1970-01-01T00:00:00Z", workers: cluster.workers)
    guard case .object(let members) = header else { return header }
    return .object(members + [.init("simulated", cluster.json)])
  }
}

/// A study that can't be simulated.
public struct SimulationError: UserError, Hashable, Sendable {
  public var problem: String
  public var advice: String
  public var description: String { "\(problem). \(advice)" }
}
