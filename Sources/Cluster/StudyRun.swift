public import Files
internal import Foundation
public import Journal
public import Search
internal import SearchSpace
public import StudyFile
public import Training
public import TuningTypes

/// How a study is run, beside what its file says.
public struct RunSettings: Sendable {
  /// Whether rank 0 only drives. Nil: it does from 32 workers up, and trains as well below.
  public var dedicatedDriver: Bool?
  public var control: StudyControl
  /// Whether events are recorded: always, unless somebody measures what that costs.
  public var keepsJournal = true

  public init(dedicatedDriver: Bool? = nil, control: StudyControl = StudyControl()) {
    self.dedicatedDriver = dedicatedDriver
    self.control = control
  }

  /// From how many ranks on the driver has a rank of its own.
  static let dedicatedDriverRanks = 32
}

/// How somebody outside makes a study stop.
public struct StudyControl: Sendable {
  public enum Request: Hashable, Sendable {
    /// In good order: running jobs checkpoint and stop.
    case stop(StopReason)
    /// At once: running jobs are given up.
    case stopNow
  }

  /// Asked a few times a second, and at every job that fails; goes on to say what it once said.
  public var request: @Sendable () -> Request?
  /// Seconds that running jobs have to stop.
  public var grace: Double
  /// Seconds after which a worker that says nothing is given up; nil for never.
  public var workerTimeout: Double?

  /// Seconds after which ``request`` will want a stop, if that is known.
  public var timeLeft: @Sendable () -> Double? = { nil }

  public init(
    grace: Double = 30, workerTimeout: Double? = 60, request: @escaping @Sendable () -> Request? = { nil }
  ) {
    self.request = request
    self.grace = grace
    self.workerTimeout = workerTimeout
  }
}

/// A study's folder, ready to be run in.
public struct StudyPlace {
  public let folder: StudyFolder
  /// Keeps other runs off; nil where nothing needs to.
  public let lock: StudyLock?
  /// What the folder's journal came to; nil for a new study.
  public let recovery: StudyRecovery?
  /// The overrides that a resumed study goes on with, besides those that it had.
  public let overrides: [String]

  public init(folder: StudyFolder, lock: StudyLock? = nil, recovery: StudyRecovery? = nil, overrides: [String] = []) {
    self.folder = folder
    self.lock = lock
    self.recovery = recovery
    self.overrides = overrides
  }
}

extension ClusterSession {
  /// Runs a study over all ranks of the session: the driver on rank 0, a worker on every rank that trains.
  ///
  /// Called by every rank with the same study. Returns when the study is over.
  ///
  /// - Parameters:
  ///   - data: what the plan's `loadSharedData()` gave, on rank 0; nil on the others.
  ///   - place: where the study lies; already made. Rank 0's alone has the lock and the recovery.
  ///   - observer: what shows the study to a person; used on rank 0.
  /// - Returns: the outcome and the shared data on rank 0, nil on the others.
  /// - Throws: what `plan` throws while it prepares, on all ranks alike; ``StudyHalted`` on rank 0 after an orderly end;
  ///   errors of MPI, after which only ``abort(exitCode:)`` is left.
  public func run(
    _ study: Study, plan: any TrainerPlan, data: [UInt8]?, place: StudyPlace,
    settings: RunSettings = RunSettings(), observer: any StudyObserver
  ) throws -> (outcome: StudyOutcome, sharedData: SharedBytes)? {
    waitAtEnd(settings.control.workerTimeout)
    // On every rank, so that a study without a sampler fails on all alike.
    var tuner = try place.recovery?.tuner ?? Tuner(plan: study.plan)
    tuner.recordsEvents = settings.keepsJournal
    tuner.trainerReports = tuner.trainerReports ?? plan.reportsWhileTraining
    let reports = ReportPolicy(study)
    let (placement, layout, own) = try placement(
      ofWorkers: study.worker.ranks, plan.useOfRanks, settings, telling: observer)
    let site = try site(of: placement, layout)
    var writer: FolderWriter?
    _ = try fromDriver {
      writer = try Self.makeWriter(place)
      return []
    }
    let sharedData = try shareFromDriver(data)
    if isDriver, let threads = study.worker.threads, threads > 1, ownCores == 1 {
      observer.warn(
        "worker.threads is \(threads), and rank 0 is bound to one core, as the others will be: all threads of a rank share it. Start "
          + "with mpirun --map-by slot:PE=\(threads), or --bind-to none")
    }
    let wire = WireFormat(layout: study.plan.space.layout)
    let local = own.flatMap { _ in isDriver ? InProcessTransport(workers: 1) : nil }
    let localEnds = Mailbox<Bool>()
    var remote: Worker<MPIWorkerLink>?
    // All that may not come to be is made before the first job, so that it fails on all ranks alike.
    do {
      try together {
        guard let own else { return }
        let trainer = try plan.makeTrainer(sharedData: sharedData)
        if let local {
          try Self.startWorker(local.workerLink(0), trainer, place.folder, wire, own, reports, telling: localEnds)
        } else if let link = workerLink() {
          remote = try Worker(
            link: link, trainer: trainer, folder: place.folder, wire: wire, place: own, reports: reports)
        }
      }
    } catch {
      try? writer?.end(keeping: nil)
      throw error
    }
    guard let writer else {
      if remote == nil { try waitForDismissal(wire) }
      try remote?.run()
      return nil
    }
    // A branch a transport, so that the driver is compiled for each of them: a job costs a few microseconds.
    let outcome: Result<StudyOutcome, StudyHalted>
    // A resumed tuner has its study from elsewhere; only positions travel, so that both layouts say the same.
    let driverWire = WireFormat(layout: tuner.plan.space.layout)
    if let layout, let link = driverLink(placement, local: local) {
      outcome = try drive(
        tuner, study, plan: plan, link: layout.link(over: link, placement, wire), wire: driverWire, writer: writer,
        place: place, workers: layout.workers.count, site: site, settings: settings, observer: observer)
    } else if let link = driverLink(placement, local: local) {
      outcome = try drive(
        tuner, study, plan: plan, link: link, wire: driverWire, writer: writer, place: place,
        workers: placement.workers, site: site, settings: settings, observer: observer)
    } else {
      outcome = try drive(
        tuner, study, plan: plan, link: (local ?? InProcessTransport(workers: 1)).driverLink, wire: driverWire,
        writer: writer, place: place, workers: placement.workers, site: site, settings: settings, observer: observer)
    }
    if outcome.someAreSilent { expectNoGoodbye() }
    // Its trainer may have to end a process.
    while local != nil, localEnds.take(waiting: 60) == nil {}
    return (try outcome.get(), sharedData)
  }

  /// Which ranks are workers, and which this one is; nil where it trains nothing.
  ///
  /// - Returns: the layout, where workers are of several ranks.
  private func placement(
    ofWorkers ranks: Int, _ use: RankUse, _ settings: RunSettings, telling observer: any StudyObserver
  ) throws -> (WorkerPlacement, WorkerLayout?, own: WorkerPlace?) {
    guard ranks > 1 else {
      let dedicated = settings.dedicatedDriver ?? (size >= RunSettings.dedicatedDriverRanks)
      let (placement, own) = try placement(dedicatedDriver: dedicated)
      return (placement, nil, own)
    }
    let layout = try layout(ranksPerWorker: ranks, use, dedicatedDriver: settings.dedicatedDriver)
    if isDriver, let text = layout.leftOverText { observer.warn(text) }
    let placement = WorkerPlacement(ranks: size, hasDedicatedDriver: layout.hasDedicatedDriver)
    let own = layout.place(ofRank: rank)
    // Threads that start from here on may run where the worker's other ranks would; these sleep.
    if use != .processes, let own, own.rank.isFirst { SystemThread.allow(cores: layout.cores(of: own.worker)) }
    return (placement, layout, own)
  }

  /// What writes the journal of a study that begins, or that goes on.
  private static func makeWriter(_ place: StudyPlace) throws -> FolderWriter {
    let journal =
      if let recovery = place.recovery {
        try Journal(resuming: place.folder.journal, length: recovery.journalLength)
      } else {
        try Journal(creating: place.folder.journal)
      }
    return try FolderWriter(journal, checkpoints: place.folder.checkpoints, status: place.folder)
  }

  /// Makes rank 0's own worker, and runs it on a thread.
  private static func startWorker(
    _ link: InProcessWorkerLink, _ trainer: sending any Trainer, _ folder: StudyFolder, _ wire: WireFormat,
    _ place: WorkerPlace, _ reports: ReportPolicy, telling ends: Mailbox<Bool>
  ) throws {
    let worker = try Worker(link: link, trainer: trainer, folder: folder, wire: wire, place: place, reports: reports)
    try SystemThread.start("worker 0") {
      var worker = worker
      // The in-process link never fails, and this program's own messages are sound.
      do { try worker.run() } catch { fatalError("\(error)") }
      ends.put(true)
    }
  }

  private func drive(
    _ tuner: Tuner, _ study: Study, plan: any TrainerPlan, link: some DriverLink, wire: WireFormat,
    writer: FolderWriter, place: StudyPlace, workers: Int, site: RunSite, settings: RunSettings,
    observer: any StudyObserver
  ) throws -> Result<StudyOutcome, StudyHalted> {
    let beginning: Beginning =
      if let recovery = place.recovery {
        .resumed(time: recovery.time, overrides: place.overrides)
      } else {
        .new(
          header: study.journalHeader(
            started: site.started ?? "", workers: workers, hosts: site.hosts, batchJob: site.batchJob))
      }
    let driver = Driver(
      tuner: tuner, beginning: beginning, link: link, wire: wire, writer: writer, folder: place.folder,
      workers: workers, observer: observer, control: settings.control, lock: place.lock, site: site,
      instructions: { plan.instructions(for: $0) })
    do {
      return .success(try driver.run())
    } catch let halt as StudyHalted {
      return .failure(halt)
    }
  }
}

extension Result<StudyOutcome, StudyHalted> {
  /// Whether some rank did not answer at the end.
  fileprivate var someAreSilent: Bool {
    switch self {
    case .success(let end): end.someAreSilent
    case .failure(let halt): halt.someAreSilent
    }
  }
}
