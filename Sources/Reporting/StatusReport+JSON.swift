internal import Files
internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
public import Text
internal import TuningTypes

// MARK: - For programs

extension StatusReport {
  /// The same as JSON; its keys stay as they are, more may be added.
  public var json: JSONValue { json() }

  /// - Parameter top: how many of the best trials.
  public func json(top count: Int = 0) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .text(study.name)), .init("folder", .text(folder)), .init("state", .text(stateName)),
    ]
    if case .running(let owner) = state { members += Self.members(of: owner) }
    if case .ended(let owner?) = state { members += Self.members(of: owner) }
    members += [
      .init("reason", history.stopped.map { .text($0.rawValue) } ?? .null), .init("elapsed_seconds", .number(elapsed)),
      .init("seconds_left", Self.number(secondsLeft)), .init("time_limit_seconds_left", Self.number(timeLimitLeft)),
      .init("journal_age_seconds", .number(age)), .init("seconds_since_last_result", Self.number(sinceLastAnswer)),
      .init("started", history.runs[0].site.started.map { .text($0) } ?? .null),
      .init("batch_job", history.run.site.batchJob.map { .text($0) } ?? .null),
      .init("hosts", .array(history.run.site.hosts.map { .text($0) })),
      .init("configurations", .integer(configurations)),
      .init("configurations_limit", limit.map { .integer($0) } ?? .null), .init("jobs", .integer(history.results)),
      .init("running_jobs", .integer(history.runningCount)), .init("failed_jobs", .integer(history.failedJobs)),
      .init("invalid_jobs", .integer(history.invalid)), .init("workers", .integer(history.workers)),
      .init("workers_in_service", status.map { .integer($0.workersInService) } ?? .null),
      .init("units", .number(history.units)), .init("units_expected", Self.number(expectedUnits)),
      .init("units_per_second", Self.number(unitsPerSecond)),
      .init("training_seconds", .number(history.trainingSeconds)), .init("utilisation", .number(utilisation)),
      .init("rungs", .array(rungsJSON)), .init("best", bestJSON),
    ]
    if count > 0 { members.append(.init("top", .array(top(count).map(json)))) }
    if isRunning {
      members.append(.init("longest_running", .array(runningJobs(by: .time).prefix(Self.mostJobs).map(json))))
    }
    members += [
      .init("failures", .array(history.failures.ranked.map(json))),
      .init(
        "failures_by_worker",
        .array(
          history.failures.byWorker.sorted { $0.key < $1.key }.map {
            ["worker": .integer($0.key.rawValue), "count": .integer($0.value)]
          })),
      .init(
        "failures_by_host",
        .array(
          history.failuresByHost.sorted { $0.key < $1.key }.map {
            ["host": .text($0.key), "count": .integer($0.value)]
          }
        )),
    ]
    if !isSimulated { members.append(.init("sizes", FolderSizes(of: StudyFolder(path: folder)).json)) }
    return .object(members)
  }

  private static let mostJobs = 100

  private static func members(of owner: RunOwner) -> [JSONValue.Member] {
    [
      .init("host", .text(owner.host)), .init("process", .text(owner.process)),
      .init("silent_seconds", .number(owner.silence)),
    ]
  }

  private static func number(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }

  private var rungsJSON: [JSONValue] {
    let running = runningByRung
    return rungs.map { key, rung in
      [
        "bracket": .integer(key.bracket.rawValue), "rung": .integer(key.rung.rawValue),
        "resource": .integer(rung.resource.rawValue), "running": .integer(running[key] ?? 0),
        "completed": .integer(rung.losses.count), "promoted": .integer(rung.promoted),
        "failed": .integer(rung.failed), "best": Self.number(standings[key]?.best.map(metric)),
        "promotion_threshold": Self.number(threshold(key).map(metric)),
        "median_seconds": Self.number(standings[key]?.medianSeconds),
      ]
    }
  }

  private func json(_ running: RunningJob) -> JSONValue {
    let report: JSONValue =
      running.report.map {
        [
          "resource": .number($0.resource), "value": .number(study.plan.objective.value(of: $0.loss)),
          "seconds_ago": .number(max(0, elapsed - $0.time)),
        ]
      } ?? .null
    return [
      "job": .integer(running.job.id.rawValue), "trial": .integer(running.job.trial.rawValue),
      "bracket": .integer(running.key.bracket.rawValue), "rung": .integer(running.key.rung.rawValue),
      "resource": .integer(running.job.resource.rawValue), "worker": .integer(running.job.worker.rawValue),
      "host": running.host.map { .text($0) } ?? .null, "attempt": .integer(running.job.attempt),
      "seconds": .number(running.seconds), "median_seconds": Self.number(running.median), "report": report,
    ]
  }

  private func json(_ entry: (trial: TrialID, loss: Loss, resource: Resource)) -> JSONValue {
    [
      "trial": .integer(entry.trial.rawValue), "value": .number(study.plan.objective.value(of: entry.loss)),
      "resource": .integer(entry.resource.rawValue),
      "configuration": (history.configuration(of: entry.trial) ?? Configuration()).json,
    ]
  }

  private func json(_ failures: FailureTally.Kind) -> JSONValue {
    [
      "reason": .text(failures.reason), "invalid": .flag(failures.isInvalid), "count": .integer(failures.count),
      "workers": .array(failures.workers.sorted().map { .integer($0.rawValue) }),
      "last_seconds": .number(failures.last),
    ]
  }

  private var bestJSON: JSONValue {
    guard let best = history.best else { return .null }
    return [
      "trial": .integer(best.trial.rawValue), "value": .number(study.plan.objective.value(of: best.loss)),
      "resource": .integer(best.resource.rawValue), "seconds": .number(best.time),
      "configuration": (history.configuration(of: best.trial) ?? Configuration()).json,
    ]
  }
}
