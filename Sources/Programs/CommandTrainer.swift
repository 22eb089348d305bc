internal import Files
internal import Synchronization
internal import Training
internal import TuningTypes

/// What a study says of its trainer program, and all jobs of it have in common.
struct CommandSettings: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    /// One process a job.
    case once
    /// One process a worker; jobs and results are lines.
    case serve
  }

  var kind: Kind
  /// An absolute path.
  var program: String
  /// As the study calls it.
  var name: String
  var arguments: CommandTemplate
  var environment: CommandEnvironment
  var directory: String
  var limits: CommandLimits
  /// The objective's metric, which a result may have in place of `loss`.
  var metric: String
  /// What finds losses in a program's text; nil where it prints results as JSON.
  var patterns: OutputPatterns.Sources?

  /// The limits of a rank's program: of several, the first one alone is expected to say something.
  func limits(for rank: WorkerRank) -> CommandLimits {
    var limits = limits
    if !rank.isFirst { limits.silence = nil }
    return limits
  }

  /// Where the programs of a job meet, one on each of its worker's ranks; nil where there is one program alone.
  ///
  /// - Parameter startsProcess: a program starts for the job, and none goes on that has served others.
  func rendezvous(of job: CommandJob, in context: TrainingContext, startsProcess: Bool) throws(TrainingFailure)
    -> Rendezvous?
  {
    if let rendezvous = context.rendezvous { return rendezvous }
    guard job.rank.count > 1, !arguments.startsItsRanks else { return nil }
    guard let port = Spawning.freePort() else { throw .failed("no TCP port is free for its processes to meet") }
    return Rendezvous(
      host: job.rank.nodeCount == 1 ? "127.0.0.1" : job.rank.hosts[0], port: port,
      resumeResource: job.resumeResource, startsProcess: startsProcess)
  }

  func request(arguments: [String], environment: ProgramEnvironment) -> Spawning.Request {
    Spawning.Request(
      program: program, arguments: arguments, name: name, environment: environment, directory: directory, group: 0,
      streams: [])
  }
}

/// Has another program train.
///
/// A program trains in its trial's checkpoint folder, where a job that failed or was killed may have left a state that is
/// further than the last result, or half of one. It is told what the last result reached (`ASH_RESUME_RESOURCE`); how far
/// its own files are is for it to know, and to replace them in one step.
struct CommandTrainer: Trainer {
  private let settings: CommandSettings
  private let server: CommandServer

  init(settings: CommandSettings) {
    self.settings = settings
    server = CommandServer(settings: settings)
  }

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    // Told once a study.
    if job.id == 0, job.attempt == 1, context.rank.isFirst,
      let text = settings.environment.gpuWarning(workers: context.localWorkers, ranks: context.rank.localCount)
    {
      context.warn(text)
    }
    if context.checkpoint.isNoFolder {
      context.warn(
        "trial \(job.trial) has no checkpoint: what lies at \(context.checkpoint.path) is no folder, and is replaced")
    }
    // What the others find in it may be the first rank's of this job.
    let holdsSomething = try !context.rank.isFirst || context.checkpoint.prepareFolder()
    let job = CommandJob(
      job: job, resumeResource: holdsSomething ? job.resumeResource : 0, checkpoint: context.checkpoint.path,
      worker: context.worker, localWorker: context.localWorker, rank: context.rank)
    switch settings.kind {
    case .once: return try runOnce(job, in: context)
    case .serve: return try server.train(job, in: context)
    }
  }

  func finish() { server.finish() }

  private func runOnce(_ job: CommandJob, in context: TrainingContext) throws -> TrainingReport {
    let rendezvous = try settings.rendezvous(of: job, in: context, startsProcess: true)
    var environment = settings.environment.variables(for: job)
    if let rendezvous { environment.merge(CommandEnvironment.variables(of: job.rank, meetingAt: rendezvous)) }
    let request = settings.request(arguments: settings.arguments.arguments(job.value), environment: environment)
    let run = try ProgramRun.starting(
      request, takesInput: false, log: CommandLog(path: context.logPath, below: context.studyFolder))
    guard job.rank.isFirst else { return try follow(run, in: context) }
    if let rendezvous { context.meet(rendezvous) }
    let patterns = try settings.patterns.map { try OutputPatterns($0, from: job.resumeResource) }
    let answers = CommandAnswers(metric: settings.metric, patterns: patterns) { context.note($0.resource, $0.report) }
    if settings.patterns != nil { run.takeErrorLine = { answers.takeError($0) } }
    var supervision = CommandSupervision()
    let ending = supervision.wait(for: run, limits: settings.limits, demand: { context.demand }) { line in
      if !answers.take(line) { run.log.append(line: line) }
      return false
    }
    let isGone = run.end { if !answers.take($0) { run.log.append(line: $0) } }
    var diagnosis = CommandDiagnosis(run: run, context: context)
    if !isGone { context.warn(diagnosis.leftBehind) }
    if case .failure(let reason) = supervision.request { throw diagnosis.failure(reason) }
    guard case .exited(let exit) = ending, exit.isSuccess else {
      if supervision.wasStopped { throw TrainingFailure.interrupted }
      if case .exited(let exit) = ending { throw diagnosis.failure(exit.text) }
      throw diagnosis.failure("it did not end")
    }
    guard let answer = answers.last else {
      if supervision.wasStopped { throw TrainingFailure.interrupted }
      throw diagnosis.failure(answers.problem)
    }
    return try diagnosis.report(answer)
  }

  /// Waits for a program of a rank that is not its worker's first: only how it ends counts.
  ///
  /// - Returns: nothing that anybody looks at.
  private func follow(_ run: ProgramRun, in context: TrainingContext) throws -> TrainingReport {
    var supervision = CommandSupervision()
    let ending = supervision.wait(for: run, limits: settings.limits(for: context.rank), demand: { context.demand }) {
      line in
      run.log.append(line: line)
      return false
    }
    let isGone = run.end { run.log.append(line: $0) }
    var diagnosis = CommandDiagnosis(run: run, context: context)
    if !isGone { context.warn(diagnosis.leftBehind) }
    if case .failure(let reason) = supervision.request { throw diagnosis.failure(reason) }
    if case .exited(let exit) = ending, exit.isSuccess { return TrainingReport(loss: .nan) }
    if supervision.wasStopped { throw TrainingFailure.interrupted }
    guard case .exited(let exit) = ending else { throw diagnosis.failure("it did not end") }
    throw diagnosis.failure(exit.text)
  }
}

/// The lines of a program that is started for one job: the last one counts that is a result.
final class CommandAnswers {
  private let metric: String
  private var patterns: OutputPatterns?
  private let progress: (ProgressReport) -> Void
  private var lastAnswer: CommandAnswer?
  /// What came last that is no result. Its bytes as they are: there may be millions of lines.
  private var lastLine: ArraySlice<UInt8> = []
  private var lastObject: String?

  /// - Parameter progress: is given what the program reports while it trains.
  init(metric: String, patterns: OutputPatterns? = nil, progress: @escaping (ProgressReport) -> Void) {
    self.metric = metric
    self.patterns = patterns
    self.progress = progress
  }

  /// The last result: one in JSON, or else what the last match came to.
  var last: CommandAnswer? { lastAnswer ?? patterns?.result.map { .result($0) } }

  /// Takes a line of standard output.
  ///
  /// - Returns: whether it was for the study; all others are for people.
  func take(_ line: ArraySlice<UInt8>) -> Bool {
    switch CommandAnswer.read(line, metric: metric)?.answer {
    case nil:
      if !line.isEmpty { (lastLine, lastObject) = (line, nil) }
      patterns?.take(line, progress)
      return false
    case .progress(let report)?: if let report { progress(report) }
    case .unknown(let what)?:
      lastObject = what
      return false
    case .interrupted?, .interruptible?, .done?: break
    case let answer?: lastAnswer = answer
    }
    return true
  }

  /// Takes a line of standard error, where texts are looked through: many programs print there what they log.
  func takeError(_ line: ArraySlice<UInt8>) { patterns?.take(line, progress) }

  /// Why there is no result.
  var problem: String {
    if let text = patterns?.notNumber {
      return
        "the loss_pattern finds '\(text.visible)', which is no number. Put a group around the number: 'loss: ([-+.0-9e]+)'"
    }
    let expected =
      patterns == nil
      ? "it printed no result such as {\"loss\": 0.5}" : "nothing of what it printed matches the loss_pattern"
    if let lastObject { return "\(expected); the last line was \(lastObject)" }
    return lastLine.isEmpty
      ? "\(expected), nor anything else" : "\(expected); the last line was \(Self.quotation(lastLine))"
  }

  /// The beginning of a line, fit for a message.
  private static func quotation(_ line: ArraySlice<UInt8>) -> String {
    return "'\(String(decoding: line.prefix(100), as: UTF8.self).visible)\(line.count > 100 ? "…" : "")'"
  }
}

/// Turns the end of a program into what the study learns of it.
struct CommandDiagnosis {
  private var log: CommandLog
  private let context: TrainingContext

  init(run: ProgramRun, context: TrainingContext) {
    log = run.log
    self.context = context
    if let problem = log.problem { context.warn("the trainer's standard error is not kept: \(problem)") }
  }

  let leftBehind = "a trainer's process could not be killed: it waits for a device or a file server"

  /// A failure with what the program said last.
  mutating func failure(_ reason: String) -> TrainingFailure {
    var text = reason
    if let last = log.summary() { text += "; standard error ends: \(last)" }
    if let path = log.writtenPath { text += " (\(path))" }
    return .failed(text)
  }

  mutating func report(_ answer: CommandAnswer) throws(TrainingFailure) -> TrainingReport {
    switch answer {
    case .result(let report): return report
    case .invalid(let why): throw .invalid(why)
    case .failed(let why): throw failure(why)
    case .interrupted: throw .interrupted
    case .progress, .unknown, .interruptible, .done: throw failure("it gave no result")
    }
  }
}
