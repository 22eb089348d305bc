public import Tuning
package import TuningTypes

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

/// A study that had to stop for a fault of the place where it runs. What its journal holds is safe.
public struct StudyHalted: Error, Sendable, CustomStringConvertible {
  public let cause: PlaceFault
  public let folder: String
  /// What the study had come to.
  public let outcome: StudyOutcome
  /// The journal is not under its name any more.
  public var losesJournal: Bool { cause.losesJournal }
  /// Some rank does not answer: the ranks can't leave together.
  let someAreSilent: Bool

  public var description: String {
    let what = cause.isAboutFolder ? ", because its folder could not be written to" : ""
    let remedy = cause.losesJournal ? "Once its journal is back" : "Once that is mended"
    return "the study has stopped\(what). \(remedy): ash-mpi resume \(folder)"
  }
}

/// The loop of rank 0: carries messages to the tuner and its actions out.
package struct Driver<Link: DriverLink>: ~Copyable {
  private var tuner: Tuner
  private var link: Link
  private let wire: WireFormat
  private let writer: FolderWriter
  private let folder: StudyFolder
  private let workers: Int
  private let observer: any StudyObserver
  private let control: StudyControl
  private let lock: StudyLock?
  private let instructions: @Sendable (Job) -> [JSONValue.Member]?
  private var watch: WorkerWatch
  /// Seconds that the study ran before, and what it is resumed with; nil for a new one.
  private let resumed: (time: Double, overrides: [String])?

  private let began = ContinuousClock.now
  private var actions: [Tuner.Action] = []
  /// What the tuner has decided, as text, and nobody has been given yet.
  private var text = JournalText()
  /// How long the journal is once all is written that was handed over.
  private var journalLength: Int
  /// Trials whose checkpoints are to be deleted once that is written.
  private var discarded: [TrialID] = []
  private var buffer: [UInt8] = []
  private var finished: StopReason?
  /// When a failed job is next a reason to look after the disk.
  private var nextLookAtDisk = 0.0
  /// The first fault of the place; from then on nothing is recorded and nothing dispatched.
  private var fault: PlaceFault?
  /// Seconds since the study began, over all its runs: read once a turn of the loop.
  private var time = 0.0
  private var nextTick = 0.0
  private var nextWrite = 0.0
  /// When the jobs that still run are given up.
  private var stopDeadline: Double?

  /// Seconds between two looks at the clock, the budget and the display.
  private static var tickInterval: Double { 0.1 }
  /// Seconds for which events may wait to be handed over: to wake the writing thread for each would cost more than a job, and
  /// while a driver has all it can do, so much gathers that it goes in whole pieces.
  private static var writeInterval: Double { 0.01 }
  /// Bytes that are handed over whenever there are so many; and where there are, the journal is written in pieces of this
  /// size, from one multiple of it to the next: the system has less to do for whole pages.
  private static var pieceSize: Int { 1 << 18 }
  /// Seconds for which answers may come after their workers were dismissed, who look at their messages every hundredth.
  private static var lateAnswersTime: Double { 0.2 }
  /// Messages that are handled before anything else gets a turn.
  private static var batch: Int { 256 }

  /// - Parameters:
  ///   - resumed: for a tuner that has replayed a journal: the seconds that it ran, and the overrides it goes on with.
  ///   - lock: what keeps other runs off the folder; its heart is kept beating.
  ///   - instructions: how a person trains a job by hand; see `TrainerPlan.instructions(for:)`.
  package init(
    tuner: Tuner, link: Link, wire: WireFormat, writer: FolderWriter, folder: StudyFolder, workers: Int,
    observer: any StudyObserver, control: StudyControl = StudyControl(), lock: StudyLock? = nil,
    resumed: (time: Double, overrides: [String])? = nil,
    instructions: @escaping @Sendable (Job) -> [JSONValue.Member]? = { _ in nil }
  ) {
    self.tuner = tuner
    self.link = link
    self.wire = wire
    journalLength = writer.journalLength
    self.writer = writer
    self.folder = folder
    self.workers = workers
    self.observer = observer
    self.control = control
    self.lock = lock
    self.instructions = instructions
    self.resumed = resumed
    time = resumed?.time ?? 0
    let limits = [
      tuner.study.budget.time.map { Tuner.Deadline(time: $0, isResumed: false) },
      control.timeLeft().map { [time] in Tuner.Deadline(time: time + $0, isResumed: true) },
    ]
    self.tuner.deadline = limits.compactMap { $0 }.min { $0.time < $1.time }
    watch = WorkerWatch(workers: workers, timeout: control.workerTimeout, at: time)
  }

  /// Drives the study to its end and dismisses every worker.
  ///
  /// - Parameter started: the time of day for the journal's header (ISO 8601).
  /// - Throws: ``StudyHalted`` where the folder could not be written to, after the workers were stopped; what the link
  ///   throws.
  package consuming func run(started: String) throws -> StudyOutcome {
    let first: JournalEvent =
      if let resumed {
        .resume(time: resumed.time, workers: workers, overrides: resumed.overrides)
      } else {
        .study(tuner.study.journalHeader(started: started, workers: workers))
      }
    text.append(first)
    if resumed != nil { discardWhatIsLeft() }
    do {
      try drive()
    } catch {
      // The ranks can't go on; what has been decided is kept all the same.
      handOver()
      try? writer.end(deletesAll: false)
      throw error
    }
    handOver()
    do {
      try writer.end(deletesAll: finished?.isFinished ?? false) { [lock, began] in
        lock?.beat(at: Double(elapsed: ContinuousClock.now - began))
      }
    } catch {
      // What stopped the study may have been the first sign that the whole folder is gone.
      if let fault, !fault.losesJournal, error.losesJournal {
        observer.warn("\(error)")
        self.fault?.losesJournal = true
      }
      noteDiskFailure()
    }
    observer.progress(of: tuner, at: time, isOver: true)
    wire.encode(.dismiss, into: &buffer)
    for worker in 0..<workers { try link.send(buffer, to: WorkerID(worker)) }
    if tuner.runningCount > 0 { try dropLateAnswers() }
    try link.drain()
    if let fault {
      throw StudyHalted(
        cause: fault, folder: folder.path, outcome: outcome(reason: .signal), someAreSilent: watch.someAreSilent)
    }
    return outcome(reason: finished ?? .configurations)
  }

  private func outcome(reason: StopReason) -> StudyOutcome {
    StudyOutcome(tuner: tuner, reason: reason, workers: workers, time: time, someAreSilent: watch.someAreSilent)
  }

  /// Deletes the checkpoints that the run before this one has left: most of them in time, but what belongs to trials of which the
  /// journal knows nothing at once, since those will come again.
  private mutating func discardWhatIsLeft() {
    discarded = folder.checkpoints.trials().filter { !tuner.needsCheckpoint(of: $0) }
    let firstUnknown = discarded.firstIndex { !tuner.hasStarted($0) } ?? discarded.endIndex
    var unknown = discarded[firstUnknown...]
    discarded.removeSubrange(firstUnknown...)
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
      for worker in link.takeDead() where watch.lose(worker) {
        try handle(.workerLost(worker, reason: "its rank has died"))
      }
      if time >= nextTick {
        nextTick = time + Self.tickInterval
        try lookAfterWorkers()
        try handle(.clock)
        noteDiskFailure()
        let request = control.request()
        try obey(fault == nil || request == .stopNow ? request : .stop(.signal))
        lock?.beat(at: Double(elapsed: ContinuousClock.now - began))
        handOver()
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
    case .failure(let id, .failed, let reason): try takeFailure(of: id, on: worker, reason)
    case .placeFault(let id, let fault): try takeBack(id, from: worker, fault)
    case .failure(let id, .invalid, let reason): try handle(.failure(worker, id, .invalid, reason: reason))
    case .interrupted(let id): try handle(.interrupted(worker, id))
    case .warning(let text): observer.warn("worker \(worker): \(text)")
    }
  }

  /// Tells a job that fails by itself from one that could not write to the study's folder because nobody can.
  ///
  /// The look costs a tenth of the driver's time at most.
  private mutating func takeFailure(of id: JobID, on worker: WorkerID, _ reason: String) throws {
    // What ends the study may have ended the trainer's program as well. The job goes out again when the study is resumed.
    if let request = control.request() {
      try obey(request)
      return try handle(.interrupted(worker, id))
    }
    if fault == nil, clock >= nextLookAtDisk {
      let began = clock
      do {
        try folder.expectRoom()
        nextLookAtDisk = clock + 9 * (clock - began)
      } catch {
        return try takeBack(id, from: worker, PlaceFault(error))
      }
    }
    guard let fault else { return try handle(.failure(worker, id, .failed, reason: reason)) }
    try takeBack(id, from: worker, fault)
  }

  /// Stops the study for a fault of the place. The job is not at fault: it goes out again when the study is resumed.
  private mutating func takeBack(_ id: JobID, from worker: WorkerID, _ fault: PlaceFault) throws {
    handOver()
    halt(fault)
    try handle(.stop(.signal))
    try handle(.interrupted(worker, id))
  }

  private mutating func handle(_ event: Tuner.Event) throws {
    tuner.handle(event, at: time, into: &actions)
    // Workers get their jobs first, and train while the journal's lines are made.
    defer { takeDown() }
    for index in actions.indices where !actions[index].isRecord { try perform(actions[index]) }
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
    case .record: break
    case .keepIncumbent(let incumbent):
      guard fault == nil else { break }
      do {
        try folder.keepBest(incumbent, instructions: instructions(incumbent.job))
      } catch {
        // Its result is not in the journal yet, and will not be: the trial comes again with the next run.
        handOver()
        halt(PlaceFault(error))
      }
    case .discardCheckpoint(let trial):
      discarded.append(trial)
    case .warn(let text):
      observer.warn(text)
    case .finish(let reason):
      finished = reason
    }
  }

  /// Turns what has been decided into text.
  private mutating func takeDown() {
    if tuner.recordsEvents {
      // Each is taken out as it is, and not copied.
      for index in actions.indices { text.append(exchange(&actions[index], with: .taken), at: time) }
    }
    actions.removeAll(keepingCapacity: true)
    let piece = Self.pieceSize - journalLength % Self.pieceSize
    if text.lines.count >= piece { handOver(piece: piece) }
  }

  /// Gives the text to the thread that writes it, and with it what is then to be deleted.
  private mutating func handOver() {
    nextWrite = time + Self.writeInterval
    guard !text.lines.isEmpty || !discarded.isEmpty, fault == nil else { return }
    journalLength += text.lines.count
    writer.write(&text.lines, discarding: &discarded)
  }

  /// Gives as many bytes of the text to the thread that writes it. What is to be deleted stays: the line that lets it go may be
  /// in what is left.
  private mutating func handOver(piece bytes: Int) {
    nextWrite = time + Self.writeInterval
    guard fault == nil else { return }
    journalLength += bytes
    writer.write(first: bytes, of: &text.lines)
  }

  /// Looks whether the journal could be written.
  private mutating func noteDiskFailure() {
    if let fault = writer.failure { halt(fault) }
  }

  /// Stops the study: from here on nothing counts any more.
  private mutating func halt(_ fault: PlaceFault) {
    guard self.fault == nil else { return }
    self.fault = fault
    nextTick = 0
    observer.warn("\(fault); the study stops\(fault.losesJournal ? "" : ", and what the journal holds is safe")")
  }
}

extension Tuner.Action {
  /// Whether nothing is to be done but to put it into the journal.
  fileprivate var isRecord: Bool { if case .record = self { true } else { false } }
}
