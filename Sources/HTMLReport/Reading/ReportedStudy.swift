package import Journal
internal import Search
package import StudyFile
internal import SuccessiveHalving
internal import Text
internal import TuningTypes

/// A study as a report shows it: its plan, and what its journal says, read once.
package struct ReportedStudy: Sendable {
  let study: Study
  /// The name of its folder.
  let label: String
  /// What a unit of resource is, in the plural.
  let unit: String
  /// Keeps configurations and last words.
  package let history: StudyHistory
  let timeline: WorkerTimeline
  let incumbents: IncumbentPath
  /// The same among the trials that were trained to the end; without steps where the ladder has none.
  let fullyTrained: IncumbentPath
  let curves: CurveSample
  /// Seconds since the study began, as of its last record.
  let time: Double
  let positions: ParameterPositions
  /// The lowest first.
  let levels: [Level]
  /// Which level each key of the timeline's intervals is.
  let levelOfKey: [Int]
  /// It ran on a simulated cluster, in virtual time.
  let isSimulated: Bool
  /// Its jobs were asked for, one by one.
  let isAsked: Bool

  /// Reads a journal, be its study over or not. A last line without its end is left out.
  ///
  /// - Parameters:
  ///   - label: the name of its folder.
  ///   - resourceUnit: what a unit of resource is, in the plural.
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  package init(_ study: Study, journal: JournalReader, label: String, resourceUnit: String) throws {
    let header = try journal.header()
    var fold = Fold(header: header, top: study.plan.scheduler.ladder.top)
    try journal.forEach(in: study.plan.space) { fold.take($0) }
    (self.study, self.label, unit) = (study, label, resourceUnit)
    time = Fold.sound(fold.history.time)
    fold.timeline.endAll(at: time, .open)
    (history, timeline, curves) = (fold.history, fold.timeline, fold.curves)
    (incumbents, fullyTrained) = (fold.incumbents, fold.fullyTrained)
    positions = ParameterPositions(fold.history, in: study.plan.space)
    (levels, levelOfKey) = fold.arrivals.levels(of: fold.history)
    isSimulated = header["simulated"] != nil
    isAsked = try journal.isAsked
  }
}

extension LadderSpecification {
  /// The resource of its last rung; nil where it has no end.
  fileprivate var top: Resource? { isBounded ? maxResource : nil }
}

/// The journal's records, folded.
private struct Fold {
  var history: StudyHistory
  var timeline: WorkerTimeline
  var incumbents = IncumbentPath()
  var fullyTrained = IncumbentPath()
  var curves = CurveSample()
  var arrivals = Arrivals()
  private let top: Resource?
  /// Jobs whose last report is their result.
  private var stopped: Set<JobID> = []

  init(header: JSONValue, top: Resource?) {
    history = StudyHistory(header: header, keeping: [.configurations, .lastWords])
    timeline = WorkerTimeline(workers: history.workers, hosts: history.run.site.hosts)
    self.top = top
  }

  /// A time as pictures can bear it, whatever a damaged journal says.
  static func sound(_ time: Double) -> Double { time.isFinite ? min(max(time, 0), 1e12) : 0 }

  mutating func take(_ record: SearchRecord) {
    history.take(record)
    switch record {
    case .dispatch(let job, let worker, let time):
      timeline.begin(
        job, key: arrivals.number(of: .init(bracket: job.bracket, rung: job.rung)), worker: worker, at: Self.sound(time)
      )
    case .result(let result): take(result)
    case .report(let report): take(report)
    case .failure(let failure):
      timeline.end(failure.worker, at: Self.sound(failure.time), .failed)
    case .resume(let time, let workers, _, let site):
      timeline.resume(at: Self.sound(time), workers: workers, hosts: site.hosts)
    case .stop(_, let time): timeline.endAll(at: Self.sound(time), .cutOff)
    case .horizon, .model: break
    }
  }

  private mutating func take(_ result: SearchRecord.Result) {
    let key = arrivals.number(of: .init(bracket: result.bracket, rung: result.rung))
    timeline.end(result.worker, at: Self.sound(result.time), .completed, training: result.seconds, key: key)
    curves.take(result)
    if stopped.isEmpty || stopped.remove(result.job) == nil {
      arrive(key, result.trial, result.resource, result.loss, Self.sound(result.time))
    }
  }

  private mutating func take(_ report: SearchRecord.Report) {
    // As the history has it: a report of a job that ends at this rung is not counted, its result is.
    guard let job = history.job(report.job), job.rung > report.rung else { return }
    let resource = Resource(min(report.resource.rawValue, job.resource.rawValue))
    let key = arrivals.number(of: .init(bracket: report.bracket, rung: report.rung))
    arrive(key, report.trial, resource, report.loss, Self.sound(report.time))
    if report.isStopped { stopped.insert(report.job) }
  }

  private mutating func arrive(
    _ key: UInt16, _ trial: TrialID, _ resource: Resource, _ loss: Loss, _ time: Double
  ) {
    guard let place = history.place(of: trial) else { return }
    arrivals.add(key, trial: place, loss, at: time)
    let (units, trials) = (history.units, history.trials.count)
    incumbents.consider(trial, at: resource, loss, time: time, units: units, trials: trials)
    if let top, resource >= top {
      fullyTrained.consider(trial, at: resource, loss, time: time, units: units, trials: trials)
    }
  }
}
