import Files
import Foundation
import Journal
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

/// What a study reads from the folders that it learns from, and what it does without them.
@Suite struct EarlierReadingTests {
  private let temporary: TemporaryFolder
  private var root: String { temporary.path }

  init() throws { temporary = try TemporaryFolder() }

  private static let space = "{x: {type: float, min: 0, max: 1}, y: {type: int, min: 1, max: 100}}"

  private func study(_ name: String, space: String = space, extra: String = "") throws -> (study: Study, text: String) {
    let text = """
      name: \(name)
      search_space: \(space)
      scheduler: {reduction_factor: 2, max_resource: 8}
      sampler: {kind: kde}
      budget: {configurations: 60}
      trainer: {kind: none}
      \(extra)

      """
    return (try Study(yaml: text, source: "\(name).yaml", directory: root), text)
  }

  /// Runs a study on one worker, for so many jobs, and writes its journal.
  private func run(_ study: Study, _ text: String, in name: String, jobs: Int = .max) throws -> StudyFolder {
    let folder = StudyFolder(path: "\(root)/\(name)")
    try folder.create(study: text)
    var journal = try Journal(creating: folder.journal)
    try journal.append(header: study.journalHeader(started: "2026-01-02T03:04:05Z", workers: 1))
    var tuner = try Tuner(plan: study.plan)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    var count = 0
    while count < jobs, let job = try record(&actions, in: &journal) {
      count += 1
      tuner.handle(end(of: job), at: 0, into: &actions)
    }
    try journal.synchronize()
    return folder
  }

  /// Writes what was decided down; gives the job that goes out.
  private func record(_ actions: inout [Tuner.Action], in journal: inout Journal) throws -> Job? {
    var job: Job?
    for action in actions {
      if let record = action.searchRecord(at: 0) { try journal.append(record) }
      if case .dispatch(let next, _) = action { job = next }
    }
    actions.removeAll()
    return job
  }

  private func end(of job: Job) -> Tuner.Event {
    let x = job.configuration["x"]?.number ?? 0
    if job.trial.rawValue % 19 == 4 { return .failure(0, job.id, .invalid, reason: "no") }
    return .result(
      0, job.id, TrainingReport(loss: (x - 0.3) * (x - 0.3) + 1 / Double(job.resource.rawValue)), seconds: 1)
  }

  private func message(_ study: Study, own: String? = nil) -> String {
    do {
      _ = try study.learningFromFolders(own: own)
      return "sound"
    } catch { return error.description }
  }

  @Test func trialsOutsideTheNewSpaceAreLeftOutAndCounted() throws {
    let (first, text) = try study("first")
    let folder = try run(first, text, in: "a")
    let (second, _) = try study(
      "second", space: "{x: {type: float, min: 0.1, max: 0.8}, z: {type: categorical, values: [a, b]}}",
      extra: "learn_from: [a]")
    let (learned, readings) = try second.learningFromFolders()
    let reading = try #require(readings.first)
    #expect(reading.folder == folder.path && reading.study.name == "first" && reading.unrelated == 0)
    let history = try StudyHistory(JournalReader(path: folder.journal), in: nil, keeping: .configurations)
    let outside = history.trials.count { !(0.1...0.8 ~= history.configuration(of: $0.id)?["x"]?.number ?? 0) }
    #expect(outside > 5 && reading.trials == history.trials.count)
    #expect(reading.outside.map(\.parameter) == ["x"] && reading.outside.map(\.trials) == [outside])
    // z is unknown, so that no configuration is whole; x is near the best.
    #expect(reading.study.start == nil && learned.plan.startWith.isEmpty)
    #expect(
      reading.study.good.allSatisfy { $0.entries.map(\.name) == ["x"] && abs(($0["x"]?.number ?? 0) - 0.3) < 0.2 })
    #expect(learned.plan.earlier == [reading.study])
  }

  @Test func aFolderThatHasNothingToTellIsRefused() throws {
    let (first, text) = try study("first")
    _ = try run(first, text, in: "a")
    _ = try run(first, text, in: "short", jobs: 9)
    try Disk.makeFolder("\(root)/empty")
    try Disk.makeFolder("\(root)/broken")
    try Disk.writeAtomically(Array("{\"event\":\"study\"".utf8), to: "\(root)/broken/journal.jsonl")
    let messages = [
      "missing": "\(root)/missing is no folder. Give the folder of a study that was run before.",
      "empty":
        "\(root)/empty can't be learned from: \(root)/empty/journal.jsonl:0: no journal here. Give the folder of a study that was run, with its journal.jsonl.",
      "broken":
        "\(root)/broken can't be learned from: \(root)/broken/journal.jsonl:1: no header: the file is not a study's journal. Give the folder of a study that was run, with its journal.jsonl.",
      "a": "sound",
    ]
    for (name, expected) in messages {
      let second = try study("second", extra: "learn_from: [\(name)]").study
      #expect(message(second) == (expected == "sound" ? expected : "second.yaml:7: learn_from: \(expected)"))
    }
    let short = message(try study("second", extra: "learn_from: [a, short]").study)
    #expect(short.hasPrefix("second.yaml:7: learn_from: \(root)/short has too little to learn from: "), "\(short)")
    #expect(short.hasSuffix("20 such results are needed; leave it out, or widen the search space."), "\(short)")
    let other = message(
      try study("second", space: "{x: {type: float, min: 2, max: 3}}", extra: "learn_from: [a]").study)
    #expect(other.contains("0 of its") && other.contains("x is outside its domain in"), "\(other)")
    // Its own folder, by whatever name.
    let own = try study("second", extra: "learn_from: [b/../a]").study
    try FileManager.default.createSymbolicLink(atPath: "\(root)/link", withDestinationPath: "\(root)/a")
    for name in ["a", "link"] {
      #expect(message(own, own: "\(root)/\(name)").contains("a is the folder of this very study"))
    }
    #expect(message(own, own: "\(root)/new") == "sound")
  }

  /// Only ranks count: a metric turned round and stretched, and losses of a study that maximises, tell the same.
  @Test func theScaleOfTheEarlierLossesDoesNotMatter() throws {
    let (first, text) = try study("first")
    let folder = try run(first, text, in: "a")
    let second = try study("second", extra: "learn_from: [a]").study
    let before = try second.learningFromFolders().readings.map(\.study)
    let lines = try String(contentsOfFile: folder.journal, encoding: .utf8).split(separator: "\n").map { line in
      var members = try JSONValue(parsing: Array(line.utf8)).members ?? []
      members.removeAll { $0.key == "sum" || $0.key == "sums" }
      for index in members.indices where members[index].key == "loss" {
        members[index].value = .number((members[index].value.number ?? 0) * 1000 - 1e6)
      }
      var text = JSONText()
      text.append(.object(members))
      return String(decoding: text.bytes, as: UTF8.self) + "\n"
    }
    try Disk.writeAtomically(Array(lines.joined().utf8), to: folder.journal)
    #expect(try second.learningFromFolders().readings.map(\.study) == before)
  }

  /// The journal tells what was learned: the study goes on where the other folder is gone, and suggests what it would have.
  @Test func aStudyGoesOnWithoutTheFolderThatItLearnedFrom() throws {
    let (first, text) = try study("first")
    let other = try run(first, text, in: "a")
    let (plain, secondText) = try study("second", extra: "learn_from: [a]\nseed: 5")
    let learned = try plain.learningFromFolders().study
    #expect(learned.plan.startWith.count == 1)
    let whole = try run(learned, secondText, in: "whole")
    let cut = try run(learned, secondText, in: "cut", jobs: 30)
    try Disk.removeTree(other.path)
    let recovery = try StudyRecovery(plain, journal: JournalReader(path: cut.journal))
    #expect(recovery.tuner.plan.earlier == learned.plan.earlier)
    #expect(recovery.tuner.plan.startWith == learned.plan.startWith)
    // On from there, in the same order.
    var tuner = recovery.tuner
    var actions: [Tuner.Action] = []
    var rest: [TrialID: Configuration] = [:]
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    while let job = actions.lazy.compactMap({ if case .dispatch(let job, _) = $0 { job } else { nil } }).first {
      rest[job.trial] = job.configuration
      actions.removeAll()
      tuner.handle(end(of: job), at: 0, into: &actions)
    }
    let history = try StudyHistory(JournalReader(path: whole.journal), in: plain.plan.space, keeping: .configurations)
    #expect(history.trials.count == tuner.counts.configurations + history.invalid && rest.count > 20)
    for (trial, configuration) in rest { #expect(configuration == history.configuration(of: trial)) }
  }

  @Test func whatWasLearnedCanNotChange() throws {
    let (first, text) = try study("first")
    _ = try run(first, text, in: "a")
    let (plain, secondText) = try study("second", extra: "learn_from: [a]")
    let folder = try run(plain.learningFromFolders().study, secondText, in: "b", jobs: 9)
    let journal = try JournalReader(path: folder.journal)
    let without = try study("second").study
    let error = #expect(throws: StudyError.self) { try StudyRecovery(without, journal: journal) }
    #expect(error?.key == "learn_from")
    // A header that was written by hand, and lost what it had to say.
    let lines = try String(contentsOfFile: folder.journal, encoding: .utf8).split(separator: "\n")
    var members = try JSONValue(parsing: Array(lines[0].utf8)).members ?? []
    members.removeAll { ["sum", "sums", "learned"].contains($0.key) }
    var header = JSONText()
    header.append(.object(members))
    try Disk.writeAtomically(header.bytes + [10], to: folder.journal)
    let damage = #expect(throws: JournalError.self) {
      try StudyRecovery(plain, journal: JournalReader(path: folder.journal))
    }
    #expect(damage?.line == 1 && damage?.problem.hasPrefix("what the study learned from 1 earlier ones") == true)
  }
}
