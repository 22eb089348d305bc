internal import Foundation
public import Reporting
public import TuningTypes

/// A study whose jobs are asked for and whose results are told, one call at a time: no MPI, no trainer, no process that
/// has to live on.
///
/// Between two calls there is only the study's folder. A call takes the folder's lock, replays the journal, lets the same
/// tuner decide as in any other study, and has what it decided on the disk before it answers. Each job goes to a worker
/// of its own, the lowest number that is free: those workers are nothing but numbers.
public struct AskedStudy: ~Copyable {
  /// What asking gives.
  public enum Answer: Sendable {
    /// A job, and the folder for its trial's checkpoint.
    case job(Job, checkpoint: String)
    /// Nothing before one of the jobs that are out is told of.
    case wait(jobsOut: Int)
    case finished
  }

  /// What telling gives.
  public struct Reply: Sendable {
    /// The trial's next job, where the scheduler lets it run on at once: one of those that stop trials.
    public let next: Answer?
    /// What the study came to, if this was its last result.
    public let summary: Summary?
  }

  private let study: Study
  private let folder: StudyFolder
  private var tuner: Tuner
  private var journal: Journal
  private var jobsOut: [JobID: StudyRecovery.JobOut]
  /// How many jobs may be out at once.
  private let workers: Int
  /// Seconds since the study began, by the clock on the wall.
  private let time: Double
  private var ending: StopReason?
  /// The study had stopped, and its budget allows more now; who asks next makes it go on.
  private var hasStopped: Bool
  /// What the journal does not know yet of the budget and the retries, as `key=value`.
  private let changes: [String]

  /// How long a call waits for the others, in seconds.
  private static let patience = 20.0

  /// Opens the study that a request names, for one call.
  ///
  /// - Parameters:
  ///   - request: its `output` is the study's folder. With a path the study is begun where the folder has none yet;
  ///     without one it has to be there.
  ///   - workers: of a new study, how many jobs may be out at once.
  ///   - body: the call.
  /// - Throws: `StudyError`, `JournalError`, `FolderLocked`, `DiskError`; what `body` throws.
  public static func open<Result>(
    _ request: StudyRequest, workers: Int = 1000, _ body: (inout AskedStudy) throws -> Result
  ) throws -> Result {
    let folder = StudyFolder(path: try Paths.absolute(request.output ?? "."))
    if request.path == nil {
      // Otherwise the lock would be the first to find nothing there.
      _ = try StudySource(runIn: folder)
    } else {
      // Before a folder is made.
      _ = try request.learned(request.study(), goesOn: true)
      try Disk.makeFolder(folder.path)
    }
    let lock = try StudyLock.waiting(
      upTo: patience, folder: folder.path, overridden: request.overridesLock, started: Date().ISO8601Format())
    defer { lock.release() }
    var study = try load(request, in: folder, workers: workers)
    return try body(&study)
  }

  private static func load(_ request: StudyRequest, in folder: StudyFolder, workers: Int) throws -> AskedStudy {
    let source = try StudySource.read(request)
    let study = try source.study()
    guard Disk.exists(folder.journal), case let reader = try JournalReader(path: folder.journal), !reader.isEmpty else {
      // A first call that was ended before it had written as much as the header leaves an empty journal.
      let isBegun = Disk.exists(folder.journal)
      if isBegun { try Disk.removeFile(folder.journal) }
      let (study, readings) = try request.learned(study, goesOn: false)
      if !readings.isEmpty, let warning = study.warningOfLearning { Console.complain(warning) }
      try folder.create(study: study.text(for: folder.path, from: source.text), isBegun: isBegun)
      var tuner = try Tuner(plan: study.plan)
      tuner.workersServeOnce = true
      var journal = try Journal(creating: folder.journal)
      try journal.append(
        header: study.journalHeader(started: Date().ISO8601Format(), workers: workers, isAsked: true))
      try journal.synchronize()
      return AskedStudy(
        study: study, folder: folder, tuner: tuner, journal: journal, jobsOut: [:], workers: workers, time: 0,
        ending: nil, hasStopped: false, changes: [])
    }
    let recovery = try StudyRecovery(study, journal: reader, isAsked: true)
    let began = try reader.header()["started"]?.text.flatMap { try? Date($0, strategy: .iso8601) }
    return AskedStudy(
      study: study, folder: folder, tuner: recovery.tuner,
      journal: try Journal(resuming: folder.journal, length: recovery.journalLength), jobsOut: recovery.jobsOut,
      workers: recovery.workers,
      // A clock that was set back does not make times fall.
      time: max(recovery.time, began.map { Date().timeIntervalSince($0) } ?? 0), ending: recovery.ending,
      hasStopped: recovery.hasStopped, changes: recovery.changes)
  }

  private init(
    study: Study, folder: StudyFolder, tuner: Tuner, journal: consuming Journal,
    jobsOut: [JobID: StudyRecovery.JobOut], workers: Int, time: Double, ending: StopReason?, hasStopped: Bool,
    changes: [String]
  ) {
    self.study = study
    self.folder = folder
    self.tuner = tuner
    self.journal = journal
    self.jobsOut = jobsOut
    self.workers = workers
    self.time = time
    self.ending = ending
    self.hasStopped = hasStopped
    self.changes = changes
  }

  /// Hands out the next job.
  ///
  /// - Parameter retryAfter: jobs of which nothing was told for more seconds count as failed, and go out again.
  public mutating func ask(retryAfter: Double? = nil) throws -> Answer {
    if hasStopped, ending == nil { try goOn() }
    if let retryAfter {
      for (id, job) in jobsOut.sorted(by: { $0.key < $1.key }) where time - job.heard > retryAfter {
        guard let worker = tuner.jobInFlight(id)?.worker else { continue }
        _ = try handle(.failure(worker, id, .failed, reason: "nothing was told of it for \(Int(time - job.heard)) s"))
      }
    }
    if ending == nil, let worker = tuner.freeWorker(below: workers), let job = try handle(.workerReady(worker)) {
      return try answer(job)
    }
    if ending == nil { return .wait(jobsOut: tuner.runningCount) }
    // The call that ended the study may itself have been ended before it was through.
    if !Disk.exists(folder.summary) { _ = try conclude() }
    return .finished
  }

  /// Takes up a study that had stopped. What was out then goes out again.
  private mutating func goOn() throws {
    let record = SearchRecord.resume(time: time, workers: workers, overrides: changes)
    try tuner.replay(record)
    try journal.append(record)
    jobsOut = [:]
    hasStopped = false
  }

  /// Takes a job's result.
  ///
  /// - Throws: `StudyError` where the job is not out.
  public mutating func tell(_ id: JobID, _ report: TrainingReport) throws -> Reply {
    let worker = try worker(of: id)
    return try reply(.result(worker, id, report, seconds: time - (jobsOut[id]?.began ?? time)))
  }

  /// Takes what a job reports while it trains on.
  ///
  /// - Returns: whether the job is to stop, since its trial has lost, when this report is its result, or since the study is over: nothing
  ///   more is told of it. And what the study came to, if that was its last.
  /// - Throws: `StudyError` where the job is not out.
  public mutating func report(_ id: JobID, at resource: Double, _ report: TrainingReport) throws
    -> (isStopped: Bool, summary: Summary?)
  {
    let worker = try worker(of: id)
    _ = try handle(.report(worker, id, resource: resource, report))
    let isStopped = tuner.isToldToStop(id)
    if isStopped { _ = try handle(.interrupted(worker, id)) }
    return (isStopped || ending != nil, ending == nil ? nil : try conclude())
  }

  /// Takes note that a job has ended without a result.
  ///
  /// - Throws: `StudyError` where the job is not out.
  public mutating func tell(_ id: JobID, _ kind: FailureKind, reason: String) throws -> Reply {
    let worker = try worker(of: id)
    return try reply(.failure(worker, id, kind, reason: reason))
  }

  private mutating func reply(_ event: Tuner.Event) throws -> Reply {
    let next: Answer? = if let job = try handle(event) { try answer(job) } else { nil }
    return Reply(next: next, summary: ending == nil ? nil : try conclude())
  }

  private func answer(_ job: Job) throws -> Answer {
    let slot = folder.checkpoints.slot(for: job.trial)
    var job = job
    // Where a trial has left no checkpoint, or has lost it, it begins anew.
    if try !slot.prepareFolder() { job.resumeResource = 0 }
    return .job(job, checkpoint: slot.path)
  }

  /// What the study goes by: each result has to have it.
  public var objective: Objective { tuner.plan.objective }

  /// Whether the study is over, so that nothing that is told counts any more.
  public var isFinished: Bool { ending != nil || hasStopped }

  /// Refuses what is told of an attempt that was given up.
  ///
  /// - Throws: `StudyError` where the job is out as another try.
  public func expect(_ id: JobID, isAttempt attempt: Int) throws(StudyError) {
    guard let job = tuner.jobInFlight(id)?.job, job.attempt != attempt else { return }
    throw StudyError(
      source: folder.path, problem: "job \(id) is out as attempt \(job.attempt), and not as attempt \(attempt)",
      advice: "That attempt was given up, since nothing was told of it (ask --retry-after). End it.")
  }

  private func worker(of id: JobID) throws(StudyError) -> WorkerID {
    if let worker = tuner.jobInFlight(id)?.worker { return worker }
    throw StudyError(
      source: folder.path, problem: "job \(id) is not out",
      advice: "It has been told already, or has never been asked for; the journal says which.")
  }

  /// Has the tuner decide, and puts on the disk what it has decided.
  ///
  /// - Returns: the job that goes out.
  private mutating func handle(_ event: Tuner.Event) throws -> Job? {
    var actions: [Tuner.Action] = []
    tuner.handle(event, at: time, into: &actions)
    // Who asks waits for the model.
    for case .learn(let request) in actions {
      tuner.handle(.learned(request.answer()), at: time, into: &actions)
      if case .workerReady = event, !actions.contains(where: \.isDispatch) {
        tuner.handle(event, at: time, into: &actions)
      }
    }
    if tuner.isComplete {
      // Nothing is left to start. Where the study ends with jobs that are out, such as by its target, they are given up.
      tuner.handle(.stop(.configurations), at: time, into: &actions)
      tuner.handle(.abandon, at: time, into: &actions)
    }
    // The best first: a call that is ended in between is made again, as the journal knows nothing of it.
    for case .keepIncumbent(let incumbent, let isTraining) in actions {
      try folder.keepBest(incumbent, isTraining: isTraining, instructions: Self.instructions(for: incumbent.job))
    }
    for action in actions { if let event = action.searchRecord(at: time) { try journal.append(event) } }
    try journal.synchronize()
    var job: Job?
    for action in actions {
      switch action {
      case .dispatch(let next, _): job = next
      case .discardCheckpoint(let trial): folder.checkpoints.slot(for: trial).remove()
      case .warn(let text): Console.complain(text)
      case .finish(let reason): ending = reason
      case .record, .keepIncumbent, .interrupt, .learn: break
      }
    }
    return job
  }

  /// The seed that `ask` printed.
  @Sendable private static func instructions(for job: Job) -> [JSONValue.Member] {
    [job.programSeedInstruction]
  }

  /// Writes the summary and the results, and deletes the checkpoints that the study does not keep. While jobs are out, their
  /// trainers may still write checkpoints: then none is deleted.
  private func conclude() throws -> Summary {
    if tuner.runningCount == 0, let kept = tuner.checkpointsKeptAtEnd { folder.checkpoints.removeAll(but: kept) }
    var summary = Summary(
      name: study.name, tuner: tuner, reason: ending ?? .configurations, wallSeconds: time, workers: tuner.workerCount)
    summary.instructions = Self.instructions(for:)
    let ending = StudyEnding(summary: summary, study: study, resourceUnit: "units", writesReport: true)
    if let problem = try ending.write(to: folder).problem { Console.complain(problem) }
    return summary
  }
}

extension Tuner.Action {
  fileprivate var isDispatch: Bool { if case .dispatch = self { true } else { false } }
}

extension AskedStudy.Answer {
  /// Prints the answer. A job that could not be printed is out, and nobody has it: who asked is told how to give it back.
  func print(folder: String) -> ExitStatus {
    guard let line else { return .success }
    do {
      try Console.deliver(line)
      return .success
    } catch {
      var advice = ""
      if case .job(let job, _) = self {
        advice =
          ". Job \(job.id) is out all the same; give it back: ash-mpi tell \(folder.shellWord) --job \(job.id) --failed 'not received'"
      }
      Console.complain("\(error)\(advice)")
      return .badFolder
    }
  }

  /// The answer as a line of JSON; nil where there is none yet. A job has the form of the `serve` protocol, and says which try it is.
  private var line: String? {
    switch self {
    case .wait: return nil
    case .finished: return "{\"finished\":true}\n"
    case .job(let job, let checkpoint):
      let line = job.request(resumeResource: job.resumeResource, checkpoint: checkpoint, namesAttempt: true)
      return String(decoding: line, as: UTF8.self)
    }
  }
}
