import Foundation
import Journal
import Randomness
import Search
import StudyFile
import SuccessiveHalving
import TestSupport
import Text
import TuningTypes

/// A small study as it would have been run, interrupted and resumed: its journal, line for line.
struct RecordedStudy {
  let study: Study
  /// Without their newlines; the first is the header.
  private(set) var lines: [String] = []
  private var random: CounterGenerator
  private var tuner: Tuner
  private var time = 0.0
  let workers: Int
  /// Whether jobs report while they train, under a scheduler that stops them.
  private let reports: Bool

  private static func yaml(_ scheduler: String) -> String {
    """
    name: recorded
    seed: 3
    objective: {metric: score, mode: max}
    search_space:
      x: {type: float, min: 0, max: 1}
      y: {type: categorical, values: [a, b]}
    scheduler: {\(scheduler), reduction_factor: 2, min_resource: 1, max_resource: 4}
    budget: {configurations: 8}
    retries: 1
    trainer: {kind: none}

    """
  }

  init(seed: Int, scheduler: String = "algorithm: asha", workers: Int = 3, reports: Bool = false) throws {
    study = try decodedStudy(Self.yaml(scheduler))
    tuner = try Tuner(plan: study.plan)
    tuner.trainerReports = reports
    self.reports = reports
    random = testGenerator(seed)
    self.workers = workers
    let header = study.journalHeader(started: "2026-01-02T03:04:05Z", workers: workers)
    append { $0.append(header: .object((header.members ?? []).filter { $0.key != "sums" })) }
    var interruptions = 2
    while try !run(isInterrupted: interruptions > 0) {
      interruptions -= 1
      // As a resume does it: from what was read alone.
      var next = try Tuner(plan: study.plan)
      for line in lines {
        if let event = SearchRecord(json: try JSONValue(parsing: line.utf8)) { try next.replay(event) }
      }
      next.finishReplay()
      tuner = next
      append(.resume(time: time, workers: workers))
    }
  }

  /// One in which everything happens: resumes, retries, what diverges and what is invalid.
  static func eventful() throws -> RecordedStudy {
    var seed = 0
    while true {
      let recorded = try RecordedStudy(seed: seed)
      let wanted = [
        "\"resume\"", "\"attempt\":2,\"conf", "\"invalid\"", "\"final\":false", "\"loss\":\"nan\"", "\"rung\":2",
      ]
      if wanted.allSatisfy({ recorded.text.contains($0) }) { return recorded }
      seed += 1
    }
  }

  /// The whole journal.
  var text: String { lines.map { $0 + "\n" }.joined() }

  private mutating func append(_ record: SearchRecord) { append { $0.append(record) } }

  private mutating func append(_ write: (inout JournalText) -> Void) {
    // Without sums, as journals were once written: tests change lines, and what is said of a damaged sum is tested by itself.
    var text = JournalText(sealsLines: false)
    write(&text)
    lines.append(String(decoding: text.lines.bytes.dropLast(), as: UTF8.self))
  }

  /// Goes on until the study is finished, or is killed: false.
  private mutating func run(isInterrupted: Bool) throws -> Bool {
    let limit = isInterrupted ? 4 + random.below(6) : .max
    var running: [(worker: WorkerID, job: Job)] = []
    var actions: [Tuner.Action] = []
    for worker in 0..<workers { tuner.handle(.workerReady(WorkerID(worker)), at: time, into: &actions) }
    var answers = 0
    while true {
      for action in actions {
        if let event = action.searchRecord(at: time) { append(event) }
        switch action {
        case .dispatch(let job, let worker): running.append((worker, job))
        case .finish: return true
        default: break
        }
      }
      actions = []
      guard answers < limit, !running.isEmpty else { return false }
      answers += 1
      time += Double(random.below(1000)) / 1000
      if reports, random.chance(0.6) {
        let (worker, job) = random.pick(running)
        tuner.handle(
          .report(worker, job.id, resource: Double(random.below(9)) / 2, report()), at: time, into: &actions)
        continue
      }
      let (worker, job) = running.remove(at: random.below(running.count))
      let event: Tuner.Event =
        switch random.below(12) {
        case 0: .failure(worker, job.id, .failed, reason: "out of \"luck\"")
        case 1: .failure(worker, job.id, .invalid, reason: "makes no sense")
        default: .result(worker, job.id, report(), seconds: Double(random.below(100)) / 8)
        }
      tuner.handle(event, at: time, into: &actions)
    }
  }

  private mutating func report() -> TrainingReport {
    let score = random.chance(0.1) ? .nan : random.uniform()
    var recorder = LearningCurve.Recorder()
    for point in 0..<random.below(4) {
      recorder.append(.init(resource: Double(point) / 2, loss: random.chance(0.1) ? .nan : random.uniform()))
    }
    return TrainingReport(
      loss: 1 - score, metrics: [.init("score", score), .init("other", random.uniform())],
      curve: recorder.curve)
  }
}

/// What a journal says, read naively and by other means than the program's own.
struct NaiveReading: Equatable {
  /// What is counted: the same in every reading that is right.
  struct Counts: Equatable {
    var configurations = 0
    var jobs = 0
    var results = 0
    var failures = 0
    var unfinished = 0
    /// By rung; of those that have any.
    var completed: [Rung: Int] = [:]
    var promoted: [Rung: Int] = [:]
  }

  struct Rung: Hashable {
    var bracket: Int
    var rung: Int
  }

  var counts = Counts()
  var bestTrial: Int?
  var bestLoss: Double?
  var time = 0.0

  /// Foundation's numbers may be off in the last digit.
  static func == (a: Self, b: Self) -> Bool {
    let isNear = { (a: Double, b: Double) in a == b || abs(a - b) <= 1e-12 * abs(a) }
    return a.counts == b.counts && a.bestTrial == b.bestTrial && isNear(a.time, b.time)
      && isNear(a.bestLoss ?? .infinity, b.bestLoss ?? .infinity)
  }

  /// Whether this is what a journal says, or what a scheduler makes of it that decides at each result whether the trial goes
  /// on: at the end of a journal it may have decided once more than was dispatched.
  func isReading(of journal: Self) -> Bool {
    var journal = journal
    let ahead = counts.promoted.values.reduce(0, +) - journal.counts.promoted.values.reduce(0, +)
    if ahead == 1, counts.promoted.allSatisfy({ $1 >= journal.counts.promoted[$0, default: 0] }) {
      journal.counts.promoted = counts.promoted
    }
    return self == journal
  }

  /// - Throws: what Foundation throws for lines that are no JSON.
  init(_ bytes: some Collection<UInt8>) throws {
    var (started, erased, unfinished) = (Set<Int>(), Set<Int>(), Set<Int>())
    var (completed, promoted) = ([Rung: Set<Int>](), [Rung: Set<Int>]())
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    lines.removeLast()
    for line in lines {
      guard let event = try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { continue }
      let number = { (key: String) in (event[key] as? NSNumber)?.intValue ?? -1 }
      let rung = Rung(bracket: number("bracket"), rung: number("rung"))
      time = max(time, (event["time"] as? NSNumber)?.doubleValue ?? 0)
      switch event["event"] as? String {
      case "dispatch":
        counts.jobs += 1
        started.insert(number("trial"))
        unfinished.insert(number("job"))
        if rung.rung > 0 {
          promoted[Rung(bracket: rung.bracket, rung: rung.rung - 1), default: []].insert(number("trial"))
        }
      case "result":
        counts.results += 1
        unfinished.remove(number("job"))
        completed[rung, default: []].insert(number("trial"))
        if let loss = (event["loss"] as? NSNumber)?.doubleValue, loss < bestLoss ?? .infinity {
          (bestLoss, bestTrial) = (loss, number("trial"))
        }
      case "failure":
        counts.failures += 1
        guard event["final"] as? Bool == true else { continue }
        unfinished.remove(number("job"))
        if event["kind"] as? String == "invalid" {
          erased.insert(number("trial"))
        } else {
          completed[rung, default: []].insert(number("trial"))
        }
      default: break
      }
    }
    counts.configurations = started.subtracting(erased).count
    counts.unfinished = unfinished.count
    counts.completed = completed.mapValues { $0.subtracting(erased).count }.filter { $0.value > 0 }
    counts.promoted = promoted.mapValues { $0.subtracting(erased).count }.filter { $0.value > 0 }
  }

  /// What the program has made of the journal.
  init(_ recovery: StudyRecovery) {
    let tuner = recovery.tuner
    counts = Counts(
      configurations: tuner.counts.configurations, jobs: tuner.counts.jobs, results: tuner.counts.results,
      failures: tuner.counts.failures)
    for bracket in tuner.brackets {
      for summary in bracket.rungs {
        let rung = Rung(bracket: bracket.bracket.rawValue, rung: summary.rung.rawValue)
        counts.unfinished += summary.running
        if summary.completed > 0 { counts.completed[rung] = summary.completed }
        if summary.promoted > 0 { counts.promoted[rung] = summary.promoted }
      }
    }
    bestTrial = tuner.incumbent?.job.trial.rawValue
    bestLoss = tuner.incumbent?.loss.value
    time = recovery.time
  }
}
