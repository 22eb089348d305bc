internal import Foundation
internal import SearchSpace
public import Tuning
internal import TuningTypes

/// How a study is run, beside what its file says.
public struct RunSettings: Sendable {
  /// Whether rank 0 only drives. Nil: it does from 32 ranks up, and trains as well below.
  public var dedicatedDriver: Bool?
  /// Asked a few times a second whether the study should stop.
  public var stopRequest: @Sendable () -> StopReason?

  public init(dedicatedDriver: Bool? = nil, stopRequest: @escaping @Sendable () -> StopReason? = { nil }) {
    self.dedicatedDriver = dedicatedDriver
    self.stopRequest = stopRequest
  }

  /// From how many ranks on the driver has a rank of its own.
  static let dedicatedDriverRanks = 32
}

extension ClusterSession {
  /// Runs a study over all ranks of the session: the driver on rank 0, a worker on every rank that trains.
  ///
  /// Called by every rank with the same study. Returns when the study is over.
  ///
  /// - Parameters:
  ///   - data: what the plan's `loadSharedData()` gave, on rank 0; nil on the others.
  ///   - folder: where the study lies; already made.
  ///   - observer: what shows the study to a person; used on rank 0.
  /// - Returns: the outcome and the shared data on rank 0, nil on the others.
  /// - Throws: what `plan` throws while it prepares, on all ranks alike; `DiskError` on rank 0 after an orderly end;
  ///   errors of MPI, after which only ``abort(exitCode:)`` is left.
  public func run(
    _ study: Study, plan: any TrainerPlan, data: [UInt8]?, folder: StudyFolder,
    settings: RunSettings = RunSettings(), observer: any StudyObserver
  ) throws -> (outcome: StudyOutcome, sharedData: SharedMemory)? {
    // On every rank, so that a study without a sampler fails on all alike.
    let tuner = try Tuner(study: study)
    let dedicated = settings.dedicatedDriver ?? (size >= RunSettings.dedicatedDriverRanks)
    var journal: Journal?
    _ = try fromDriver {
      journal = try Journal(creating: folder.journal)
      return []
    }
    let sharedData = try shareFromDriver(data)
    let (placement, place) = try placement(dedicatedDriver: dedicated)
    let trainer = try together { try place.map { _ in try plan.makeTrainer(sharedData: sharedData) } }
    let wire = WireFormat(parameterNames: study.space.parameters.map(\.name))

    guard let journal = journal.take() else {
      guard let link = workerLink(), let trainer, let place else { return nil }
      var worker = Worker(link: link, trainer: trainer, store: folder.checkpoints, wire: wire, place: place)
      try worker.run()
      return nil
    }

    let local = trainer.map { _ in InProcessTransport(workers: 1) }
    if let local, let trainer, let place {
      let thread = Thread {
        var worker = Worker(
          link: local.workerLink(0), trainer: trainer, store: folder.checkpoints, wire: wire, place: place)
        // The in-process link never fails, and this program's own messages are sound.
        do { try worker.run() } catch { fatalError("\(error)") }
      }
      thread.name = "worker 0"
      thread.start()
    }
    let outcome = try drive(
      tuner, link: driverLink(placement, local: local), wire: wire, journal: journal, folder: folder,
      workers: placement.workers, settings: settings, observer: observer)
    return (outcome, sharedData)
  }

  private func drive(
    _ tuner: Tuner, link: some DriverLink, wire: WireFormat, journal: consuming Journal, folder: StudyFolder,
    workers: Int, settings: RunSettings, observer: any StudyObserver
  ) throws -> StudyOutcome {
    let driver = Driver(
      tuner: tuner, link: link, wire: wire, journal: journal, folder: folder, workers: workers,
      observer: observer, stopRequest: settings.stopRequest)
    return try driver.run(started: Date().ISO8601Format())
  }
}
