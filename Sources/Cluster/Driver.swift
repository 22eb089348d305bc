public import Tuning
internal import TuningTypes

/// What is left when a study's driver has ended.
public struct StudyOutcome: Sendable {
  public let tuner: Tuner
  public let reason: StopReason
  public let workers: Int
  /// Seconds that the study has run, over all its runs.
  public let time: Double
  /// Some rank does not answer: the ranks can't leave together.
  let someAreSilent: Bool

  public init(tuner: Tuner, reason: StopReason, workers: Int, time: Double) {
    self.init(tuner: tuner, reason: reason, workers: workers, time: time, someAreSilent: false)
  }

  init(tuner: Tuner, reason: StopReason, workers: Int, time: Double, someAreSilent: Bool) {
    self.tuner = tuner
    self.reason = reason
    self.workers = workers
    self.time = time
    self.someAreSilent = someAreSilent
  }
}

/// The loop of rank 0: carries messages to the tuner and its actions out.
package struct Driver<Link: DriverLink>: ~Copyable {
  private var tuner: Tuner
  private var link: Link
  private let wire: WireFormat
  private let journal: JournalWriter
  private let folder: StudyFolder
  private let workers: Int
  private let observer: any StudyObserver
  private let control: StudyControl
  private let lock: StudyLock?
  private var watch: WorkerWatch
  /// Seconds that the study ran before, and what it is resumed with; nil for a new one.
  private let resumed: (time: Double, overrides: [String])?

  private let began = ContinuousClock.now
  private var actions: [Tuner.Action] = []
  /// What the tuner has decided and the journal does not hold yet, in its order.
  private var records: [JournalEvent] = []
  private var buffer: [UInt8] = []
  private var finished: StopReason?
  /// The first failure of the disk; from then on nothing is recorded and nothing dispatched.
  private var diskError: DiskError?
  /// Seconds since the study began, over all its runs: read once a turn of the loop.
  private var time = 0.0
  private var nextTick = 0.0
  private var nextWrite = 0.0
  /// When the jobs that still run are given up.
  private var stopDeadline: Double?

  /// Seconds between two looks at the clock, the budget and the display.
  private static var tickInterval: Double { 0.1 }
  /// Seconds for which events may wait to be handed over: to wake the journal's thread for each would cost more than a job.
  private static var writeInterval: Double { 0.005 }
  /// Messages that are handled before anything else gets a turn.
  private static var batch: Int { 256 }

  /// - Parameters:
  ///   - resumed: for a tuner that has replayed a journal: the seconds that it ran, and the overrides it goes on with.
  ///   - lock: what keeps other runs off the folder; its heart is kept beating.
  package init(
    tuner: Tuner, link: Link, wire: WireFormat, journal: consuming Journal, folder: StudyFolder, workers: Int,
    observer: any StudyObserver, control: StudyControl = StudyControl(), lock: StudyLock? = nil,
    resumed: (time: Double, overrides: [String])? = nil
  ) {
    self.tuner = tuner
    self.link = link
    self.wire = wire
    self.journal = JournalWriter(journal)
    self.folder = folder
    self.workers = workers
    self.observer = observer
    self.control = control
    self.lock = lock
    self.resumed = resumed
    time = resumed?.time ?? 0
    watch = WorkerWatch(workers: workers, timeout: control.workerTimeout, at: time)
  }

  /// Drives the study to its end and dismisses every worker.
  ///
  /// - Parameter started: the time of day for the journal's header (ISO 8601).
  /// - Throws: ``DiskError`` where the journal could not be written, after the workers were stopped; what the link throws.
  package consuming func run(started: String) throws -> StudyOutcome {
    let first: JournalEvent =
      if let resumed {
        .resume(time: resumed.time, workers: workers, overrides: resumed.overrides)
      } else {
        .study(tuner.study.journalHeader(started: started, workers: workers))
      }
    journal.write([first])
    do {
      try drive()
    } catch {
      // The ranks can't go on; what has been decided is kept all the same.
      handOver()
      try? journal.end()
      throw error
    }
    handOver()
    do {
      try journal.end()
    } catch {
      noteDiskFailure()
    }
    observer.progress(of: tuner, at: time, isOver: true)
    wire.encode(.dismiss, into: &buffer)
    for worker in 0..<workers { try link.send(buffer, to: WorkerID(worker)) }
    try link.drain()
    if let diskError { throw diskError }
    return StudyOutcome(
      tuner: tuner, reason: finished ?? .configurations, workers: workers, time: time,
      someAreSilent: watch.someAreSilent)
  }

  /// Carries messages and actions until the tuner says that the study is over.
  private mutating func drive() throws {
    while finished == nil {
      time = clock
      var handled = 0
      while handled < Self.batch, let worker = try link.receive(into: &buffer) {
        try hear(try wire.decodeWorkerMessage(buffer), from: worker)
        handled += 1
      }
      for worker in link.takeDead() where watch.lose(worker) {
        try handle(.workerLost(worker, reason: "its rank has died"))
      }
      if time >= nextTick {
        nextTick = time + Self.tickInterval
        try lookAfterWorkers()
        try handle(.clock)
        noteDiskFailure()
        try obey(diskError == nil ? control.request() : .stop(.signal))
        lock?.beat(at: time)
        observer.progress(of: tuner, at: time, isOver: false)
      }
      if handled == 0 {
        if time >= nextWrite { handOver() }
        link.wait()
      }
    }
  }

  private var clock: Double { (resumed?.time ?? 0) + Double(elapsed: ContinuousClock.now - began) }

  /// Does what somebody asks for: stops in good order, or, where that takes too long or is asked for twice, at once.
  private mutating func obey(_ request: StudyControl.Request?) throws {
    guard let request else { return }
    if case .stop(let reason) = request { try handle(.stop(reason)) }
    stopDeadline = stopDeadline ?? time + control.grace
    if request == .stopNow || time >= stopDeadline ?? .infinity { try handle(.abandon) }
  }

  /// Gives up the workers that are silent, and the study when none is left.
  private mutating func lookAfterWorkers() throws {
    for worker in watch.newlySilent(at: time) {
      try handle(.workerLost(worker, reason: "it has said nothing for \(control.workerTimeout ?? 0) s"))
    }
    guard watch.nobodyIsLeft, finished == nil else { return }
    observer.warn("no worker is left; the study stops, to be resumed")
    try handle(.stop(.workers))
    try handle(.abandon)
  }

  private mutating func hear(_ message: WorkerMessage, from worker: WorkerID) throws {
    switch watch.hear(message, from: worker, at: time) {
    case .take: try take(message, from: worker)
    case .ignore: break
    case .interrupt(let id): try perform(.interrupt(worker, id))
    case .welcomeBack:
      observer.warn("worker \(worker) answers again")
      try handle(.workerReady(worker))
    }
  }

  private mutating func take(_ message: WorkerMessage, from worker: WorkerID) throws {
    switch message {
    case .alive: break
    case .ready: try handle(.workerReady(worker))
    case .result(let id, let report, let seconds): try handle(.result(worker, id, report, seconds: seconds))
    case .failure(let id, let kind, let reason): try handle(.failure(worker, id, kind, reason: reason))
    case .interrupted(let id): try handle(.interrupted(worker, id))
    case .warning(let text): observer.warn("worker \(worker): \(text)")
    }
  }

  private mutating func handle(_ event: Tuner.Event) throws {
    tuner.handle(event, at: time, into: &actions)
    for action in actions { try perform(action) }
    actions.removeAll(keepingCapacity: true)
  }

  private mutating func perform(_ action: Tuner.Action) throws {
    switch action {
    case .dispatch(let job, let worker):
      wire.encode(.assign(job), into: &buffer)
      watch.dispatched(job.id, to: worker)
      try link.send(buffer, to: worker)
    case .interrupt(let worker, let id):
      wire.encode(.interrupt(id), into: &buffer)
      try link.send(buffer, to: worker)
    case .record(let event):
      records.append(event)
      if records.count >= Self.batch { handOver() }
    case .keepIncumbent(let incumbent):
      do {
        try folder.keepBest(incumbent)
      } catch {
        observer.warn("the best trial's checkpoint is not kept: \(error)")
      }
    case .discardCheckpoint(let trial):
      folder.checkpoints.slot(for: trial).remove()
    case .warn(let text):
      observer.warn(text)
    case .finish(let reason):
      finished = reason
    }
  }

  /// Gives what has been recorded to the journal's thread.
  private mutating func handOver() {
    nextWrite = time + Self.writeInterval
    guard !records.isEmpty, diskError == nil else { return }
    journal.write(records)
    records.removeAll(keepingCapacity: true)
  }

  /// Looks whether the journal could be written; if not, the study is being stopped and nothing counts any more.
  private mutating func noteDiskFailure() {
    guard diskError == nil, let error = journal.failure else { return }
    diskError = error
    observer.warn("\(error); the study stops, and what the journal holds is safe")
  }
}
