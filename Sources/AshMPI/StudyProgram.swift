public import Cluster
internal import Foundation
public import Logging
public import Reporting
public import StudyFile
public import Training

/// A study from its file to its results, over all ranks of a session.
public struct StudyProgram {
  public var request: StudyRequest
  public var settings: RunSettings
  /// How progress is shown; nil chooses by where the output goes.
  public var progress: ProgressDisplay.Style?
  /// How much is shown beside progress. Nil: warnings and errors, and a page at the end.
  public var verbosity: Verbosity?
  /// Gets the run's messages in place of the terminal: warnings and failures, at level `debug` each job as well. `run.log` has them in any
  /// case. Nil: the terminal.
  public var logger: Logger?
  /// Whether a page of pictures, `report.html`, is written at the end.
  public var writesReport = true
  /// The batch job's; nil outside one.
  var walltime: Walltime?

  public init(
    _ request: StudyRequest, settings: RunSettings = RunSettings(), progress: ProgressDisplay.Style? = nil,
    verbosity: Verbosity? = nil, logger: Logger? = nil
  ) {
    self.request = request
    self.settings = settings
    self.progress = progress
    self.verbosity = verbosity
    self.logger = logger
  }

  /// Runs the study. Called by every rank.
  ///
  /// Rank 0 reads the file and makes the folder; the others get both from it.
  ///
  /// - Parameters:
  ///   - session: what this rank has joined.
  ///   - makePlan: makes the trainer's plan from the study: the same on every rank.
  /// - Returns: how the study ended, on rank 0; nil on the others.
  /// - Throws: `StudyError` and what the plan throws for a bad study or bad data; `FolderInUse` and `DiskError` for the
  ///   folder; `FailedElsewhere` on the ranks that are not at fault.
  public func run(in session: borrowing ClusterSession, plan makePlan: (Study) throws -> any TrainerPlan) throws
    -> Summary?
  {
    var data: [UInt8]?
    var prepared: StudyPlace?
    var notes: [String] = []
    var readings: [EarlierReading] = []
    let message = try session.fromDriver {
      let source = try StudySource.read(request)
      var study = try source.study()
      if !request.hasJournal { try expectRanksAndTime(for: study, ranks: session.size) }
      (study, readings) = try request.learned(study, goesOn: request.resumes)
      // What is wrong with the study or its data is found before a folder is made.
      data = try makePlan(study).loadSharedData { notes.append($0) }
      let place = try preparePlace(for: study, source, ranks: session.size)
      prepared = place
      return source.encoded(folder: place.folder.path)
    }
    defer { prepared?.lock?.release() }
    let (source, path) = try StudySource.decoded(message)
    // What was learned is known to rank 0 alone, which has the tuner.
    let study = try source.study().learning(from: readings.map(\.study))
    // A plan of somebody's own may need what one of the ranks' nodes has not.
    let plan = try session.together { try makePlan(study) }
    let place = prepared ?? StudyPlace(folder: StudyFolder(path: path))
    let style: ProgressDisplay.Style? = session.isDriver && verbosity != .quiet ? progress : .some(.none)
    let display = ProgressDisplay(study: study.name, style: style, resourceUnit: plan.resourceUnit)
    let log = StudyLog(
      study, resourceUnit: plan.resourceUnit, display: display, folder: session.isDriver ? place.folder : nil,
      logger: logger, verbosity: verbosity)
    do {
      if session.isDriver { announce(study, at: place, readings, notes: notes, ranks: session.size, log) }
      let summary = try run(study, in: session, plan: plan, data: data, place: place, display: display, log: log)
      log.close()
      return summary
    } catch {
      if session.isDriver, let halt = error as? StudyHalted, halt.losesJournal, !Disk.exists(place.folder.study) {
        // The whole folder was deleted: beside the rescued journal `resume` needs the study.
        let text = study.text(for: place.folder.path, from: source.text)
        try? Disk.writeAtomically(Array(text.utf8), to: place.folder.study, durable: true)
      }
      log.close(throwing: error)
      throw error
    }
  }

  /// - Throws: where no trial could be trained, before there is a folder.
  private func expectRanksAndTime(for study: Study, ranks: Int) throws {
    try study.expectRanks(ranks)
    try walltime?.expectTime(at: Date().timeIntervalSince1970)
  }

  /// Says what begins, and what is odd about it. On rank 0.
  private func announce(
    _ study: Study, at place: StudyPlace, _ readings: [EarlierReading], notes: [String], ranks: Int, _ log: StudyLog
  ) {
    let on = "on \(ranks == 1 ? "one rank" : "\(ranks) ranks"), ash-mpi \(TuningProgram.version)"
    if let recovery = place.recovery {
      log.info("resuming \(study.name.visible) with \(recovery.tuner.counts.results) results, \(on)")
    } else {
      log.info("starting \(study.name.visible) \(on)")
    }
    if let recovery = place.recovery, recovery.hasTornLine {
      log.warn("the journal's last line was torn by a crash and is dropped; its job runs again")
    }
    if let recovery = place.recovery, let text = recovery.warningOfBudget { log.warn(text) }
    for reading in readings { log.info("it learns from \(LearningReport.text(of: reading))") }
    if !readings.isEmpty, let warning = study.warningOfLearning { log.warn(warning) }
    for note in notes { log.warn(note) }
    if request.path == nil, let warning = place.folder.warningOfForeignOwner(study) { log.warn(warning) }
    if Disk.isOpenToOthers(place.folder.path) {
      log.warn(
        "others can write to \(place.folder.path): they can change what is found, and what is run when it is resumed")
    }
  }

  private func run(
    _ study: Study, in session: borrowing ClusterSession, plan: any TrainerPlan, data: [UInt8]?, place: StudyPlace,
    display: ProgressDisplay, log: StudyLog
  ) throws -> Summary? {
    if try session.fromDriver({ [place.recovery?.ending == nil ? 0 : 1] }) == [1] {
      guard let recovery = place.recovery, let reason = recovery.ending else { return nil }
      // The run that came to this end may have been killed before it was through.
      if let kept = recovery.tuner.checkpointsKeptAtEnd { place.folder.checkpoints.removeAll(but: kept) }
      let outcome = StudyOutcome(
        tuner: recovery.tuner, reason: reason, workers: recovery.workers, time: recovery.time)
      return try conclude(
        outcome, of: study, plan: plan, sharedData: SharedBytes(data ?? []), place: place, display: display, log: log)
    }
    let end: (outcome: StudyOutcome, sharedData: SharedBytes)?
    do {
      end = try session.run(study, plan: plan, data: data, place: place, settings: settings, observer: log)
    } catch let halt as StudyHalted where halt.losesJournal {
      // Without the journal nothing else says what was found.
      let summary = summary(of: halt.outcome, study, plan: plan, place.recovery)
      try? Disk.writeAtomically(Array(summary.json.formatted().utf8), to: place.folder.summary, durable: true)
      throw halt
    }
    guard let (outcome, sharedData) = end else { return nil }
    return try conclude(
      outcome, of: study, plan: plan, sharedData: sharedData, place: place, display: display, log: log)
  }

  /// Makes the folder of a new study, or takes up the study that is in it. On rank 0.
  private func preparePlace(for study: Study, _ source: StudySource, ranks: Int) throws -> StudyPlace {
    let (folder, lock) = try request.lockedFolder(for: study)
    do {
      let isBegun = Disk.exists(folder.journal)
      if isBegun {
        let journal = try JournalReader(path: folder.journal)
        if journal.isEmpty {
          // The first run ended before it had written as much as the header.
          try Disk.removeFile(folder.journal)
        } else if request.resumes {
          let recovery = try StudyRecovery(study, journal: journal)
          // A study that is over needs none.
          if recovery.ending == nil { try expectRanksAndTime(for: study, ranks: ranks) }
          if request.path != nil {
            // Told anew where it is: the next resume finds it without.
            let text = study.text(for: folder.path, from: source.text)
            try Disk.writeAtomically(Array(text.utf8), to: folder.study, durable: true)
          }
          let changes = recovery.changes.filter { !request.overrides.contains($0) }
          return StudyPlace(folder: folder, lock: lock, recovery: recovery, overrides: request.overrides + changes)
        }
      }
      try folder.create(study: study.text(for: folder.path, from: source.text), isBegun: isBegun)
      return StudyPlace(folder: folder, lock: lock)
    } catch {
      lock.release()
      throw error
    }
  }

  private func summary(of outcome: StudyOutcome, _ study: Study, plan: any TrainerPlan, _ recovery: StudyRecovery?)
    -> Summary
  {
    var summary = Summary(
      name: study.name, tuner: outcome.tuner, reason: outcome.reason, wallSeconds: outcome.time,
      workers: outcome.workers)
    summary.instructions = { plan.instructions(for: $0) }
    summary.workerSeconds = recovery.map { $0.workerSeconds + (outcome.time - $0.time) * Double(outcome.workers) }
    return summary
  }

  /// So many trials take a while.
  private static let manyTrials = 200_000

  private func write(_ ending: StudyEnding, to folder: StudyFolder, _ display: ProgressDisplay) throws
    -> StudyEnding.Written
  {
    let trials = ending.summary.tuner.counts.configurations
    guard trials >= Self.manyTrials else { return try ending.write(to: folder) }
    display.note("writing results.csv: a row for each of \(trials) trials")
    var next = ContinuousClock.now + .seconds(3)
    return try ending.write(to: folder) { share in
      guard ContinuousClock.now >= next else { return }
      next = .now + .seconds(3)
      display.note("writing results.csv: \(Int(share * 100)) %")
    }
  }

  /// Writes everything that is made at the end, and shows the result.
  private func conclude(
    _ outcome: StudyOutcome, of study: Study, plan: any TrainerPlan, sharedData: SharedBytes, place: StudyPlace,
    display: ProgressDisplay, log: StudyLog
  ) throws -> Summary {
    let folder = place.folder
    var summary = summary(of: outcome, study, plan: plan, place.recovery)
    if let best = outcome.tuner.incumbent, !Disk.isFolder(folder.bestCheckpoint),
      let checkpoint = try Disk.read(folder.bestCheckpoint)
    {
      do {
        summary.finalMetrics = try plan.conclude(
          best: best.job, checkpoint: checkpoint, sharedData: sharedData, folder: folder.best)
      } catch {
        log.warn("the best model could not be made from its checkpoint: \(error)")
      }
    }
    let ending = StudyEnding(
      summary: summary, study: study, resourceUnit: plan.resourceUnit,
      writesReport: writesReport && settings.keepsJournal)
    let written = try write(ending, to: folder, display)
    if let problem = written.problem { log.warn(problem) }
    let report = ClosingReport(
      summary, folder: folder.path, resourceUnit: plan.resourceUnit, details: written.details, page: written.page)
    log.info(report.ending)
    Console.write(verbosity == .quiet ? report.line : report.text)
    if let problem = summary.problem { log.fail(problem) }
    return summary
  }
}

extension Summary {
  /// Why the study has found nothing; nil where it has found something, or may still.
  var problem: String? {
    if tuner.counts.results == 0, [.configurations, .invalid, .failures].contains(reason) {
      let last = tuner.counts.lastFailure ?? "no configuration was valid"
      return "not one job has succeeded; the last one: \(last.visible)"
    }
    guard tuner.incumbent == nil, reason.isFinished else { return nil }
    if tuner.counts.results == 0 {
      let last = tuner.counts.lastFailure.map { "; the last that failed: \($0.visible)" } ?? ""
      return
        "no job came to a result within the study's \(Wording.duration(wallSeconds)): give it more (budget.time), or let its "
        + "lowest rung train less\(last)"
    }
    return
      "not one of \(tuner.counts.results) losses is a finite number. Likely causes: the learning rates are all too "
      + "large; the data hold NaN, or numbers of very different sizes; "
      + "'\(tuner.plan.objective.metric.visible)' is not what the trainer should report"
  }
}

extension StudyRequest {
  /// Whether a study has begun in the folder for the results.
  var hasJournal: Bool {
    output.flatMap { try? Paths.absolute($0) }.map { Disk.exists(StudyFolder(path: $0).journal) } ?? false
  }

  /// The folder for the results, made and locked.
  func lockedFolder(for study: Study) throws -> (folder: StudyFolder, lock: StudyLock) {
    let folder =
      try output.map { StudyFolder(path: try Paths.absolute($0)) }
      ?? StudyFolder(path: StudyFolder.next(for: study.name, in: Paths.currentFolder()).path)
    try Disk.makeFolder(folder.path, durable: true)
    let lock = try StudyLock(folder: folder.path, overridden: overridesLock, started: Date().ISO8601Format())
    return (folder, lock)
  }
}

extension StudyFolder {
  /// Says whose study is about to be run, and its command; nil where it is the user's own.
  func warningOfForeignOwner(_ study: Study) -> String? {
    guard let owner = Disk.foreignOwner(of: self.study) else { return nil }
    let command = (try? study.trainer.texts("command"))??.joined(separator: " ")
    return "\(self.study) belongs to \(owner)\(command.map { ", and its command is run as you: \($0.visible)" } ?? "")"
  }
}
