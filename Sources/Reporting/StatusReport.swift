internal import Files
internal import Foundation
public import Journal
internal import Search
public import StudyFile
internal import SuccessiveHalving
public import Text
internal import TuningTypes

/// How a study stands, from its journal and its lock file: nothing is locked, nothing is written.
public struct StatusReport {
  /// What the study is doing.
  private enum State {
    case running(RunOwner)
    case finished(StopReason)
    case stopped(StopReason)
    /// It ended without a word: killed, or its node died.
    case ended
    case simulated(StopReason?)
    /// Its jobs are asked for; there is no run.
    case asked
  }

  private let folder: String
  private let study: Study
  private let resourceUnit: String
  private let state: State
  private let history: StudyHistory
  /// Seconds since the study began, as of now for a study that runs.
  private let elapsed: Double
  private let limit: Int?

  /// - Throws: `JournalError`, `DiskError`; what makes the study's sampler impossible.
  public init(_ study: Study, folder: StudyFolder, resourceUnit: String) throws {
    let journal = try JournalReader(path: folder.journal)
    let header = try journal.header()
    let history = try StudyHistory(journal, in: study.plan.space, keeping: .configurations)
    (self.folder, self.study, self.resourceUnit, self.history) = (folder.path, study, resourceUnit, history)
    limit = study.plan.configurationLimit(of: try study.plan.makeSampler())
    let owner = RunOwner(of: folder)
    state =
      if header["simulated"] != nil { .simulated(history.stopped) } else if let reason = history.stopped {
        reason.isFinished ? .finished(reason) : .stopped(reason)
      } else if try journal.isAsked { .asked } else if let owner, owner.isAlive { .running(owner) } else { .ended }
    let age = (try? FileManager.default.attributesOfItem(atPath: folder.journal)[.modificationDate] as? Date)
      .map { Date().timeIntervalSince($0) }
    if case .running = state { elapsed = history.time + max(0, age ?? 0) } else { elapsed = history.time }
  }

  /// Whether the study is neither over nor running.
  public var canBeResumed: Bool {
    switch state {
    case .stopped, .ended: true
    case .running, .finished, .simulated, .asked: false
    }
  }

  // MARK: In numbers

  private var utilisation: Double {
    let inFlight = history.runningJobs.reduce(0) { $0 + max(0, elapsed - $1.start) }
    let time = history.workerSeconds(until: elapsed)
    return time > 0 ? min(1, (history.trainingSeconds + inFlight) / time) : 0
  }

  /// The units of resource that the whole study takes, where its budget tells.
  private var expectedUnits: Double? {
    limit.map { study.plan.scheduler.expectedBrackets(configurations: $0).reduce(0) { $0 + $1.cost } }
  }

  /// About how many seconds are left, from the units that are; nil where that can't be told.
  private var secondsLeft: Double? {
    guard case .running = state, history.units > 0, elapsed > 0 else { return nil }
    let byUnits = expectedUnits.map { max(0, $0 - history.units) / (history.units / elapsed) }
    let byTime = study.plan.budget.time.map { max(0, $0 - elapsed) }
    return [byUnits, byTime].compactMap { $0 }.min()
  }

  private var rungs: [(key: StudyHistory.RungKey, rung: StudyHistory.Rung)] {
    history.rungs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private func running(in key: StudyHistory.RungKey) -> Int {
    history.runningJobs.count { history.currentKey(of: $0) == key }
  }

  /// The loss that a trial of the rung must not exceed to be promoted at this moment.
  private func threshold(_ rung: StudyHistory.Rung) -> Loss? {
    guard study.plan.scheduler.algorithm.showsThreshold else { return nil }
    let places = rung.losses.count / study.plan.scheduler.ladder.reductionFactor
    guard places > 0, case let loss = rung.losses.sorted()[places - 1], loss.isFinite else { return nil }
    return loss
  }

  private func value(_ loss: Loss?) -> String { loss.map { Wording.short(study.plan.objective.value(of: $0)) } ?? "–" }

  // MARK: For people

  /// One line, for several studies.
  public var line: String {
    let best = history.best.map { "best \(study.plan.objective.metric) \(value($0.loss))" } ?? "no result yet"
    return "\(folder): \(stateText); \(Wording.count(history.results, "job")), \(best)\n"
  }

  /// - Parameters:
  ///   - showsFailures: all reasons of failures, not just the most frequent.
  public func text(showsFailures: Bool = false) -> String {
    var lines = ["\(study.name): \(stateText)", progress, ""]
    lines += ladder + [""]
    lines += best
    if !isSimulated, let sizes = FolderSizes(of: StudyFolder(path: folder)).line { lines += ["", sizes] }
    lines += slowest
    lines += reasons(all: showsFailures)
    return lines.joined(separator: "\n") + "\n"
  }

  private var isSimulated: Bool { if case .simulated = state { true } else { false } }

  private var stateText: String {
    switch state {
    case .running(let owner):
      "running on \(owner.host) (process \(owner.process)), seen \(Wording.duration(owner.silence)) ago"
    case .finished(let reason): "finished (\(reason.rawValue))"
    case .stopped(let reason): "stopped (\(reason.rawValue)); to go on: ash-mpi resume \(folder)"
    case .ended: "ended without a word, perhaps killed; to go on: ash-mpi resume \(folder)"
    case .simulated: "simulated"
    case .asked: "its jobs are asked for, \(history.runningJobs.count) are out"
    }
  }

  private var progress: String {
    var parts = ["\(Wording.duration(elapsed)) so far"]
    if let left = secondsLeft { parts.append("about \(Wording.duration(left)) left") }
    let of = limit.map { " of \($0)" } ?? ""
    parts.append("\(history.trials.count - history.invalid)\(of) configurations")
    parts.append("\(Wording.count(history.results, "job")) done")
    let isRunning = if case .running = state { true } else { false }
    parts.append(
      "\(history.runningJobs.count) \(isRunning ? "running" : "in flight") on \(Wording.count(history.workers, "worker")), "
        + "\(Wording.percent(utilisation)) busy")
    if history.failedJobs > 0 { parts.append("\(history.failedJobs) failed") }
    if history.invalid > 0 { parts.append("\(history.invalid) invalid") }
    return parts.joined(separator: ", ")
  }

  private var ladder: [String] {
    let hasBrackets = Set(history.rungs.keys.map(\.bracket)).count > 1
    var table = TextTable(
      header: (hasBrackets ? ["bracket"] : [])
        + ["rung", resourceUnit, "running", "completed", "promoted", "failed", "best", "promoted up to"])
    for (key, rung) in rungs {
      table.add(
        (hasBrackets ? ["\(key.bracket)"] : []) + [
          "\(key.rung)", "\(rung.resource)", "\(running(in: key))", "\(rung.losses.count)", "\(rung.promoted)",
          "\(rung.failed)", value(rung.losses.min().flatMap { $0.isFinite ? $0 : nil }), value(threshold(rung)),
        ])
    }
    return history.rungs.isEmpty ? ["  no job has been started yet"] : table.lines
  }

  private var best: [String] {
    guard let best = history.best else { return ["No finite loss yet."] }
    let values = (history.configuration(of: best.trial) ?? Configuration()).entries.map {
      "\($0.name) \($0.value.shortText)"
    }.joined(separator: ", ")
    return [
      "Best: trial \(best.trial), \(study.plan.objective.metric) \(value(best.loss)) at "
        + "\(Wording.resource(best.resource, resourceUnit)), found after \(Wording.duration(best.time))", "  \(values)",
    ]
  }

  private var slowest: [String] {
    guard case .running = state else { return [] }
    let jobs = history.runningJobs.sorted { ($0.start, $0.id) < ($1.start, $1.id) }.prefix(3)
    guard !jobs.isEmpty else { return [] }
    return ["", "Longest running:"]
      + jobs.map { job in
        "  job \(job.id), trial \(job.trial) to \(Wording.resource(job.resource, resourceUnit)) on worker \(job.worker), for "
          + Wording.duration(max(0, elapsed - job.start))
      }
  }

  private func reasons(all: Bool) -> [String] {
    let sorted = history.failures.values.sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    guard !sorted.isEmpty else { return [] }
    let shown = all ? sorted[...] : sorted.prefix(3)
    var lines = ["", "Failures:"]
    for failures in shown {
      let workers = failures.workers.sorted()
      let names = workers.prefix(8).map { "\($0)" }.joined(separator: ", ") + (workers.count > 8 ? ", …" : "")
      lines.append(
        "  \(failures.count) × \(failures.reason.visible) (\(workers.count == 1 ? "worker" : "workers") \(names))")
    }
    if shown.count < sorted.count { lines.append("  and \(sorted.count - shown.count) other reasons: --failures") }
    return lines
  }
}

// MARK: - For programs

extension StatusReport {
  /// The same as JSON; its keys stay as they are, more may be added.
  public var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .text(study.name)), .init("folder", .text(folder)), .init("state", .text(stateName)),
    ]
    if case .running(let owner) = state {
      members.append(.init("host", .text(owner.host)))
      members.append(.init("silent_seconds", .number(owner.silence)))
    }
    members += [
      .init("reason", history.stopped.map { .text($0.rawValue) } ?? .null), .init("elapsed_seconds", .number(elapsed)),
      .init("seconds_left", secondsLeft.map { .number($0) } ?? .null),
      .init("configurations", .integer(history.trials.count - history.invalid)),
      .init("configurations_limit", limit.map { .integer($0) } ?? .null), .init("jobs", .integer(history.results)),
      .init("running_jobs", .integer(history.runningJobs.count)), .init("failed_jobs", .integer(history.failedJobs)),
      .init("invalid_jobs", .integer(history.invalid)), .init("workers", .integer(history.workers)),
      .init("training_seconds", .number(history.trainingSeconds)), .init("utilisation", .number(utilisation)),
      .init("rungs", .array(rungs.map(json))), .init("best", bestJSON),
      .init("failures", .array(history.failures.values.sorted { $0.reason < $1.reason }.map(json))),
    ]
    if !isSimulated { members.append(.init("sizes", FolderSizes(of: StudyFolder(path: folder)).json)) }
    return .object(members)
  }

  private var stateName: String {
    switch state {
    case .running: "running"
    case .finished: "finished"
    case .stopped: "stopped"
    case .ended: "ended"
    case .simulated: "simulated"
    case .asked: "asked"
    }
  }

  private func json(_ key: StudyHistory.RungKey, _ rung: StudyHistory.Rung) -> JSONValue {
    let best = rung.losses.min().flatMap { $0.isFinite ? $0 : nil }
    return [
      "bracket": .integer(key.bracket.rawValue), "rung": .integer(key.rung.rawValue),
      "resource": .integer(rung.resource.rawValue), "running": .integer(running(in: key)),
      "completed": .integer(rung.losses.count), "promoted": .integer(rung.promoted), "failed": .integer(rung.failed),
      "best": best.map { .number(study.plan.objective.value(of: $0)) } ?? .null,
      "promotion_threshold": threshold(rung).map { .number(study.plan.objective.value(of: $0)) } ?? .null,
    ]
  }

  private func json(_ failures: StudyHistory.Failures) -> JSONValue {
    [
      "reason": .text(failures.reason), "count": .integer(failures.count),
      "workers": .array(failures.workers.sorted().map { .integer($0.rawValue) }),
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
