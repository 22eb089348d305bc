internal import Glibc
internal import Training
internal import TuningTypes

/// The program of one worker that serves one job after the other, as long as it lives.
// @unchecked: a trainer has one job at a time, on one thread, and so has this.
final class CommandServer: @unchecked Sendable {
  private let settings: CommandSettings
  private var run: ProgramRun?
  /// Whether the program reads which job is to stop.
  private var isInterruptible = false

  init(settings: CommandSettings) { self.settings = settings }

  func train(_ job: CommandJob, in context: TrainingContext) throws -> TrainingReport {
    let rendezvous = try settings.rendezvous(of: job, in: context, startsProcess: context.renews || !isRunning)
    let run = try startedRun(for: job, in: context, rendezvous)
    if job.rank.isFirst, let rendezvous { context.meet(rendezvous) }
    var reply = Reply(job: job.job.id.rawValue, metric: settings.metric, isFirst: job.rank.isFirst) {
      context.note($0.resource, $0.report)
    }
    run.send(job.request)
    var supervision = CommandSupervision()
    let interruption = Array("{\"interrupt\":\(job.job.id)}\n".utf8)
    let ending = supervision.wait(
      for: run, limits: settings.limits(for: job.rank),
      demand: { [self] in
        // Of several processes the first is told, and tells the others.
        let isOthers = !job.rank.isFirst && isInterruptible && context.demand == .interruption
        return isOthers ? .none : context.demand
      },
      interruption: { [self] in isInterruptible ? interruption : nil }
    ) { line in
      if !reply.take(line) { run.log.append(line: line) }
      if reply.isInterruptible { isInterruptible = true }
      return reply.isThere
    }
    let isHealthy = ending == .answered && reply.fault == nil && supervision.request.leavesProgram
    var isGone = true
    if isHealthy {
      // What it said of this job.
      run.drain { if !reply.take($0) { run.log.append(line: $0) } }
      run.log.close()
    } else {
      self.run = nil
      isGone = run.end { if !reply.take($0) { run.log.append(line: $0) } }
    }
    var diagnosis = CommandDiagnosis(run: run, context: context)
    if !isGone { context.warn(diagnosis.leftBehind) }
    if case .failure(let reason) = supervision.request { throw diagnosis.failure(reason) }
    if let fault = reply.fault { throw diagnosis.failure(fault) }
    if let answer = reply.answer {
      switch answer {
      case .done, .result, .invalid: if !job.rank.isFirst { return TrainingReport(loss: .nan) }
      default: break
      }
      return try diagnosis.report(answer)
    }
    if supervision.wasStopped { throw TrainingFailure.interrupted }
    if case .exited(let exit) = ending { throw diagnosis.failure("it ended before it had answered: \(exit.text)") }
    throw diagnosis.failure("it did not answer")
  }

  /// Ends the program: it has nothing more to read and time to end by itself, is asked to, and is made to.
  func finish() {
    guard let run else { return }
    self.run = nil
    run.closeInput()
    for signal in [nil, SIGTERM] {
      if let signal { run.send(signal: signal) }
      let deadline = Spawning.seconds() + settings.limits.grace / 2
      while run.exit == nil, Spawning.seconds() < deadline {
        _ = run.wait(seconds: deadline - Spawning.seconds()) { _ in }
      }
    }
    _ = run.end { _ in }
  }

  /// Whether the program runs that has served the last job.
  private var isRunning: Bool {
    guard let run else { return false }
    // What it has said since its last answer is nobody's answer.
    run.drain { _ in }
    return run.exit == nil
  }

  /// The program as it runs, or a new one where it has not been started or has ended.
  private func startedRun(for job: CommandJob, in context: TrainingContext, _ rendezvous: Rendezvous?) throws
    -> ProgramRun
  {
    let log = CommandLog(path: context.logPath, below: context.studyFolder)
    // Where it is one of several, the first rank says whether all of them go on or start anew: they have met once and for all.
    let goesOn = rendezvous.map { !$0.startsProcess } ?? true
    if let run {
      if isRunning, goesOn {
        run.log = log
        return run
      }
      self.run = nil
      _ = run.end { _ in }
    }
    if !job.rank.isFirst, goesOn { throw TrainingFailure.failed("its program has ended between two jobs") }
    var environment = settings.environment.variables(
      worker: job.worker, localWorker: job.localWorker, rank: job.rank, protocol: settings.kind.rawValue)
    if let rendezvous { environment.merge(CommandEnvironment.variables(of: job.rank, meetingAt: rendezvous)) }
    let request = settings.request(
      arguments: settings.arguments.arguments(job.value), environment: environment)
    let new = try ProgramRun.starting(request, takesInput: true, log: log)
    run = new
    isInterruptible = false
    return new
  }
}

extension CommandServer {
  /// What a serving program says to one job.
  private struct Reply {
    let job: Int
    let metric: String
    /// Whether it is the program of its worker's first rank.
    let isFirst: Bool
    private(set) var answer: CommandAnswer?
    private(set) var isInterruptible = false
    private let progress: (ProgressReport) -> Void
    /// Why the program is not to be trusted any more.
    private(set) var fault: String?

    init(job: Int, metric: String, isFirst: Bool, progress: @escaping (ProgressReport) -> Void) {
      self.job = job
      self.metric = metric
      self.isFirst = isFirst
      self.progress = progress
    }

    var isThere: Bool { answer != nil || fault != nil }

    /// Takes a line of standard output.
    ///
    /// - Returns: whether it was for the study; all others are for people.
    mutating func take(_ line: ArraySlice<UInt8>) -> Bool {
      guard let (answer, number) = CommandAnswer.read(line, metric: metric) else { return false }
      // After its answer it may say what it likes, until the next job.
      guard !isThere else { return true }
      switch answer {
      case .progress(let report): if let report { progress(report) }
      case .unknown(let what):
        // Of this job, and no report: it is meant for its result, and nothing else would come.
        guard number == job, isFirst else { return false }
        self.answer = .failed(CommandAnswer.unread(what, metric: metric))
      case .done where isFirst: return false
      case .interruptible: isInterruptible = true
      case .result, .invalid, .failed, .interrupted, .done:
        if number == job {
          self.answer = answer
        } else if let number {
          fault = "it answered for job \(number) where job \(job) was asked for"
        } else {
          fault = "its answer has no \"job\": \(job)"
        }
      }
      return true
    }
  }
}

extension CommandSupervision.Request? {
  /// Whether a program that answers is one to go on with.
  fileprivate var leavesProgram: Bool { self == nil || self == .interruption || self == .conclusion }
}
