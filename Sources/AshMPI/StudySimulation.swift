public import Reporting
public import Simulation
public import StudyFile
public import Training

/// A study from its file to the results of a simulation. One process; no MPI, no training.
public struct StudySimulation {
  public var request: StudyRequest
  public var cluster: SimulatedCluster
  /// Whether the journal, and with it `results.csv`, is written.
  public var keepsJournal: Bool
  /// How progress is shown; nil chooses by where the output goes.
  public var progress: ProgressDisplay.Style?
  /// Whether a page of pictures, `report.html`, is written from the journal.
  public var writesReport = true

  public init(
    _ request: StudyRequest, cluster: SimulatedCluster, keepsJournal: Bool = true,
    progress: ProgressDisplay.Style? = nil
  ) {
    self.request = request
    self.cluster = cluster
    self.keepsJournal = keepsJournal
    self.progress = progress
  }

  /// Simulates the study.
  ///
  /// - Parameter makePlan: makes the trainer's plan from the study.
  /// - Throws: `StudyError` and what the plan throws for a bad study or bad data, or a trainer that can't be simulated;
  ///   `FolderInUse` and `DiskError` for the folder; `SimulationError`.
  public func run(plan makePlan: (Study) throws -> any TrainerPlan) throws -> Summary {
    let source = try StudySource.read(request)
    let (study, readings) = try request.learned(source.study(), goesOn: false)
    let plan = try makePlan(study)
    let data = SharedBytes(try plan.loadSharedData())
    guard let trainer = try plan.makeSimulatedTrainer(sharedData: data) else {
      let objective = study.plan.objective == Objective() ? "" : " --set 'objective={}'"
      throw study.trainer.error(
        "kind", "can't be simulated: only training can tell its losses and times",
        "Simulate the search with made-up ones: --set 'trainer={kind: synthetic, seconds_per_resource: 2}'\(objective)."
      )
    }
    let (folder, lock) = try request.lockedFolder(for: study)
    defer { lock.release() }
    try folder.create(study: study.text(for: folder.path, from: source.text))
    if !readings.isEmpty, let warning = study.warningOfLearning { Console.complain(warning) }
    let display = ProgressDisplay(study: study.name, style: progress, resourceUnit: plan.resourceUnit)
    let observer = SimulationObserver(display: display)
    let outcome = try simulate(study, trainer, folder, observer)
    return try conclude(outcome, of: study, plan: plan, folder: folder)
  }

  private func simulate(
    _ study: Study, _ trainer: any SimulatedTrainer, _ folder: StudyFolder, _ observer: any StudyObserver
  ) throws -> SimulationOutcome {
    guard keepsJournal else {
      return try Simulation(study.plan, trainer: trainer, cluster: cluster, observer: observer).run()
    }
    // Of no time of day, so that equal studies have equal journals.
    let header = study.journalHeader(
      started: "1970-01-01T00:00:00Z", workers: cluster.workers, simulatedOn: cluster.json)
    var journal = try Journal(creating: folder.journal)
    try journal.append(header: header)
    let outcome = try Simulation(study.plan, trainer: trainer, cluster: cluster, observer: observer) {
      try journal.append($0)
    }.run()
    try journal.synchronize()
    return outcome
  }

  private func conclude(_ outcome: SimulationOutcome, of study: Study, plan: any TrainerPlan, folder: StudyFolder)
    throws
    -> Summary
  {
    let summary = Summary(
      name: study.name, tuner: outcome.tuner, reason: outcome.reason, wallSeconds: outcome.time,
      workers: cluster.workers, simulation: outcome.json)
    if let best = outcome.tuner.incumbent { try folder.keepBest(best) }
    var (files, page, details) = (["summary.json", "best/"], String?.none, ClosingDetails?.none)
    if keepsJournal {
      let ending = StudyEnding(
        summary: summary, study: study, resourceUnit: plan.resourceUnit, writesReport: writesReport)
      let written = try ending.write(to: folder)
      if let problem = written.problem { Console.complain(problem) }
      files = ["summary.json", "results.csv", "journal.jsonl", "best/"]
      (details, page) = (written.details, written.page)
    } else {
      try Disk.writeAtomically(Array(summary.json.formatted().utf8), to: folder.summary, durable: true)
    }
    let report = ClosingReport(
      summary, folder: folder.path, resourceUnit: plan.resourceUnit, files: files, details: details, page: page)
    Console.write(report.text)
    return summary
  }
}

/// Shows a simulation about once a second of real time, whatever its own clock does.
private final class SimulationObserver: StudyObserver {
  private let display: ProgressDisplay
  private var next = ContinuousClock.now + .seconds(1)

  init(display: ProgressDisplay) { self.display = display }

  func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) {
    guard isOver || ContinuousClock.now >= next else { return }
    next = .now + .seconds(1)
    display.progress(of: tuner, at: time, isOver: isOver)
  }

  func warn(_ message: String) { display.warn(message) }
}
