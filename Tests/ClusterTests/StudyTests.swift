import Cluster
import Files
import Foundation
import Journal
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import Text
import Training
import TuningTypes

/// Whole studies: the real driver and real workers, each on its thread, over the transport within a process.
@Suite struct StudyTests {
  /// Does what the test says.
  struct ScriptedTrainer: Trainer {
    var finishesInstantly = false
    let script: @Sendable (Job, TrainingContext) throws -> TrainingReport
    func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport { try script(job, context) }
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String { "out of luck" }
  }

  private static let yaml = """
    seed: 3
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {reduction_factor: 2, max_resource: 4}
    budget: {configurations: 24}
    retries: 1
    trainer: {kind: none}
    """

  private let temporary: TemporaryFolder
  private let observer = RecordingObserver()
  private var folder: StudyFolder { StudyFolder(path: temporary.path + "/study") }

  init() throws { temporary = try TemporaryFolder() }

  /// Runs a study; returns when the driver and all workers have ended.
  private func run(
    set overrides: [String] = [], workers: Int = 3, journal path: String? = nil,
    stopRequest: @escaping @Sendable () -> StopReason? = { nil }, reports: Bool? = nil, trainer: ScriptedTrainer
  ) throws -> StudyOutcome {
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/", overrides: overrides)
    try folder.create(study: Self.yaml)
    let journal = try path.map { try Journal(appendingTo: $0) } ?? Journal(creating: folder.journal)
    let wire = WireFormat(layout: .init([.init(name: "x", values: [])]))
    let transport = InProcessTransport(workers: workers)
    let ended = Mailbox<String?>()
    for number in 0..<workers {
      let folder = folder
      Thread.detachNewThread {
        do {
          var worker = try Worker(
            link: transport.workerLink(WorkerID(number)), trainer: trainer, folder: folder, wire: wire,
            place: WorkerPlace(worker: WorkerID(number), localWorker: number),
            reports: ReportPolicy(study))
          try worker.run()
          ended.put(nil)
        } catch {
          ended.put("worker \(number): \(error)")
        }
      }
    }
    let outcome: Result<StudyOutcome, any Error>
    var tuner = try Tuner(plan: study.plan)
    tuner.trainerReports = reports
    let driver = Driver(
      tuner: tuner,
      beginning: .new(header: study.journalHeader(started: "2026-01-02T03:04:05Z", workers: workers)),
      link: transport.driverLink, wire: wire,
      writer: try FolderWriter(journal, checkpoints: folder.checkpoints), folder: folder,
      workers: workers, observer: observer, control: StudyControl { stopRequest().map { .stop($0) } })
    do {
      outcome = .success(try driver.run())
    } catch {
      outcome = .failure(error)
    }
    for _ in 0..<workers {
      while true {
        guard let problem = ended.take(waiting: 1) else { continue }
        #expect(problem == nil)
        break
      }
    }
    #expect(observer.lastCallWasTheEnd)
    return try outcome.get()
  }

  private func events() throws -> [SearchRecord] {
    var events: [SearchRecord] = []
    try JournalReader(path: folder.journal).forEach { events.append($0) }
    return events
  }

  /// Reads the journal as a stranger would: a header, jobs that go out before they come back, on one worker at a time,
  /// each (trial, rung) ended once, and the stop as the last word.
  private func checkJournal(workers: Int, reason: StopReason) throws -> (results: Int, failures: Int) {
    let events = try events()
    var running: [WorkerID: JobID] = [:]
    var ended: Set<[Int]> = []
    var (results, failures) = (0, 0)
    var last = 0.0
    func end(_ job: JobID, _ worker: WorkerID, _ place: [Int]?, at time: Double) {
      #expect(running.removeValue(forKey: worker) == job, "job \(job) on worker \(worker)")
      if let place { #expect(ended.insert(place).inserted, "trial and rung \(place) end twice") }
      #expect(time >= last, "time goes back at job \(job)")
      last = time
    }
    #expect(try JournalReader(path: folder.journal).header()["workers"]?.integer == workers)
    for (number, event) in events.enumerated() {
      switch event {
      case .dispatch(let job, let worker, let time):
        #expect(running.updateValue(job.id, forKey: worker) == nil, "worker \(worker) has two jobs")
        #expect(!ended.contains([job.trial.rawValue, job.rung.rawValue]), "trial \(job.trial) goes out again")
        #expect(time >= last)
        last = time
      case .result(let result):
        results += 1
        end(result.job, result.worker, [result.trial.rawValue, result.rung.rawValue], at: result.time)
      case .failure(let failure):
        failures += 1
        let place = [failure.trial.rawValue, failure.rung.rawValue]
        end(failure.job, failure.worker, failure.isFinal ? place : nil, at: failure.time)
      case .report, .resume, .horizon, .model: break
      case .stop(let why, _):
        #expect(why == reason)
        #expect(number == events.count - 1)
      }
    }
    #expect(events.count > 1)
    if case .stop = events.last {} else { #expect(Bool(false), "the journal has no end") }
    return (results, failures)
  }

  /// A driver in a hurry hands its text over in pieces that may end anywhere.
  @Test func aJournalOfManyPiecesIsWhole() throws {
    let outcome = try run(
      set: ["scheduler={algorithm: random, max_resource: 1}", "budget.configurations=6000"], workers: 2,
      trainer: ScriptedTrainer(finishesInstantly: true) { job, _ in
        TrainingReport(loss: job.configuration["x"]?.number ?? 1)
      })
    let (results, failures) = try checkJournal(workers: 2, reason: .configurations)
    #expect(outcome.reason == .configurations)
    #expect(results == 6000 && failures == 0)
    let journal = try #require(try Disk.read(folder.journal))
    #expect(journal.count > 3 << 18, "there are pieces")
    #expect(journal.count { $0 == 0x0A } == 12_002)
  }

  /// Everything that can go wrong with a job, each with some trials.
  private static func temper(_ job: Job, _ context: TrainingContext) throws -> TrainingReport {
    switch job.trial.rawValue % 8 {
    case 0: throw Failure()
    case 1: throw TrainingFailure.invalid("makes no sense")
    case 2: return TrainingReport(loss: .nan)
    case 3 where job.attempt == 1: throw TrainingFailure.failed("the first time")
    case 4: usleep(3000)
    case 5: context.warn("trial \(job.trial) smells")
    case 6: throw TrainingFailure.interrupted
    default: break
    }
    return TrainingReport(loss: job.configuration["x"]?.number ?? 1)
  }

  @Test(arguments: [1, 2, 3, 8], [false, true]) func wholeStudiesEndWithEveryJobAccountedFor(
    workers: Int, instantly: Bool
  )
    throws
  {
    let outcome = try run(
      set: ["stop_after_failures=never"], workers: workers,
      trainer: ScriptedTrainer(finishesInstantly: instantly, script: Self.temper))
    #expect(outcome.reason == .configurations)
    #expect(outcome.workers == workers)
    let (results, failures) = try checkJournal(workers: workers, reason: .configurations)
    #expect(results == outcome.tuner.counts.results)
    #expect(failures == outcome.tuner.counts.failures)
    #expect(outcome.tuner.counts.configurations == 24)
    #expect(observer.warnings.contains { $0.hasSuffix("smells") && $0.hasPrefix("worker ") })
    #expect(outcome.tuner.incumbent != nil)
  }

  @Test func theSameStudyOnOneWorkerMakesTheSameJournalButForTimes() throws {
    let trainer = ScriptedTrainer(script: Self.temper)
    var journals: [[String]] = []
    for _ in 0..<2 {
      try? FileManager.default.removeItem(atPath: folder.path)
      _ = try run(workers: 1, trainer: trainer)
      journals.append(
        ["\(try JournalReader(path: folder.journal).header())"]
          + (try events()).map { event in
            switch event {
            case .result(var result):
              (result.time, result.seconds) = (0, 0)
              return "\(result)"
            case .failure(var failure):
              failure.time = 0
              return "\(failure)"
            case .dispatch(let job, let worker, _): return "\(job) \(worker)"
            case .stop(let reason, _): return "\(reason)"
            case .report(let report): return "\(report)"
            case .resume: return "resume"
            case .model(let answer, _): return "model of \(answer.results)"
            case .horizon(let units, _): return "horizon \(units.map { "\($0)" } ?? "none")"
            }
          })
    }
    #expect(journals[0] == journals[1])
  }

  // MARK: Live stopping

  private static let stopping = [
    "scheduler={algorithm: stopping, reduction_factor: 2, max_resource: 8}", "budget.configurations=12",
  ]

  /// Trains unit by unit, reports each, and waits after a rung until the study has had the time to say something. The loss is the
  /// trial's number, so that each trial but the first is worse than half of those before it.
  private static let reporting = ScriptedTrainer { job, context in
    for unit in (job.resumeResource.rawValue + 1)...job.resource.rawValue {
      try context.checkpoint.write([UInt8(unit)])
      try context.report(Double(unit), loss: Double(job.trial.rawValue), metrics: [.init("unit", Double(unit))])
      if job.trial > 0, job.resource > 1, [1, 2, 4].contains(unit) { usleep(200_000) }
    }
    return TrainingReport(loss: Double(job.trial.rawValue))
  }

  /// One job a trial, told to stop where it loses, and its last report at a rung is its result.
  @Test(arguments: [true, nil] as [Bool?]) func aTrialThatReportsIsStoppedWhileItTrains(reports: Bool?) throws {
    let outcome = try run(set: Self.stopping, workers: 1, reports: reports, trainer: Self.reporting)
    #expect(outcome.reason == .configurations)
    let events = try events()
    let dispatches = events.compactMap { if case .dispatch(let job, _, _) = $0 { job } else { nil } }
    // Where nobody knows whether the trainer reports, the first trial trains to the lowest rung to find out.
    let first = dispatches.filter { $0.trial == 0 }.map(\.resource)
    #expect(first == (reports == nil ? [1, 8] : [8]))
    #expect(dispatches.filter { $0.trial > 0 }.allSatisfy { $0.resource == 8 })
    #expect(dispatches.count == (reports == nil ? 13 : 12))
    var results: [TrialID: SearchRecord.Result] = [:]
    var reported: [TrialID: [Resource]] = [:]
    for event in events {
      if case .result(let result) = event { results[result.trial] = result }
      if case .report(let report) = event { reported[report.trial, default: []].append(report.resource) }
    }
    #expect(results[0]?.resource == 8)
    // The report at 1 of the first job told that the trainer reports; the second job passed the rungs from 2 on.
    #expect(reported[0] == [1, 2, 4])
    for trial in 1..<12 {
      let result = try #require(results[TrialID(trial)])
      #expect(result.resource == 1 && result.rung == 0 && result.loss == Loss(Double(trial)), "\(result)")
      #expect(result.metrics == [.init("unit", 1)])
      #expect((1..<8).contains(result.curve.points.count), "\(result.curve)")
    }
    #expect(outcome.tuner.incumbent?.job.trial == 0)
    // The best loss is that of rung 0. While a job trains its checkpoint is not touched, and is kept at its end.
    #expect(try CheckpointSlot(folder: folder.best, name: "checkpoint").read() == (reports == nil ? [1] : [8]))
    #expect(folder.checkpoints.trials() == [])
    #expect(observer.warnings == [])
  }

  /// It is told once, and its rungs are jobs of their own that go on from its checkpoint.
  @Test func aTrainerThatNeverReportsIsTrainedRungByRung() throws {
    let trainer = ScriptedTrainer { job, context in TrainingReport(loss: Double(job.trial.rawValue)) }
    let outcome = try run(set: Self.stopping, workers: 2, trainer: trainer)
    #expect(outcome.reason == .configurations)
    #expect(try !events().contains { if case .report = $0 { true } else { false } })
    #expect(observer.warnings.count == 1)
    #expect(observer.warnings.first?.hasPrefix("the trainer reports no loss while it trains") == true)
  }

  /// However it ends: a program killed by a signal says that it failed.
  @Test func aTrialThatWasToldToStopAndFailsHasItsLastReportAsItsResult() throws {
    let trainer = ScriptedTrainer { job, context in
      for unit in 1..<job.resource.rawValue {
        do { try context.report(Double(unit), loss: Double(job.trial.rawValue)) } catch {
          throw TrainingFailure.failed("killed")
        }
        if job.trial > 0 { usleep(50_000) }
      }
      return TrainingReport(loss: Double(job.trial.rawValue))
    }
    let outcome = try run(set: Self.stopping, workers: 1, reports: true, trainer: trainer)
    #expect(outcome.reason == .configurations)
    #expect(outcome.tuner.counts.failures == 0 && outcome.tuner.counts.results == 12)
  }

  /// Between the rungs at most ten reports a second travel; the curve has all of them.
  @Test func reportsBetweenRungsTravelSeldomAndAreAllInTheCurve() {
    let outcomes = Mailbox<TrainingOutcome>()
    let job = Job(
      id: 0, trial: 0, bracket: 0, rung: 2, resource: 100, resumeResource: 0, attempt: 1, seed: 0,
      configuration: Configuration())
    var policy = ReportPolicy()
    policy.rungs = [10, 50, 100]
    let progress = JobProgress(of: job, policy, to: outcomes)
    let began = ContinuousClock.now
    for unit in stride(from: 3, to: 100, by: 3) { progress.take(TrainingReport(loss: 1), at: Double(unit)) }
    let seconds = Double(elapsed: ContinuousClock.now - began)
    var passed: [Double] = []
    while case .report(let resource, _)? = outcomes.take() { passed.append(resource) }
    #expect(passed.first == 3 && passed.contains(12) && passed.contains(51))
    #expect(Double(passed.count) <= 3 + seconds * 10)
    #expect(progress.curve.points.count == 33)
  }

  /// A training loss beside it is another curve.
  @Test func theCurveIsThatOfTheValidationLoss() {
    let job = Job(
      id: 0, trial: 0, bracket: 0, rung: 0, resource: 4, resumeResource: 0, attempt: 1, seed: 0,
      configuration: Configuration())
    let progress = JobProgress(of: job, ReportPolicy(), to: Mailbox())
    progress.take(TrainingReport(loss: 0.1, metrics: [.init("validation_loss", 0.5)]), at: 1)
    progress.take(TrainingReport(loss: 0.25), at: 2)
    #expect(progress.curve.points.map(\.loss) == [0.5, 0.25])
  }

  /// Trains until somebody interrupts it.
  private static let patient = ScriptedTrainer { job, context in
    if job.trial == 3 { return TrainingReport(loss: -1) }
    while !context.isInterrupted { usleep(500) }
    try context.checkpoint.write([UInt8(job.trial.rawValue)])
    throw TrainingFailure.interrupted
  }

  @Test func theTargetStopsWhatStillRuns() throws {
    let outcome = try run(set: ["budget.target=-0.5", "checkpoints.keep=all"], workers: 4, trainer: Self.patient)
    #expect(outcome.reason == .target)
    #expect(outcome.tuner.incumbent?.job.trial == 3)
    #expect(try checkJournal(workers: 4, reason: .target) == (1, 0))
    // Those that were interrupted have left what they had.
    for trial in 0..<3 { #expect(try folder.checkpoints.slot(for: TrialID(trial)).read() == [UInt8(trial)]) }
  }

  @Test func aRequestStopsTheStudy() throws {
    let started = Counter()
    let outcome = try run(
      workers: 2, stopRequest: { started.value == 2 ? .signal : nil },
      trainer: ScriptedTrainer { job, context in
        started.increment()
        while !context.isInterrupted { usleep(500) }
        throw TrainingFailure.interrupted
      })
    #expect(outcome.reason == .signal)
    #expect(started.value == 2)
    #expect(try checkJournal(workers: 2, reason: .signal) == (0, 0))
  }

  @Test func theTimeBudgetStopsTheStudy() throws {
    let outcome = try run(set: ["budget.time=0.2"], workers: 2, trainer: Self.patient)
    #expect(outcome.reason == .time)
    #expect(outcome.time >= 0.2)
    #expect(try checkJournal(workers: 2, reason: .time) == (0, 0))
  }

  @Test func trainersThatDoNotHearTheStopAreWaitedForAndTheirResultsCount() throws {
    let started = Counter()
    let asked = Counter()
    let outcome = try run(
      workers: 2,
      stopRequest: {
        guard started.value == 2 else { return nil }
        asked.increment()
        return .signal
      },
      trainer: ScriptedTrainer { _, _ in
        started.increment()
        // Asked for the second time, the driver has stopped and waits.
        while asked.value < 2 { usleep(500) }
        return TrainingReport(loss: 0.5)
      })
    #expect(outcome.reason == .signal)
    #expect(try checkJournal(workers: 2, reason: .signal) == (2, 0))
  }

  @Test func theBestTrialsCheckpointIsThatOfItsBestRung() throws {
    // Best after the first rung, worse after: what must be kept is the first rung's checkpoint.
    let outcome = try run(
      workers: 2,
      trainer: ScriptedTrainer { job, context in
        try context.checkpoint.write(Array("\(job.trial) \(job.resource)".utf8))
        return TrainingReport(loss: Double(job.trial.rawValue) + Double(job.rung.rawValue))
      })
    #expect(outcome.tuner.incumbent?.job.trial == 0)
    #expect(outcome.tuner.incumbent?.job.resource == 1)
    #expect(try Disk.read(folder.bestCheckpoint) == Array("0 1".utf8))
    let configuration = try JSONValue(parsing: try #require(try Disk.read(folder.bestConfiguration)))
    #expect(configuration["trial"] == 0)
    #expect(configuration["rung"] == 0)
    // What was trained to the end can't matter any more.
    #expect(try folder.checkpoints.slot(for: 0).read() == nil)
  }

  /// What is left when a study has finished, and what each trial had been trained to.
  @Test(arguments: [nil, "best 3", "all"])
  func aFinishedStudyLeavesWhatItKeeps(keep: String?) throws {
    let outcome = try run(
      set: keep.map { ["checkpoints.keep=\($0)"] } ?? [], workers: 3,
      trainer: ScriptedTrainer { job, context in
        try context.checkpoint.write([UInt8(job.trial.rawValue)])
        return TrainingReport(loss: abs(Double(job.trial.rawValue) - 10) - 0.1 * Double(job.rung.rawValue))
      })
    #expect(outcome.reason == .configurations)
    let left = folder.checkpoints.trials()
    switch keep {
    case nil: #expect(left == [])
    // The three best: it does not depend on the order in which they came.
    case "best 3": #expect(left == [9, 10, 11] && left == outcome.tuner.checkpointsKeptAtEnd?.sorted())
    default: #expect(left == (0..<24).map { TrialID($0) })
    }
    for trial in left { #expect(try folder.checkpoints.slot(for: trial).read() == [UInt8(trial.rawValue)]) }
    #expect(try Disk.read(folder.bestCheckpoint) == [10])
  }

  @Test func aTrainerThatStopsUnaskedHasFailed() throws {
    let outcome = try run(
      set: ["budget.configurations=2"], trainer: ScriptedTrainer { _, _ in throw TrainingFailure.interrupted })
    #expect(outcome.reason == .failures)
    #expect(outcome.tuner.counts.failures >= 3)
    #expect(outcome.tuner.counts.lastFailure == "the trainer stopped without being asked")
    #expect(observer.warnings.count == 1)
    #expect(observer.warnings.first?.hasSuffix(": the trainer stopped without being asked") == true)
  }

  /// Who can't write a checkpoint has not failed: the study stops, and the job waits in the journal.
  @Test(arguments: [ENOSPC, EACCES, EPERM, EROFS, EIO])
  func aDiskThatTakesNoCheckpointsStopsTheStudyAndFailsNoJob(code: Int32) throws {
    #expect(throws: StudyHalted.self) {
      _ = try run(
        set: ["budget.configurations=1000000000"], workers: 3,
        trainer: ScriptedTrainer { job, context in
          guard job.trial.rawValue < 20 else {
            throw DiskError(path: context.checkpoint.path, operation: "write", code: code)
          }
          return TrainingReport(loss: 1)
        })
    }
    #expect(observer.warnings.count == 1)
    let warning = observer.warnings.first ?? ""
    #expect(warning.hasPrefix("can't write \(folder.path)/checkpoints/"))
    #expect(
      warning.hasSuffix(": \(String(cString: strerror(code))); the study stops, and what the journal holds is safe"))
    let events = try events()
    #expect(events.contains { if case .result = $0 { true } else { false } })
    #expect(!events.contains { if case .failure = $0 { true } else { false } })
  }

  @Test func aTrainerMaySayThatItIsThePlaceThatIsAtFault() throws {
    let halt = #expect(throws: StudyHalted.self) {
      _ = try run(
        set: ["budget.configurations=1000000000"],
        trainer: ScriptedTrainer { job, _ in
          guard job.trial.rawValue < 5 else { throw PlaceFault("the licence server is gone") }
          return TrainingReport(loss: 1)
        })
    }
    #expect(halt?.cause == PlaceFault("the licence server is gone"))
    #expect(
      observer.warnings == ["the licence server is gone; the study stops, and what the journal holds is safe"])
    #expect(try !events().contains { if case .failure = $0 { true } else { false } })
  }

  /// A worker's own disk is not the study's.
  @Test func aDiskWithoutRoomElsewhereFailsItsJobs() throws {
    let outcome = try run(
      set: ["budget.configurations=2"],
      trainer: ScriptedTrainer { _, _ in throw DiskError(path: "/elsewhere/data", operation: "write", code: ENOSPC) })
    #expect(outcome.reason == .failures)
    #expect(outcome.tuner.counts.lastFailure == "can't write /elsewhere/data: No space left on device")
  }

  @Test(arguments: [false, true]) func aJournalThatCanNotBeWrittenStopsTheStudy(instantly: Bool) throws {
    let trainer = ScriptedTrainer(finishesInstantly: instantly) { job, context in
      if !instantly { while !context.isInterrupted { usleep(500) } }
      return TrainingReport(loss: 1)
    }
    #expect(throws: StudyHalted.self) {
      _ = try run(set: ["budget.configurations=1000000000"], workers: 3, journal: "/dev/full", trainer: trainer)
    }
    #expect(observer.warnings.count == 1)
    #expect(
      observer.warnings.first
        == "can't write to /dev/full: No space left on device; the study stops, and what the journal holds is safe")
  }
}
