internal import Search
public import StudyFile
internal import SuccessiveHalving
public import Text
internal import TuningTypes

extension Study {
  /// The header's key that says that the study's jobs are asked for, one by one.
  package static let askedKey = "asked"

  /// The header's key that says what the study learned from earlier ones, before it began: a replay needs no folder but its own.
  package static let learnedKey = "learned"

  /// The header's key that says on which simulated cluster the study ran.
  package static let simulatedKey = "simulated"

  /// The journal's first line.
  ///
  /// - Parameters:
  ///   - started: when, as an ISO 8601 timestamp.
  ///   - workers: how many workers the study starts with, or, where jobs are asked for, how many may be out at once.
  ///   - isAsked: whether its jobs are asked for, one by one.
  ///   - cluster: the simulated cluster that the study runs on, where it runs on one.
  ///   - hosts: the host of each worker, where known.
  ///   - batchJob: the number that the batch system has for the job.
  public func journalHeader(
    started: String, workers: Int, isAsked: Bool = false, simulatedOn cluster: JSONValue? = nil,
    hosts: [String] = [], batchJob: String? = nil
  ) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("event", "study"), .init("version", .integer(Journal.version)), .init("name", .text(name)),
      .init("seed", JSONValue(plan.seed)),
      .init("objective", ["metric": .text(plan.objective.metric), "mode": .text(plan.objective.mode.rawValue)]),
      .init("scheduler", schedulerJSON),
    ]
    for key in [
      "search_space", "sampler", "budget", "start_with", Self.learnFromKey, "worker", "trainer", Self.failureLimitKey,
      Self.checkpointsKey,
    ] {
      if let value = document.value(key) { members.append(.init(key, value.json)) }
    }
    members.append(.init("retries", .integer(plan.retries)))
    members.append(.init("workers", .integer(workers)))
    members.append(.init("directory", .text(document.directory)))
    if !overrides.isEmpty { members.append(.init("overrides", .array(overrides.map { .text($0) }))) }
    members += RunSite(started: started, hosts: hosts, batchJob: batchJob).members
    if isAsked { members.append(.init(Self.askedKey, true)) }
    if !plan.mayRepeatConfigurations { members.append(.init(Self.distinctKey, true)) }
    if !plan.earlier.isEmpty { members.append(.init(Self.learnedKey, .array(plan.earlier.map(\.json)))) }
    members.append(.init(LineSum.promise, "crc32"))
    if let cluster { members.append(.init(Self.simulatedKey, cluster)) }
    return .object(members)
  }
}

extension Study {
  /// The header's key that says that a finite space is sampled without repetition.
  static let distinctKey = "distinct"

  /// The scheduler as the journal's header shows it: everything that decides, defaults filled in. `resources` are those of
  /// the study's own bracket; `min_resource` is r, or the lowest rung where the study names its rungs one by one.
  private var schedulerJSON: JSONValue {
    let ladder = plan.scheduler.ladder
    let section = try? document.section("scheduler")
    let namesRungs = section?.has("resources") ?? false
    let lowest = namesRungs ? ladder.resources[0].rawValue : (try? section?.integer("min_resource")) ?? 1
    var members: [JSONValue.Member] = [
      .init("algorithm", .text(plan.scheduler.algorithm.name)),
      .init("reduction_factor", .integer(ladder.reductionFactor)),
      .init("early_stopping_rate", .integer(ladder.earlyStoppingRate)), .init("bounded", .flag(ladder.isBounded)),
      .init("promotion", .text(plan.scheduler.promotion.rawValue)), .init("names_rungs", .flag(namesRungs)),
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
    plan.scheduler.algorithm.options.compactMap { option in
      switch plan.scheduler.options[option] {
      case nil: nil
      case .integer(let number): .init(option.key.rawValue, .integer(number))
      case .integers(let numbers): .init(option.key.rawValue, .array(numbers.map { .integer($0) }))
      case .number(let number): .init(option.key.rawValue, .number(number))
      }
    }
  }
}
