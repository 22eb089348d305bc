internal import Search
package import StudyFile
internal import SuccessiveHalving
internal import Synchronization
package import TuningTypes

/// What a study makes of the reports of a job that trains.
package struct ReportPolicy: Sendable {
  /// Where reports decide whether a trial trains on; none where no scheduler stops trials.
  package var rungs: [Resource] = []
  package var objective = Objective()

  package init() {}

  package init(_ study: Study) { (rungs, objective) = (study.plan.scheduler.rungsOfReports, study.plan.objective) }
}

/// What a job says of its loss while it trains: keeps the learning curve, and passes on what the driver should know.
///
/// A report at a rung, or the first one beyond it, is always passed on; what is between at most ten times a second.
package final class JobProgress: Sendable {
  private struct State: Sendable {
    var recorder = LearningCurve.Recorder()
    /// The rungs that no report has reached yet, the lowest first.
    var rungsAhead: ArraySlice<Resource>
    var nextPassing = ContinuousClock.now
  }

  /// One thread trains; but nothing keeps a trainer from reporting from another.
  private let state: Mutex<State>
  private let outcomes: Mailbox<TrainingOutcome>
  private let objective: Objective

  private static var passingInterval: Duration { .milliseconds(100) }

  package init(of job: Job, _ policy: ReportPolicy, to outcomes: Mailbox<TrainingOutcome>) {
    objective = policy.objective
    let ahead = policy.rungs.filter { $0 > job.resumeResource && $0 <= job.resource }
    state = Mutex(State(rungsAhead: ahead[...]))
    self.outcomes = outcomes
  }

  package var curve: LearningCurve { state.withLock { $0.recorder.curve } }

  /// What the curve is of: a report may have a training loss beside the validation loss.
  private func validationLoss(in report: TrainingReport) -> Double {
    objective.isLoss ? objective.loss(of: report).map { objective.value(of: $0) } ?? report.loss : report.loss
  }

  package func take(_ report: TrainingReport, at resource: Double) {
    guard resource.isFinite, resource >= 0 else { return }
    state.withLock { state in
      state.recorder.append(.init(resource: resource, loss: validationLoss(in: report)))
      let rungs = state.rungsAhead.drop { Double($0.rawValue) <= resource }
      let isAtRung = rungs.count < state.rungsAhead.count
      state.rungsAhead = rungs
      let now = ContinuousClock.now
      guard isAtRung || now >= state.nextPassing else { return }
      state.nextPassing = now + Self.passingInterval
      outcomes.put(.report(resource: resource, report))
    }
  }
}
