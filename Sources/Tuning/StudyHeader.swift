internal import SearchSpace
internal import SuccessiveHalving
public import TuningTypes

extension Study {
  /// The header's key that says that the study's jobs are asked for, one by one.
  static let askedKey = "asked"

  /// The journal's first line.
  ///
  /// - Parameters:
  ///   - started: when, as an ISO 8601 timestamp.
  ///   - workers: how many workers the study starts with, or, where jobs are asked for, how many may be out at once.
  ///   - isAsked: whether its jobs are asked for, one by one.
  public func journalHeader(started: String, workers: Int, isAsked: Bool = false) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("event", "study"), .init("version", .integer(JournalEvent.version)), .init("name", .text(name)),
      .init("seed", JSONValue(seed)),
      .init("objective", ["metric": .text(objective.metric), "mode": .text(objective.mode.rawValue)]),
      .init("scheduler", schedulerJSON),
    ]
    for key in ["search_space", "sampler", "budget", "start_with", "trainer"] {
      if let value = document.value(key) { members.append(.init(key, value.json)) }
    }
    members.append(.init("retries", .integer(retries)))
    members.append(.init("workers", .integer(workers)))
    members.append(.init("directory", .text(document.directory)))
    if !overrides.isEmpty { members.append(.init("overrides", .array(overrides.map { .text($0) }))) }
    members.append(.init("started", .text(started)))
    if isAsked { members.append(.init(Self.askedKey, true)) }
    if !mayRepeatConfigurations { members.append(.init(Self.distinctKey, true)) }
    members.append(.init(LineSum.promise, "crc32"))
    return .object(members)
  }
}

extension Study {
  /// The header's key that says that a finite space is sampled without repetition.
  static let distinctKey = "distinct"

  /// The scheduler as the journal's header shows it: everything that decides, defaults filled in. `resources` are those of
  /// the study's own bracket; `min_resource` is r, or the lowest rung where the study names its rungs one by one.
  private var schedulerJSON: JSONValue {
    let ladder = scheduler.ladder
    let section = try? document.section("scheduler")
    let namesRungs = section?.has("resources") ?? false
    let lowest = namesRungs ? ladder.resources[0].rawValue : (try? section?.integer("min_resource")) ?? 1
    var members: [JSONValue.Member] = [
      .init("algorithm", .text(scheduler.algorithm.rawValue)),
      .init("reduction_factor", .integer(ladder.reductionFactor)),
      .init("early_stopping_rate", .integer(ladder.earlyStoppingRate)), .init("bounded", .flag(ladder.isBounded)),
      .init("promotion", .text(scheduler.promotion.rawValue)), .init("names_rungs", .flag(namesRungs)),
      .init("min_resource", .integer(lowest)),
    ]
    if ladder.isBounded {
      members.append(.init("max_resource", .integer(ladder.maxResource.rawValue)))
      members.append(.init("resources", .array(ladder.resources.map { .integer($0.rawValue) })))
    }
    return .object(members + optionMembers)
  }

  /// What only some schedulers have, under the keys of the study file.
  private var optionMembers: [JSONValue.Member] {
    let options = scheduler.options
    var members: [JSONValue.Member] = []
    if let brackets = options.brackets { members.append(.init("brackets", .array(brackets.map { .integer($0) }))) }
    for (key, value) in [
      (SchedulerError.Key.bracketSize, options.bracketSize), (.topCount, options.topCount),
      (.minTrials, options.minTrials),
    ] {
      if let value { members.append(.init(key.rawValue, .integer(value))) }
    }
    if let probability = options.stopProbability {
      members.append(.init(SchedulerError.Key.stopProbability.rawValue, .number(probability)))
    }
    return members
  }
}

extension StudyValue {
  /// The value as JSON, scalars typed as YAML 1.2 types them.
  var json: JSONValue {
    switch self {
    case .scalar(let scalar): scalar.isNull ? .null : scalar.parameterValue.json
    case .sequence(let values, _): .array(values.map(\.json))
    case .mapping(let entries, _): .object(entries.map { .init($0.key, $0.value.json) })
    }
  }
}

extension ParameterValue {
  public var json: JSONValue {
    switch self {
    case .integer(let value): .integer(value)
    case .real(let value): .number(value)
    case .text(let value): .text(value)
    case .flag(let value): .flag(value)
    }
  }
}

extension Configuration {
  public var json: JSONValue { .object(entries.map { .init($0.name, $0.value.json) }) }
}
