internal import Glibc
internal import Training
internal import TuningTypes

/// The program of one worker that serves one job after the other, as long as it lives.
// @unchecked: a trainer has one job at a time, on one thread, and so has this.
final class CommandServer: @unchecked Sendable {
  private let settings: CommandSettings
  private var run: ProgramRun?

  init(settings: CommandSettings) { self.settings = settings }

  func train(_ job: CommandJob, in context: TrainingContext) throws -> TrainingReport {
    let run = try startedRun(for: job, in: context)
    var reply = Reply(job: job.job.id.rawValue, metric: settings.metric)
    run.send(job.request)
    var supervision = CommandSupervision()
    let ending = supervision.wait(for: run, limits: settings.limits, isInterrupted: { context.isInterrupted }) { line in
      reply.take(line)
      return reply.isThere
    }
    let isHealthy = ending == .answered && reply.fault == nil && supervision.request.isInterruptionOrNone
    var isGone = true
    if isHealthy {
      // What it said of this job.
      run.drain { reply.take($0) }
      run.log.close()
    } else {
      self.run = nil
      isGone = run.end { reply.take($0) }
    }
    var diagnosis = CommandDiagnosis(run: run, context: context)
    if !isGone { context.warn(diagnosis.leftBehind) }
    if case .failure(let reason) = supervision.request { throw diagnosis.failure(reason) }
    if let fault = reply.fault { throw diagnosis.failure(fault) }
    if let answer = reply.answer { return try diagnosis.report(answer, reply.recorder.curve) }
    if supervision.request == .interruption { throw TrainingFailure.interrupted }
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

  /// The program as it runs, or a new one where it has not been started or has ended.
  private func startedRun(for job: CommandJob, in context: TrainingContext) throws -> ProgramRun {
    let log = CommandLog(path: context.logPath, below: context.studyFolder)
    if let run {
      // What it has said since its last answer is nobody's answer.
      run.drain { _ in }
      if run.exit == nil {
        run.log = log
        return run
      }
      _ = run.end { _ in }
    }
    let request = settings.request(
      arguments: settings.arguments.arguments(job.value),
      environment: settings.environment.variables(
        worker: job.worker, localWorker: job.localWorker, protocol: settings.kind.rawValue))
    let new = try ProgramRun.starting(request, takesInput: true, log: log)
    run = new
    return new
  }
}

extension CommandServer {
  /// What a serving program says to one job.
  private struct Reply {
    let job: Int
    let metric: String
    private(set) var answer: CommandAnswer?
    private(set) var recorder = LearningCurve.Recorder()
    /// Why the program is not to be trusted any more.
    private(set) var fault: String?

    init(job: Int, metric: String) {
      self.job = job
      self.metric = metric
    }

    var isThere: Bool { answer != nil || fault != nil }

    mutating func take(_ line: ArraySlice<UInt8>) {
      // After its answer it may say what it likes, until the next job.
      guard !isThere, let (answer, number) = CommandAnswer.read(line, metric: metric) else { return }
      switch answer {
      case .progress(let point): if let point { recorder.append(point) }
      case .unknown: return
      case .result, .invalid, .failed:
        if number == job {
          self.answer = answer
        } else if let number {
          fault = "it answered for job \(number) where job \(job) was asked for"
        } else {
          fault = "its answer has no \"job\": \(job)"
        }
      }
    }
  }
}

extension CommandSupervision.Request? {
  fileprivate var isInterruptionOrNone: Bool { self == nil || self == .interruption }
}
