package import Files
package import Journal
package import Training
internal import TuningTypes

/// The loop of one worker: takes jobs from the driver, trains them, answers, until it is dismissed.
package struct Worker<Link: WorkerLink> {
  private var link: Link
  private let wire: WireFormat
  private let training: TrainingThread
  private let warnings: Mailbox<String>
  private var running: JobID?
  /// The next job's programs start anew.
  private var renews = false
  private var buffer: [UInt8] = []
  private var nextSignOfLife = ContinuousClock.now

  /// How long a worker that trains goes without a look at its messages, in seconds.
  private static var attentionInterval: Double { 0.01 }

  /// - Throws: `SystemError` where the thread that trains can't be started.
  package init(
    link: Link, trainer: sending any Trainer, folder: StudyFolder, wire: WireFormat, place: WorkerPlace,
    reports: ReportPolicy = ReportPolicy()
  ) throws(SystemError) {
    self.link = link
    self.wire = wire
    warnings = Mailbox()
    training = try TrainingThread(trainer: trainer, folder: folder, place: place, reports: reports, warnings: warnings)
  }

  /// Works until the driver dismisses this worker.
  ///
  /// - Throws: what the link throws; a job that fails is a message, never an error.
  package mutating func run() throws {
    // Signs of life, so that rank 0 does not take this rank for one that hangs.
    defer { training.end(isIdle: running == nil) { try? send(.alive) } }
    try send(.ready)
    while true {
      while try link.receive(into: &buffer) {
        switch try wire.decodeDriverMessage(buffer) {
        case .assign(let job):
          running = job.id
          training.start(job, renewing: renews)
          renews = false
        case .renew:
          renews = true
        case .join(let job, let rendezvous):
          running = job.id
          training.start(job, joining: rendezvous)
        case .interrupt(let id):
          if id == running { training.ask(for: .interruption) }
        case .end(let id, let demand):
          if id == running { training.ask(for: demand) }
        case .dismiss:
          return
        }
      }
      if ContinuousClock.now >= nextSignOfLife { try send(.alive) }
      guard let id = running else {
        link.wait()
        continue
      }
      guard let outcome = training.outcome(waiting: Self.attentionInterval) else { continue }
      if outcome.isEnd { running = nil }
      try report(outcome, of: id)
    }
  }

  private mutating func report(_ outcome: TrainingOutcome, of id: JobID) throws {
    while let warning = warnings.take() { try send(.warning(warning)) }
    switch outcome {
    case .report(let resource, let report): try send(.report(id, resource: resource, report))
    case .result(let report, let seconds): try send(.result(id, report, seconds: seconds))
    case .failure(let kind, let reason): try send(.failure(id, kind, reason: reason))
    case .interrupted(let curve): try send(.interrupted(id, curve))
    case .placeFault(let fault): try send(.placeFault(id, fault))
    case .meet(let rendezvous): try send(.meet(id, rendezvous))
    }
  }

  private mutating func send(_ message: WorkerMessage) throws {
    wire.encode(message, into: &buffer)
    try link.send(buffer)
    nextSignOfLife = .now + .seconds(WorkerWatch.heartbeatInterval)
  }
}

extension Worker: Sendable where Link: Sendable {}
