internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import TuningTypes

/// The study as a journal file of Optuna's, which `optuna.load_study` and optuna-dashboard open.
///
/// The format is that of `optuna/storages/journal/_storage.py` (Optuna 3 to 5): a trial a line. A trial that reached the top
/// of the ladder is COMPLETE, one below it PRUNED with its last finite value, one without any is FAIL.
public struct OptunaExport {
  private let record: StudyRecord
  private let trials: [StudyRecord.Trial]

  /// - Parameter limit: how many trials at most: those that went furthest.
  public init(_ record: StudyRecord, limit: Int) {
    self.record = record
    trials = record.best(limit)
  }

  private enum State: Int { case running = 0, complete, pruned, fail }

  private static let worker: JSONValue = "ash-mpi"

  public var files: [ExportedFile] { [ExportedFile("optuna.log", lines)] }

  /// How many trials of the study are in it.
  public var trialCount: Int { trials.count }

  private var lines: [UInt8] {
    var text = JSONText()
    let direction = record.study.plan.objective.mode == .min ? 1 : 2
    append(
      [
        "op_code": 0, "worker_id": Self.worker, "study_name": .text(record.study.name),
        "directions": .array([.integer(direction)]),
      ], to: &text)
    append(
      [
        "op_code": 3, "worker_id": Self.worker, "study_id": 0,
        "system_attr": ["study:metric_names": .array([.text(record.study.plan.objective.metric)])],
      ], to: &text)
    let distributions = record.study.plan.space.parameters.map { Self.distribution($0.domain) }
    let top = record.topResource
    for trial in trials { append(line(of: trial, distributions, top), to: &text) }
    return text.bytes
  }

  private func append(_ line: JSONValue, to text: inout JSONText) {
    text.append(line)
    text.append(raw: "\n")
  }

  private func line(of trial: StudyRecord.Trial, _ distributions: [JSONValue], _ top: Resource) -> JSONValue {
    let state = state(of: trial, top)
    let loss = trial.lastFinite?.loss
    let value: JSONValue =
      state == .complete || state == .pruned ? loss.map { .number(record.value($0)) } ?? .null : .null
    var (params, kinds): ([JSONValue.Member], [JSONValue.Member]) = ([], [])
    for (parameter, distribution) in zip(record.study.plan.space.parameters, distributions) {
      guard let own = trial.configuration[parameter.name], let internalValue = Self.number(own, in: parameter.domain)
      else { continue }
      params.append(.init(parameter.name, internalValue))
      kinds.append(.init(parameter.name, .text(Self.compact(distribution))))
    }
    var members: [JSONValue.Member] = [
      .init("op_code", 4), .init("worker_id", Self.worker), .init("study_id", 0),
      .init("datetime_start", trial.jobs.first.flatMap { record.date($0.start) }.map { .text($0) } ?? .null),
    ]
    // Optuna takes the key for a date wherever it is there.
    if state != .running, let end = trial.jobs.last?.end, let date = record.date(end) {
      members.append(.init("datetime_complete", .text(date)))
    }
    members += [
      .init("state", .integer(state.rawValue)), .init("value", value), .init("values", .null),
      .init("params", .object(params)), .init("distributions", .object(kinds)),
      .init("intermediate_values", .object(intermediate(trial))), .init("user_attrs", .object(attributes(trial))),
      .init("system_attrs", [:]),
    ]
    return .object(members)
  }

  private func state(of trial: StudyRecord.Trial, _ top: Resource) -> State {
    if trial.isRunning { return .running }
    guard trial.lastFinite != nil else { return .fail }
    return (trial.last?.resource ?? 0) >= top && trial.last?.loss?.isFinite == true ? .complete : .pruned
  }

  /// The metric by resource. The points between the rungs are there where the study goes by the loss, which they are of.
  private func intermediate(_ trial: StudyRecord.Trial) -> [JSONValue.Member] {
    var values: [Int: Double] = [:]
    for job in trial.results {
      if record.study.plan.objective.isLoss {
        for point in job.curve.points where point.loss.isFinite {
          if let step = Int(exactly: point.resource) { values[step] = point.loss }
        }
      }
      if let loss = job.loss, loss.isFinite { values[job.resource.rawValue] = record.value(loss) }
    }
    return values.sorted { $0.key < $1.key }.map { .init("\($0.key)", .number($0.value)) }
  }

  private func attributes(_ trial: StudyRecord.Trial) -> [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("trial", .integer(trial.id.rawValue)), .init("bracket", .integer(trial.bracket.rawValue)),
      .init("attempts", .integer(trial.jobs.count)),
      .init("training_seconds", .number(trial.results.reduce(0) { $0 + ($1.seconds ?? 0) })),
    ]
    if let last = trial.last {
      members += [.init("rung", .integer(last.rung.rawValue)), .init("resource", .integer(last.resource.rawValue))]
      members += last.metrics.filter(\.value.isFinite).map { .init("metric.\($0.name)", .number($0.value)) }
    }
    if let reason = trial.jobs.last?.reason { members.append(.init("reason", .text(reason))) }
    return members
  }

  // MARK: Distributions

  private static func distribution(_ domain: Domain) -> JSONValue {
    switch domain {
    case .float(let range):
      named(
        "FloatDistribution",
        [
          "step": range.step.map { .number($0) } ?? .null, "low": .number(range.min), "high": .number(range.max),
          "log": .flag(range.scale == .log),
        ])
    case .integer(let range):
      named(
        "IntDistribution",
        [
          "log": .flag(range.scale == .log), "step": .integer(range.step ?? 1), "low": .integer(range.min),
          "high": .integer(range.max),
        ])
    case .categorical(let values), .ordinal(let values):
      named("CategoricalDistribution", ["choices": .array(values.map(\.json))])
    }
  }

  private static func named(_ name: String, _ attributes: JSONValue) -> JSONValue {
    ["name": .text(name), "attributes": attributes]
  }

  /// A value as Optuna stores it: the number, or its place among the choices.
  private static func number(_ value: ParameterValue, in domain: Domain) -> JSONValue? {
    switch domain {
    case .float, .integer: value.number.map { .number($0) }
    case .categorical(let values), .ordinal(let values):
      domain.normalized(value).flatMap { values.firstIndex(of: $0) }.map { .integer($0) }
    }
  }

  private static func compact(_ value: JSONValue) -> String {
    var text = JSONText()
    text.append(value)
    return String(decoding: text.bytes, as: UTF8.self)
  }
}
