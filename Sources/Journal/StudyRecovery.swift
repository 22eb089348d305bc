public import Search
internal import SearchSpace
public import StudyFile
internal import SuccessiveHalving
internal import Text
public import TuningTypes

/// A study that was interrupted, as its journal has it.
public struct StudyRecovery: Sendable {
  /// The tuner as it was when the journal ends, with everything that was in flight to go out again, or, in a study whose
  /// jobs are asked for, still in flight.
  public let tuner: Tuner
  /// Seconds that the study has run so far.
  public let time: Double
  /// How many workers the study began with.
  public let workers: Int
  /// The seconds that its workers were there for, over all its runs, whose workers may differ.
  public let workerSeconds: Double
  /// Why it stopped last, if it stopped in good order and nothing came after.
  private let stopped: StopReason?
  /// Of the jobs that are asked for: those that are out.
  public let jobsOut: [JobID: JobOut]

  /// A job that somebody has asked for, in seconds of the study.
  public struct JobOut: Hashable, Sendable {
    /// When it went out.
    public let began: Double
    /// When the journal last had a word of it.
    public internal(set) var heard: Double
  }

  /// What is set otherwise now than the journal says so far, as `key=value`: who reads on has to know of it.
  public let changes: [String]
  /// How much of the journal is whole lines.
  public let journalLength: Int
  /// The journal's last line was torn by a crash, and is dropped.
  public let hasTornLine: Bool

  /// Replays a journal.
  ///
  /// - Parameters:
  ///   - study: may have another budget than the study that the journal is of, also one that is used up; nothing else may differ.
  ///   - isAsked: whether its jobs are asked for, one by one; the journal has to be of such a study then.
  /// - Complexity: O(n log n) in the journal's events.
  /// - Throws: ``StudyError`` with what differs; ``JournalError`` with the line that makes no sense.
  public init(_ study: Study, journal: JournalReader, isAsked: Bool = false) throws {
    let header = try journal.header()
    if header[Study.simulatedKey] != nil {
      throw StudyError(
        source: journal.path, problem: "the study was only simulated, and can't be gone on with",
        advice: "Run it for real in another folder.")
    }
    guard isAsked == header[Study.askedKey]?.flag ?? false else {
      throw StudyError(
        source: journal.path,
        problem: isAsked ? "the study is one of 'ash-mpi run'" : "the study is one of 'ash-mpi ask' and 'ash-mpi tell'",
        advice: "Go on with it as it began, or start a new one in another folder.")
    }
    var study = study
    if header[Study.distinctKey] == nil { study = try study.repeatingConfigurations() }
    try study.expectSameMeaning(as: header, in: journal.path)
    study = try study.learning(from: Self.earlierStudies(of: study, in: header, path: journal.path))
    var tuner = try Tuner(plan: study.plan)
    tuner.workersServeOnce = isAsked
    var jobsOut: [JobID: JobOut] = [:]
    var sequence: JournalSequence
    do throws(ReplayError) {
      sequence = try JournalSequence(after: header)
    } catch {
      throw JournalError(path: journal.path, line: 1, problem: error.problem)
    }
    var line = 1
    workers = header["workers"]?.integer ?? 1
    var presence = WorkerPresence(workers: workers)
    var told = ToldSettings(header: header)
    do {
      try journal.forEach(in: study.plan.space) { event in
        line += 1
        do throws(ReplayError) {
          try sequence.take(event)
          try tuner.replay(event)
        } catch {
          throw JournalError(path: journal.path, line: line, problem: error.problem)
        }
        switch event {
        case .resume(let time, let workers, let overrides, _):
          presence.resume(at: time, workers: workers)
          told.take(overrides)
        case .dispatch(let job, _, let time) where isAsked: jobsOut[job.id] = JobOut(began: time, heard: time)
        case .report(let report): jobsOut[report.job]?.heard = report.time
        case .result(let result): jobsOut[result.job] = nil
        case .failure(let failure): jobsOut[failure.job] = nil
        default: break
        }
      }
    } catch var error as JournalError {
      error.advice = Self.advice(for: error)
      throw error
    }
    tuner.finishReplay()
    self.tuner = tuner
    self.jobsOut = jobsOut
    changes = told.changes(in: study.plan)
    time = sequence.time
    workerSeconds = presence.seconds(until: sequence.time)
    stopped = sequence.stopped
    journalLength = journal.length
    hasTornLine = journal.hasTornLine
  }

  /// What the study learned before it began.
  private static func earlierStudies(of study: Study, in header: JSONValue, path: String) throws(JournalError)
    -> [EarlierStudy]
  {
    let values = header[Study.learnedKey]?.elements ?? []
    let earlier = values.compactMap { EarlierStudy(json: $0, in: study.plan.space) }
    guard earlier.count == values.count, earlier.count == study.learnFrom.count else {
      throw JournalError(
        path: path, line: 1,
        problem:
          "what the study learned from \(study.learnFrom.count) earlier ones does not stand in the header as it should")
    }
    return earlier
  }

  /// What to do about damage: nothing is done about it by itself.
  private static func advice(for error: JournalError) -> String? {
    guard error.line > 1 else { return nil }
    return
      "The journal is left as it is. To go on from where it is still sound, keep its first \(error.line - 1) lines "
      + "(head -n \(error.line - 1)); what stands below them is trained again."
  }

  /// Whether nothing has come after the study stopped.
  public var hasStopped: Bool { stopped != nil }

  /// How the study ended, if it did and its budget, as it is now, allows no more.
  public var ending: StopReason? {
    guard let stopped, stopped.isFinished else { return nil }
    // Somebody who resumes a study has mended its trainer; a loop that asks has not.
    if stopped == .invalid, tuner.workersServeOnce { return stopped }
    if let limit = tuner.plan.budget.time, time >= limit { return stopped }
    return tuner.isComplete ? stopped : nil
  }

  /// What a person should know of a budget that is smaller than what has begun; nil where it is not.
  public var warningOfBudget: String? {
    let begun = tuner.counts.configurations
    guard let limit = tuner.plan.budget.configurations, begun > limit else { return nil }
    return "budget.configurations is \(limit), and \(begun) have begun: no other begins, and these are trained on"
  }
}

/// What a journal says, down to some line, of the settings that may differ from run to run and decide what may follow.
private struct ToldSettings {
  private var values: [String: String] = [:]
  private static let (configurations, retries) = ("budget.configurations", "retries")

  init(header: JSONValue) {
    values[Self.configurations] = header["budget"]?["configurations"]?.integer.map { String($0) }
    values[Self.retries] = header["retries"]?.integer.map { String($0) }
  }

  mutating func take(_ overrides: [String]) {
    for override in overrides {
      let parts = override.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
    }
  }

  func changes(in plan: SearchPlan) -> [String] {
    let now = [(Self.configurations, plan.budget.configurations), (Self.retries, plan.retries)]
    return now.compactMap { key, value in
      guard let value, values[key] != String(value) else { return nil }
      return "\(key)=\(value)"
    }
  }
}

extension SearchRecord {
  /// Seconds since the study began.
  var time: Double {
    switch self {
    case .dispatch(_, _, let time), .resume(let time, _, _, _), .horizon(_, let time), .model(_, let time),
      .stop(_, let time):
      time
    case .result(let result): result.time
    case .report(let report): report.time
    case .failure(let failure): failure.time
    }
  }
}

extension Study {
  /// Compares with a journal's header all that decides what a study is: everything but its budget.
  func expectSameMeaning(as header: JSONValue, in path: String) throws(StudyError) {
    let own = journalHeader(started: "", workers: 0)
    let budget = header["budget"] ?? .null
    if plan.scheduler.algorithm.isSynchronous,
      budget["configurations"]?.number != plan.budget.configurations.map(Double.init)
    {
      throw StudyError(
        source: document.source, key: "budget.configurations",
        problem: "differs from when the study began, and \(plan.scheduler.algorithm) fills its rungs by it",
        advice: "Resume with the budget as it was.")
    }
    for key in [
      "name", "seed", "objective", "scheduler", "search_space", "sampler", "start_with", Self.learnFromKey, "trainer",
    ] {
      var (now, then) = (own[key] ?? .null, header[key] ?? .null)
      if key == "trainer" {
        (now, then) = (now.without(Self.harmlessTrainerKeys), then.without(Self.harmlessTrainerKeys))
      }
      // The order of the hyperparameters decides what is drawn for them; no other order means anything.
      let inOrder = key != "search_space" || now.members?.map(\.key) == then.members?.map(\.key)
      guard now.sorted != then.sorted || !inOrder else { continue }
      throw StudyError(
        source: document.source, line: document.entry(key)?.keyLine, key: key,
        problem: "differs from the study that \(path) is of: \(now.compact) now, \(then.compact) then",
        advice: "Resume with the study as it was, or start a new one in another folder.")
    }
  }
}

extension Study {
  /// What changes how a trainer is run, and not what its losses mean.
  fileprivate static let harmlessTrainerKeys = [
    "timeout", "silence_timeout", "grace", "environment", "directory", "gpus_per_node", "dataset", "table",
    "resource_unit",
  ]
}

extension JSONValue {
  fileprivate func without(_ keys: [String]) -> JSONValue {
    members.map { .object($0.filter { !keys.contains($0.key) }) } ?? self
  }

  /// With the members of all objects in the order of their keys.
  fileprivate var sorted: JSONValue {
    switch self {
    case .object(let members):
      .object(members.map { Member($0.key, $0.value.sorted) }.sorted { $0.key < $1.key })
    case .array(let elements): .array(elements.map(\.sorted))
    default: self
    }
  }

  fileprivate var compact: String {
    var text = JSONText()
    text.append(self)
    return String(decoding: text.bytes, as: UTF8.self)
  }
}
