import Files
import Foundation
import HTMLReport
import Journal
import Randomness
import Search
import StudyFile
import TestSupport
import Text
import TuningTypes

/// A study that has been run by chance: its plan and its records, and its journal as a file.
struct RandomStudy {
  let study: Study
  private(set) var records: [SearchRecord] = []
  let workers: Int
  /// Of each run the host of each worker; empty where they are unknown.
  let hosts: [[String]]
  private var time = 0.0
  private var random: CounterGenerator
  private let chances: Chances

  /// How often things go wrong.
  struct Chances {
    var failed = 0.08
    var invalid = 0.04
    var diverged = 0.08
    var isInterrupted = true
  }

  static func yaml(_ scheduler: String, mode: String = "min", configurations: Int = 60) -> String {
    """
    name: reported
    seed: 3
    objective: {metric: score, mode: \(mode)}
    search_space:
      x: {type: float, min: 1.0e-4, max: 1, scale: log}
      kind: {type: categorical, values: [a, "<b>", 7]}
      depth: {type: int, min: 1, max: 30, when: {kind: a}}
      step: {type: float, min: 0, max: 0.5, step: 0.1}
    scheduler: {\(scheduler)}
    budget: {configurations: \(configurations)}
    retries: 1
    trainer: {kind: none}

    """
  }

  static let schedulers = [
    "algorithm: asha, reduction_factor: 2, min_resource: 1, max_resource: 8",
    "algorithm: sha, reduction_factor: 3, min_resource: 1, max_resource: 9",
    "algorithm: hyperband, reduction_factor: 3, min_resource: 1, max_resource: 9",
    "algorithm: median, min_resource: 1, max_resource: 8, reduction_factor: 2",
    "algorithm: random, max_resource: 5", "algorithm: asha, reduction_factor: 2, min_resource: 1",
  ]

  init(seed: Int, yaml: String, workers: Int = 4, hosts: [[String]] = [[], []], chances: Chances = Chances()) throws {
    study = try decodedStudy(yaml)
    random = testGenerator(seed)
    self.workers = workers
    self.chances = chances
    self.hosts = hosts
    var tuner = try Tuner(plan: study.plan)
    guard chances.isInterrupted, try !run(&tuner, limit: 10 + random.below(40)) else {
      _ = try run(&tuner, limit: .max)
      return
    }
    var next = try Tuner(plan: study.plan)
    for record in records { try next.replay(record) }
    next.finishReplay()
    time += 1
    records.append(.resume(time: time, workers: workers, site: RunSite(hosts: hosts[1])))
    _ = try run(&next, limit: .max)
  }

  /// - Returns: whether the study is over.
  private mutating func run(_ tuner: inout Tuner, limit: Int) throws -> Bool {
    var running: [(worker: WorkerID, job: Job, start: Double)] = []
    var actions: [Tuner.Action] = []
    for worker in 0..<workers { tuner.handle(.workerReady(WorkerID(worker)), at: time, into: &actions) }
    var answers = 0
    while true {
      for action in actions {
        if let record = action.searchRecord(at: time) { records.append(record) }
        switch action {
        case .dispatch(let job, let worker): running.append((worker, job, time))
        case .finish: return true
        default: break
        }
      }
      actions = []
      guard answers < limit, !running.isEmpty else { return running.isEmpty }
      answers += 1
      time += random.uniform()
      let (worker, job, start) = running.remove(at: random.below(running.count))
      let event: Tuner.Event
      if random.chance(chances.failed) {
        event = .failure(worker, job.id, .failed, reason: "out of luck on trial \(job.trial)")
      } else if random.chance(chances.invalid) {
        event = .failure(worker, job.id, .invalid, reason: "makes no sense")
      } else {
        let score = random.chance(chances.diverged) ? .nan : 5 * random.uniform() / Double(1 + job.resource.rawValue)
        event = .result(
          worker, job.id, TrainingReport(loss: score, metrics: [.init("score", score)]),
          seconds: (time - start) * random.uniform())
      }
      tuner.handle(event, at: time, into: &actions)
    }
  }

  /// The journal's bytes.
  func journal() throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let path = folder.path + "/journal.jsonl"
    var journal = try Journal(creating: path)
    try journal.append(header: study.journalHeader(started: "2026-01-02T03:04:05Z", workers: workers, hosts: hosts[0]))
    for record in records { try journal.append(record) }
    try journal.synchronize()
    return try Disk.read(path) ?? []
  }

  func page() throws -> ReadPage { try ReadPage(study, journal()) }
}

/// A report, read back.
struct ReadPage {
  let bytes: [UInt8]
  let text: String

  init(_ study: Study, _ journal: [UInt8]) throws { try self.init([(study, journal)]) }

  init(_ studies: [(study: Study, journal: [UInt8])]) throws {
    let folder = try TemporaryFolder()
    let reported = try studies.enumerated().map { number, each in
      let path = "\(folder.path)/journal-\(number).jsonl"
      try Disk.writeAtomically(each.journal, to: path)
      return try ReportedStudy(
        each.study, journal: JournalReader(path: path), label: "folder-\(number)", resourceUnit: "epochs")
    }
    bytes = ReportPage(reported).bytes
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// The part of the page that is a figure; nil where it has none of that name.
  func figure(_ name: String) -> Substring? {
    guard let start = text.range(of: "data-figure=\"\(name)\""),
      let end = text[start.upperBound...].range(of: "</figure>")
    else { return nil }
    return text[start.lowerBound..<end.lowerBound]
  }

  /// The attributes of the tags of a figure that have one of that name.
  func marks(_ figure: String, with attribute: String) -> [[String: String]] {
    guard let part = self.figure(figure) else { return [] }
    return part.matches(of: /<[a-z]+ ([^>]*)>/).compactMap { tag in
      var attributes: [String: String] = [:]
      for match in tag.1.matches(of: /([a-z0-9-]+)="([^"]*)"/) { attributes[String(match.1)] = String(match.2) }
      return attributes[attribute] == nil ? nil : attributes
    }
  }

  /// What stands in an island of the page's data.
  func island(_ name: String, study: Int = 0) -> Substring? {
    let parts = text.ranges(of: "data-island=\"\(name)\">")
    guard parts.indices.contains(study), let end = text[parts[study].upperBound...].range(of: "</script>") else {
      return nil
    }
    return text[parts[study].upperBound..<end.lowerBound]
  }

  func data(study: Int = 0) throws -> JSONValue {
    try JSONValue(parsing: Array((island("data", study: study) ?? "").utf8))
  }
}

/// What records say, by the plainest means.
struct NaiveStudy {
  struct Result {
    var trial: Int
    var resource: Int
    var loss: Double
    var time: Double
  }

  var results: [Result] = []
  var configurations: [Int: Configuration] = [:]
  var failed = 0
  var invalid = 0
  /// Failures after which no try was left.
  var givenUp = 0
  var training = 0.0
  var lost = 0.0
  var overhead = 0.0
  var open = 0.0
  var time = 0.0
  /// Results, failures and seconds of training by run and worker.
  var byWorker: [[WorkerID: (results: Int, failed: Int, training: Double)]] = [[:]]

  init(_ records: [SearchRecord]) {
    var starts: [WorkerID: Double] = [:]
    for record in records {
      time = max(time, Self.time(of: record))
      switch record {
      case .dispatch(let job, let worker, let time):
        starts[worker] = time
        if configurations[job.trial.rawValue] == nil { configurations[job.trial.rawValue] = job.configuration }
      case .result(let result):
        results.append(
          Result(
            trial: result.trial.rawValue, resource: result.resource.rawValue, loss: result.loss.value, time: result.time
          ))
        training += result.seconds
        byWorker[byWorker.count - 1][result.worker, default: (0, 0, 0)].results += 1
        byWorker[byWorker.count - 1][result.worker, default: (0, 0, 0)].training += result.seconds
        if let start = starts.removeValue(forKey: result.worker) { overhead += result.time - start - result.seconds }
      case .failure(let failure):
        byWorker[byWorker.count - 1][failure.worker, default: (0, 0, 0)].failed += 1
        if failure.kind == .invalid { invalid += 1 } else { failed += 1 }
        if failure.kind != .invalid, failure.isFinal { givenUp += 1 }
        if let start = starts.removeValue(forKey: failure.worker) { lost += failure.time - start }
      case .resume(let time, _, _, _), .stop(_, let time):
        for start in starts.values { lost += time - start }
        starts = [:]
        if case .resume = record { byWorker.append([:]) }
      case .report, .horizon, .model: break
      }
    }
    for start in starts.values { open += time - start }
  }

  private static func time(of record: SearchRecord) -> Double {
    switch record {
    case .dispatch(_, _, let time), .resume(let time, _, _, _), .horizon(_, let time), .model(_, let time),
      .stop(_, let time):
      time
    case .result(let result): result.time
    case .report(let report): report.time
    case .failure(let failure): failure.time
    }
  }

  /// What trials were judged at, the lowest first.
  var resources: [Int] { Set(results.map(\.resource)).sorted() }

  func losses(at resource: Int) -> [Result] { results.filter { $0.resource == resource } }
}
