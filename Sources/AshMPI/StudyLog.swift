internal import Logging
internal import Reporting

/// Everything that a run says about its study, on rank 0: progress to the display, messages to a `Logger`.
///
/// Errors that end a run are thrown to the caller, who shows them; here they only reach `run.log`.
final class StudyLog: StudyObserver {
  private let study: Study
  private let resourceUnit: String
  private let display: ProgressDisplay
  private let logger: Logger
  /// `run.log`; nil on the other ranks.
  private let file: RunLog?
  /// Whether the user has been told why `run.log` is incomplete.
  private var hasToldProblem = false

  let followsJobs: Bool

  /// - Parameters:
  ///   - folder: nil on all ranks but the first.
  ///   - logger: takes the terminal's place.
  init(
    _ study: Study, resourceUnit: String, display: ProgressDisplay, folder: StudyFolder?, logger: Logger?,
    verbosity: Verbosity?
  ) {
    self.study = study
    self.resourceUnit = resourceUnit
    self.display = display
    file = folder.map { RunLog(in: $0) }
    self.logger = Logger(display: display, file: file, replacedBy: logger, verbosity: verbosity)
    followsJobs = self.logger.logLevel <= .debug
    tellProblem()
  }

  /// A step of the run.
  func info(_ message: String) { logger.info("\(message)") }

  func warn(_ message: String) { logger.warning("\(message)") }

  /// The study has come to nothing.
  func fail(_ message: String) { logger.error("\(message)") }

  func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) {
    display.progress(of: tuner, at: time, isOver: isOver)
  }

  func note(_ record: SearchRecord) {
    switch record {
    case .failure(let failure):
      logger.notice("\(failure.message)", metadata: failure.metadata)
    case .dispatch(let job, let worker, _):
      logger.debug(
        "\(job.message(worker, resourceUnit))",
        metadata: ["job": "\(job.id)", "trial": "\(job.trial)", "worker": "\(worker)"])
    case .result(let result):
      logger.debug(
        "\(message(result))",
        metadata: ["job": "\(result.job)", "trial": "\(result.trial)", "worker": "\(result.worker)"])
    case .report(let report):
      logger.debug(
        "\(message(report))",
        metadata: ["job": "\(report.job)", "trial": "\(report.trial)", "worker": "\(report.worker)"])
    case .horizon(let resource?, _):
      logger.debug("the time that is left is too short for jobs of more than \(resource) \(resourceUnit)")
    case .horizon(nil, _): logger.debug("the time that is left is enough for any job")
    case .model(let answer, _):
      logger.debug("a model of \(answer.results) results suggests \(answer.suggestions.count) configurations")
    case .stop(let reason, _): logger.debug("the study stops: \(reason.rawValue)")
    case .resume: break
    }
  }

  private func message(_ result: SearchRecord.Result) -> String {
    let value = Wording.short(study.plan.objective.value(of: result.loss))
    return "job \(result.job) on worker \(result.worker): trial \(result.trial) has "
      + "\(study.plan.objective.metric.visible) \(value) at \(Wording.resource(result.resource, resourceUnit)), "
      + "after \(Wording.duration(result.seconds))"
  }

  private func message(_ report: SearchRecord.Report) -> String {
    let value = Wording.short(study.plan.objective.value(of: report.loss))
    return "job \(report.job) on worker \(report.worker): trial \(report.trial) reports "
      + "\(study.plan.objective.metric.visible) \(value) at \(Wording.resource(report.resource, resourceUnit))"
      + (report.isStopped ? ", and is stopped" : "")
  }

  /// Ends `run.log` with the error that ends the run, if there is one.
  func close(throwing error: (any Error)? = nil) {
    if let error, !(error is FailedElsewhere) { file?.write("error", "\(error)") }
    file?.close()
    // A study that stops for a fault of its folder has said so.
    if !(error is StudyHalted) { tellProblem() }
  }

  private func tellProblem() {
    guard !hasToldProblem, let problem = file?.problem else { return }
    hasToldProblem = true
    warn("run.log is incomplete: \(problem). The journal holds all results and failures")
  }
}

extension SearchRecord.Failure {
  fileprivate var message: String {
    let outcome =
      switch kind {
      case .invalid: "finds the configuration invalid"
      case .failed: "failed, attempt \(attempt), \(isFinal ? "no retry left" : "to be retried")"
      }
    return "job \(job) on worker \(worker) (trial \(trial), rung \(rung)) \(outcome): \(reason)"
  }

  fileprivate var metadata: Logger.Metadata {
    [
      "job": "\(job)", "trial": "\(trial)", "worker": "\(worker)", "attempt": "\(attempt)",
      "kind": "\(kind.rawValue)", "final": "\(isFinal)",
    ]
  }
}

extension Job {
  fileprivate func message(_ worker: WorkerID, _ resourceUnit: String) -> String {
    let span = resumeResource == 0 ? "to" : "from \(resumeResource) to"
    return "job \(id) to worker \(worker)\(attempt > 1 ? ", attempt \(attempt)" : ""): trial \(trial) trains \(span) "
      + "\(Wording.resource(resource, resourceUnit)), rung \(rung)"
  }
}
