internal import Files
package import Journal
package import Search
package import Text
internal import Training
package import TuningTypes

/// How a study's journal goes on when a driver begins.
package enum Beginning: Sendable {
  /// The study is new.
  case new(header: JSONValue)
  /// The study goes on. Its tuner has replayed a journal, which ends at `time`; `overrides` are new with this run.
  case resumed(time: Double, overrides: [String])

  /// Seconds that the study has run before.
  var time: Double {
    switch self {
    case .new: 0
    case .resumed(let time, _): time
    }
  }
}

/// The loop of rank 0: carries messages to the tuner and its actions out.
package struct Driver<Link: DriverLink>: ~Copyable {
  private var tuner: Tuner
  private var link: Link
  private let wire: WireFormat
  private let folder: StudyFolder
  private let workers: Int
  private let observer: any StudyObserver
  private let observerFollowsJobs: Bool
  private let control: StudyControl
  private let lock: StudyLock?
  private let instructions: @Sendable (Job) -> [JSONValue.Member]?
  private var watch: WorkerWatch
  private let site: RunSite
  private var running: RunningJobs
  private let beginning: Beginning

  private let began = ContinuousClock.now
  private var actions: [Tuner.Action] = []
  private var feed: JournalFeed
  private let models = ModelMaker()
  private var modelIsInMaking = false
  private var buffer: [UInt8] = []
  private var finished: StopReason?
  private var place: PlaceWatch
  /// Seconds since the study began, over all its runs: read once a turn of the loop.
  private var time = 0.0
  private var nextTick = 0.0
  private var nextStatus: Double
  /// When the jobs that still run are given up.
  private var stopDeadline: Double?

  /// Seconds between two looks at the clock, the budget and the display.
  private static var tickInterval: Double { 0.1 }
  /// Seconds between two versions of `status.json`; the first one comes sooner.
  private static var statusInterval: Double { 3 }
  private static var firstStatus: Double { 0.5 }
  /// Seconds for which answers may come after their workers were dismissed, who look at their messages every hundredth.
  private static var lateAnswersTime: Double { 0.2 }
  /// Messages that are handled before anything else gets a turn.
  private static var batch: Int { 256 }

  /// - Parameters:
  ///   - beginning: how the journal goes on from here.
  ///   - lock: what keeps other runs off the folder; its heart is kept beating.
  ///   - site: where this run runs.
  ///   - instructions: how a person trains a job by hand; see `TrainerPlan.instructions(for:)`.
  package init(
    tuner: Tuner, beginning: Beginning, link: Link, wire: WireFormat, writer: FolderWriter, folder: StudyFolder,
    workers: Int, observer: any StudyObserver, control: StudyControl = StudyControl(), lock: StudyLock? = nil,
    site: RunSite = RunSite(),
    instructions: @escaping @Sendable (Job) -> [JSONValue.Member]? = { _ in nil }
  ) {
    self.tuner = tuner
    self.link = link
    self.wire = wire
    feed = JournalFeed(to: writer)
    place = PlaceWatch(folder)
    self.folder = folder
    self.workers = workers
    self.observer = observer
    observerFollowsJobs = observer.followsJobs
    self.control = control
    self.lock = lock
    self.instructions = instructions
    self.beginning = beginning
    time = beginning.time
    self.site = site
    running = RunningJobs(workers: workers)
    nextStatus = beginning.time + Self.firstStatus
    let limits = [
      tuner.plan.budget.time.map { Tuner.Deadline(time: $0, isResumed: false) },
      control.timeLeft().map { [time] in Tuner.Deadline(time: time + $0, isResumed: true) },
    ]
    self.tuner.deadline = limits.compactMap { $0 }.min { $0.time < $1.time }
    self.tuner.expectedWorkers = workers
    watch = WorkerWatch(workers: workers, timeout: control.workerTimeout, at: time)
  }

  /// Drives the study to its end and dismisses every worker.
  ///
  /// - Throws: ``StudyHalted`` where the folder could not be written to, after the workers were stopped; what the link
  ///   throws.
  package consuming func run() throws -> StudyOutcome {
    switch beginning {
    case .new(let header): feed.append(header: header)
    case .resumed(let time, let overrides):
      feed.append(.resume(time: time, workers: workers, overrides: overrides, site: site))
      let isMissing = !Disk.exists(folder.bestConfiguration)
      if let incumbent = tuner.incumbentToKeep ?? (isMissing ? tuner.incumbent : nil) {
        try perform(.keepIncumbent(incumbent))
      }
      discardWhatIsLeft()
    }
    do {
      try drive()
    } catch {
      // The ranks can't go on; what has been decided is kept all the same.
      try? feed.end(keeping: nil, at: time)
      throw error
    }
    do {
      let kept = finished?.isFinished ?? false ? tuner.checkpointsKeptAtEnd : nil
      try feed.end(keeping: kept, at: time) { [lock, began] in
        lock?.beat(at: Double(elapsed: ContinuousClock.now - began))
      }
    } catch {
      // What stopped the study may have been the first sign that the whole folder is gone.
      if let fault = place.fault, !fault.losesJournal, error.losesJournal {
        observer.warn("\(error)")
        place.noteLostJournal()
      }
      noteDiskFailure()
    }
    observer.progress(of: tuner, at: time, isOver: true)
    wire.encode(.dismiss, into: &buffer)
    for worker in 0..<workers { try link.send(buffer, to: WorkerID(worker)) }
    if tuner.runningCount > 0 { try dropLateAnswers() }
    try link.drain()
    if let fault = place.fault {
      throw StudyHalted(
        cause: fault, folder: folder.path, outcome: outcome(reason: .place), someAreSilent: watch.someAreSilent)
    }
    return outcome(reason: finished ?? .configurations)
  }

  private func outcome(reason: StopReason) -> StudyOutcome {
    StudyOutcome(tuner: tuner, reason: reason, workers: workers, time: time, someAreSilent: watch.someAreSilent)
  }

  /// Deletes the checkpoints that the run before this one has left: most of them in time, but what belongs to trials of which the
  /// journal knows nothing at once, since those will come again.
  private mutating func discardWhatIsLeft() {
    let left = folder.checkpoints.trials().filter { !tuner.hasStarted($0) || !tuner.keepsCheckpoint(of: $0) }
    let firstUnknown = left.firstIndex { !tuner.hasStarted($0) } ?? left.endIndex
    for trial in left[..<firstUnknown] { feed.discardCheckpoint(of: trial) }
    var unknown = left[firstUnknown...]
    folder.checkpoints.remove(&unknown)
  }

  /// Takes the answers of jobs that were given up: a worker that sends a long one waits until it is taken, and with it, in the end,
  /// all others.
  private mutating func dropLateAnswers() throws {
    let end = clock + Self.lateAnswersTime
    while clock < end {
      if try link.receive(into: &buffer) == nil { link.wait() }
    }
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
      if modelIsInMaking, let answer = models.take() {
        modelIsInMaking = false
        try handle(.learned(answer))
      }
      for worker in link.takeDead() where watch.lose(worker) {
        try handle(.workerLost(worker, reason: "its rank has died"))
      }
      if time >= nextTick {
        nextTick = time + Self.tickInterval
        try lookAfterWorkers()
        try handle(.clock)
        noteDiskFailure()
        let request = control.request()
        try obey(place.fault == nil || request == .stopNow ? request : .stop(.place))
        lock?.beat(at: Double(elapsed: ContinuousClock.now - began))
        feed.handOver(at: time)
        if time >= nextStatus { writeStatus() }
        observer.progress(of: tuner, at: time, isOver: false)
      }
      if handled == 0 {
        if feed.isDue(at: time) { feed.handOver(at: time) }
        link.wait()
      }
    }
  }

  private mutating func writeStatus() {
    nextStatus = time + Self.statusInterval
    feed.write(
      RunStatus(
        host: StudyLock.hostName, process: StudyLock.process, site: site, time: time,
        deadline: tuner.deadline?.time, workers: workers, workersInService: tuner.workersInService,
        running: running.jobs(of: tuner)))
  }

  private var clock: Double { Self.clock(since: began, beginning) }

  private static func clock(since began: ContinuousClock.Instant, _ beginning: Beginning) -> Double {
    beginning.time + Double(elapsed: ContinuousClock.now - began)
  }

  /// Does what somebody asks for: stops in good order, or, where that takes too long or is asked for twice, at once. A study that has
  /// come to its own end waits no longer for what still runs.
  private mutating func obey(_ request: StudyControl.Request?) throws {
    if case .stop(let reason) = request {
      if stopDeadline == nil { tellOfStop(reason) }
      try handle(.stop(reason))
    }
    guard request != nil || tuner.isStopping else { return }
    stopDeadline = stopDeadline ?? time + control.grace
    if request == .stopNow || time >= stopDeadline ?? .infinity { try handle(.abandon) }
  }

  /// Without a word a person asks again, and drops what still saves itself.
  private func tellOfStop(_ reason: StopReason) {
    guard tuner.runningCount > 0, reason == .signal || reason == .walltime else { return }
    let jobs = tuner.runningCount == 1 ? "the running job has" : "\(tuner.runningCount) running jobs have"
    observer.warn(
      "stopping (\(reason.rawValue)): \(jobs) \(Int(min(control.grace, 1e9).rounded(.up))) s to save a checkpoint (--grace); another "
        + "signal stops at once")
  }

  /// Gives up the workers that are silent, and the study when none is left.
  private mutating func lookAfterWorkers() throws {
    for worker in watch.newlySilent(at: time) {
      try handle(
        .workerLost(
          worker, reason: "it has said nothing for \(Int(min(control.workerTimeout ?? 0, 1e9).rounded(.up))) s"))
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
    // Workers of several ranks are one to the driver; what these say to each other its link keeps.
    case .alive, .meet: break
    case .ready: try handle(.workerReady(worker))
    case .report(let id, let resource, let report):
      if let loss = tuner.plan.objective.loss(of: report) {
        running.note(.init(resource: resource, loss: loss, time: time), of: id, on: worker)
      }
      try handle(.report(worker, id, resource: resource, report))
    case .result(let id, let report, let seconds): try handle(.result(worker, id, report, seconds: seconds))
    case .failure(let id, .failed, let reason): try takeFailure(of: id, on: worker, reason)
    case .placeFault(let id, let fault): try takeBack(id, from: worker, fault)
    case .failure(let id, .invalid, let reason): try handle(.failure(worker, id, .invalid, reason: reason))
    case .interrupted(let id, let curve): try handle(.interrupted(worker, id, curve))
    case .warning(let text): observer.warn("worker \(worker): \(text)")
    }
  }

  /// Tells a job that fails by itself from one that could not write to the study's folder because nobody can.
  private mutating func takeFailure(of id: JobID, on worker: WorkerID, _ reason: String) throws {
    // What ends the study may have ended the trainer's program as well. The job goes out again when the study is resumed.
    if let request = control.request() {
      try obey(request)
      return try handle(.interrupted(worker, id))
    }
    guard let fault = place.faultBehindFailure(clock: { [began, beginning] in Self.clock(since: began, beginning) })
    else {
      return try handle(.failure(worker, id, .failed, reason: reason))
    }
    try takeBack(id, from: worker, fault)
  }

  /// Stops the study for a fault of the place. The job is not at fault: it goes out again when the study is resumed.
  private mutating func takeBack(_ id: JobID, from worker: WorkerID, _ fault: PlaceFault) throws {
    feed.handOver(at: time)
    halt(fault)
    try handle(.stop(.place))
    try handle(.interrupted(worker, id))
  }

  private mutating func handle(_ event: Tuner.Event) throws {
    tuner.handle(event, at: time, into: &actions)
    // Workers get their jobs first, and train while the journal's lines are made.
    defer { feed.take(&actions, isRecorded: tuner.recordsEvents, at: time) }
    for index in actions.indices where !actions[index].isRecord { try perform(actions[index]) }
    for index in actions.indices where observerFollowsJobs || actions[index].isFailure {
      if let record = actions[index].searchRecord(at: time) { observer.note(record) }
    }
  }

  private mutating func perform(_ action: Tuner.Action) throws {
    switch action {
    case .dispatch(let job, let worker):
      wire.encode(.assign(job), into: &buffer)
      watch.dispatched(job.id, to: worker)
      running.begin(job.id, on: worker, at: time)
      try link.send(buffer, to: worker)
    case .learn(let request):
      modelIsInMaking = true
      models.make(request)
    case .interrupt(let worker, let id):
      wire.encode(.interrupt(id), into: &buffer)
      try link.send(buffer, to: worker)
    case .record: break
    case .keepIncumbent(let incumbent, let isTraining):
      guard place.fault == nil else { break }
      do {
        try folder.keepBest(incumbent, isTraining: isTraining, instructions: instructions(incumbent.job))
      } catch {
        // Its result is not in the journal yet, and will not be: the trial comes again with the next run.
        feed.handOver(at: time)
        halt(PlaceFault(error))
      }
    case .discardCheckpoint(let trial):
      feed.discardCheckpoint(of: trial)
    case .warn(let text):
      observer.warn(text)
    case .finish(let reason):
      finished = reason
    }
  }

  /// Looks whether the journal could be written.
  private mutating func noteDiskFailure() {
    if let fault = feed.failure { halt(fault) }
  }

  /// Stops the study: from here on nothing counts any more.
  private mutating func halt(_ fault: PlaceFault) {
    guard place.note(fault) else { return }
    feed.close()
    nextTick = 0
    observer.warn("\(fault); the study stops\(fault.losesJournal ? "" : ", and what the journal holds is safe")")
  }
}

extension Tuner.Action {
  /// Whether nothing is to be done but to put it into the journal.
  fileprivate var isRecord: Bool { if case .record = self { true } else { false } }

  fileprivate var isFailure: Bool { if case .record(.failure) = self { true } else { false } }
}
