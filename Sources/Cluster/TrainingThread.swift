internal import Files
internal import Journal
internal import Synchronization
package import Training
package import TuningTypes

/// What comes of a job on a worker: reports, and at last how it ended.
package enum TrainingOutcome: Hashable, Sendable {
  /// It trains on; its loss at so many units of resource.
  case report(resource: Double, TrainingReport)
  case result(TrainingReport, seconds: Double)
  case failure(FailureKind, reason: String)
  /// The learning curve until then.
  case interrupted(LearningCurve)
  /// Nothing that the job could do anything about.
  case placeFault(PlaceFault)
  /// It trains on; the worker's other ranks are to join it.
  case meet(Rendezvous)

  /// Whether the job is over.
  package var isEnd: Bool {
    switch self {
    case .report, .meet: false
    case .result, .failure, .interrupted, .placeFault: true
    }
  }
}

/// Where a worker stands: what every job of it is told.
package struct WorkerPlace: Hashable, Sendable {
  package var worker: WorkerID
  /// The worker's number on its node, from 0.
  package var localWorker: Int
  /// How many workers its node has.
  package var localWorkers: Int
  /// This rank among those that are the worker.
  package var rank: WorkerRank

  package init(
    worker: WorkerID, localWorker: Int, of localWorkers: Int = 1, rank: WorkerRank = .alone(on: "localhost")
  ) {
    self.worker = worker
    self.localWorker = localWorker
    self.localWorkers = localWorkers
    self.rank = rank
  }
}

/// The thread on which a worker trains, so that its other thread can go on answering the driver.
///
/// A trainer that finishes instantly runs on the caller's thread instead: two thread switches would cost more than its
/// jobs.
final class TrainingThread: Sendable {
  /// Locked by whichever thread trains; the other one never wants it.
  private let trainer: Mutex<any Trainer>
  private let finishesInstantly: Bool
  private let folder: StudyFolder
  private let place: WorkerPlace
  private let reports: ReportPolicy
  private let jobs = Mailbox<Assignment?>()
  private let outcomes = Mailbox<TrainingOutcome>()
  private let warnings: Mailbox<String>
  private let ends = Mailbox<Bool>()
  private let demand = Atomic(JobDemand.none.rawValue)
  private static let leftBehind = Atomic(false)

  /// Whether some thread of this process may still train, its job given up.
  static var someIsLeftBehind: Bool { leftBehind.load(ordering: .acquiring) }

  /// - Throws: `SystemError` where the thread can't be started.
  init(
    trainer: sending any Trainer, folder: StudyFolder, place: WorkerPlace, reports: ReportPolicy,
    warnings: Mailbox<String>
  ) throws(SystemError) {
    finishesInstantly = trainer.finishesInstantly
    self.trainer = Mutex(trainer)
    self.folder = folder
    self.place = place
    self.reports = reports
    self.warnings = warnings
    guard !finishesInstantly else { return }
    try SystemThread.start("training") { [self] in
      while true {
        guard let next = jobs.take(waiting: 60) else { continue }
        guard let assignment = next else { break }
        outcomes.put(train(assignment))
      }
      self.trainer.withLock { $0.finish() }
      ends.put(true)
    }
  }

  /// A job, and how it begins.
  private struct Assignment: Sendable {
    let job: Job
    let rendezvous: Rendezvous?
    let renews: Bool
  }

  /// - Parameters:
  ///   - rendezvous: where another rank has begun the job, and this one joins it.
  ///   - renews: a program that has served jobs before is replaced.
  func start(_ job: Job, joining rendezvous: Rendezvous? = nil, renewing renews: Bool = false) {
    demand.store(JobDemand.none.rawValue, ordering: .relaxed)
    let assignment = Assignment(job: job, rendezvous: rendezvous, renews: renews)
    if finishesInstantly { outcomes.put(train(assignment)) } else { jobs.put(assignment) }
  }

  /// Asks for the end of the job that runs.
  func ask(for demand: JobDemand) { self.demand.max(demand.rawValue, ordering: .relaxed) }

  /// The outcome of the job that runs, once there is one.
  func outcome(waiting seconds: Double? = nil) -> TrainingOutcome? { outcomes.take(waiting: seconds) }

  /// Ends the trainer and the thread.
  ///
  /// - Parameters:
  ///   - isIdle: it has no job, and is waited for. Otherwise it is left behind: the process is about to exit.
  ///   - giveSignOfLife: called now and then while it is waited for.
  func end(isIdle: Bool, giveSignOfLife: () -> Void) {
    guard !finishesInstantly else { return trainer.withLock { $0.finish() } }
    if !isIdle { Self.leftBehind.store(true, ordering: .releasing) }
    jobs.put(nil)
    while isIdle, ends.take(waiting: WorkerWatch.heartbeatInterval) == nil { giveSignOfLife() }
  }

  private func train(_ assignment: Assignment) -> TrainingOutcome {
    let job = assignment.job
    let progress = JobProgress(of: job, reports, to: outcomes)
    let context = TrainingContext(
      checkpoint: folder.checkpoints.slot(for: job.trial), worker: place.worker, localWorker: place.localWorker,
      of: place.localWorkers, rank: place.rank, rendezvous: assignment.rendezvous, renews: assignment.renews,
      logPath: folder.log(of: job, rank: place.rank.number),
      studyFolder: folder.path,
      demand: { [self] in JobDemand(rawValue: demand.load(ordering: .relaxed)) ?? .abandonment },
      warn: { [self] in warnings.put($0) }, progress: { progress.take($1, at: $0) },
      meet: { [self] in outcomes.put(.meet($0)) })
    let began = ContinuousClock.now
    do {
      var report = try trainer.withLock { try $0.train(job, in: context) }
      if report.curve.points.isEmpty { report.curve = progress.curve }
      return .result(report, seconds: Double(elapsed: ContinuousClock.now - began))
    } catch let failure as TrainingFailure {
      switch failure {
      case .invalid(let reason): return .failure(.invalid, reason: reason)
      case .failed(let reason):
        // The program may have failed because the checkpoint's folder takes no files, which this process finds out as well.
        do {
          try context.checkpoint.expectWritable()
        } catch {
          return .placeFault(PlaceFault(error))
        }
        return .failure(.failed, reason: reason)
      case .interrupted: return .interrupted(progress.curve)
      }
    } catch let fault as PlaceFault {
      return .placeFault(fault)
    } catch let error as DiskError where error.path.hasPrefix(folder.checkpoints.folder) {
      return .placeFault(PlaceFault(error))
    } catch {
      return .failure(.failed, reason: "\(error)")
    }
  }
}

extension Double {
  /// A duration in seconds.
  package init(elapsed duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = Double(seconds) + Double(attoseconds) * 1e-18
  }
}
