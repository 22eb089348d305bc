internal import Foundation
public import Journal
internal import Search
public import StudyFile
internal import SuccessiveHalving
internal import Text
internal import TuningTypes

/// A study's trials with their jobs, as other tools want them: read once from the journal, then written in their formats.
public struct StudyRecord: Sendable {
  typealias Status = StudyHistory.Job.Status

  struct Job: Sendable {
    var id: JobID
    var rung: RungIndex
    var resource: Resource
    var worker: WorkerID
    var attempt: Int
    /// Seconds since the study began.
    var start: Double
    var end: Double?
    var seconds: Double?
    var status: Status
    var loss: Loss?
    var metrics: [TrainingReport.Metric]
    var curve: LearningCurve
    var reason: String?

    init(_ job: StudyHistory.Job, _ report: StudyHistory.Report) {
      (id, rung, resource, worker) = (job.id, job.rung, job.resource, job.worker)
      (attempt, start, end, seconds, status) = (job.attempt, job.start, job.end, job.seconds, job.status)
      loss = job.status == .completed ? job.loss : nil
      (metrics, curve, reason) = (report.metrics, report.curve, report.reason)
    }

    /// What a job reported at a rung while it trained on.
    init(_ rung: StudyHistory.PassedRung) {
      (id, self.rung, resource, worker, attempt) = (rung.job, rung.rung, rung.resource, 0, 1)
      (start, end, seconds, status, loss) = (rung.time, rung.time, nil, .completed, rung.loss)
      (metrics, curve, reason) = ([], LearningCurve(), nil)
    }
  }

  struct Trial: Sendable {
    var id: TrialID
    var bracket: BracketIndex
    var configuration: Configuration
    /// In the order in which they began.
    var jobs: [Job]
    /// What they reported at rungs on their way.
    private let passed: [Job]

    init(_ trial: StudyHistory.Trial, of history: StudyHistory) {
      (id, bracket) = (trial.id, trial.bracket)
      configuration = history.configuration(of: trial.id) ?? Configuration()
      jobs = history.jobsBackwards(of: trial).map { Job($0, history.report(of: $0)) }.reversed()
      passed = history.passedBackwards(of: trial).map { Job($0) }.reversed()
    }

    /// What the trial came to at each rung, the lowest first.
    var results: [Job] {
      let ended = jobs.filter { $0.status == .completed }
      guard !passed.isEmpty else { return ended }
      return (passed.filter { rung in !ended.contains { $0.rung == rung.rung } } + ended)
        .sorted { ($0.rung, $0.id) < ($1.rung, $1.id) }
    }
    /// The last job that completed.
    var last: Job? { jobs.last { $0.status == .completed } }
    /// The last loss that is finite.
    var lastFinite: Job? { results.last { $0.loss?.isFinite == true } }
    var isRunning: Bool { jobs.last?.status == .running }
  }

  let study: Study
  /// When the study began; nil where the journal does not say.
  let began: Date?
  /// In the order of their numbers.
  let trials: [Trial]

  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  public init(_ study: Study, journal: JournalReader) throws {
    self.study = study
    began = try journal.header()["started"]?.text.flatMap { try? Date($0, strategy: .iso8601) }
    let history = try StudyHistory(journal, in: study.plan.space, keeping: [.configurations, .reports])
    trials = history.trials.map { Trial($0, of: history) }.sorted { $0.id < $1.id }
  }

  public var trialCount: Int { trials.count }

  /// The metric's own value for a loss.
  func value(_ loss: Loss) -> Double { study.plan.objective.value(of: loss) }

  /// The resource of the top of the ladder; without a top, the highest that any trial has reached.
  var topResource: Resource {
    let ladder = study.plan.scheduler.ladder
    return ladder.isBounded ? ladder.maxResource : trials.compactMap { $0.last?.resource }.max() ?? 1
  }

  /// The best trials: those that went furthest first, of these those with the lower loss; then in the order of their numbers.
  func best(_ limit: Int) -> [Trial] {
    guard trials.count > limit else { return trials }
    let ranked = trials.sorted { a, b in
      let (left, right) = (a.last?.resource ?? 0, b.last?.resource ?? 0)
      if left != right { return left > right }
      let (first, second) = (a.last?.loss ?? .diverged, b.last?.loss ?? .diverged)
      return first == second ? a.id < b.id : first < second
    }
    return ranked.prefix(limit).sorted { $0.id < $1.id }
  }

  /// A moment of the study as a date with its offset; nil where the beginning is unknown.
  func date(_ seconds: Double) -> String? {
    began.map { began in
      let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
      return (began + seconds).formatted(style).replacingOccurrences(of: "Z", with: "+00:00")
    }
  }

  /// A moment of the study in seconds since 1970.
  func timestamp(_ seconds: Double) -> Double { (began?.timeIntervalSince1970 ?? 0) + seconds }
}

/// A file of an export, relative to where it goes.
public struct ExportedFile: Sendable {
  public let path: String
  public let bytes: [UInt8]

  init(_ path: String, _ bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}
