import Files
import Foundation
import Journal
import Randomness
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import Text
import TuningTypes

/// Journals that disks, crashes and people have damaged: never a crash, never a wrong count.
@Suite struct JournalDamageTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/journal.jsonl" }

  init() throws { folder = try TemporaryFolder() }

  /// How reading a journal ended.
  private enum Outcome {
    case recovered(StudyRecovery)
    /// Refused, with the line and what is wrong with it.
    case refused(line: Int, String)
    /// The header is another study's.
    case anotherStudy
    /// Nothing has begun.
    case empty
  }

  private func read(_ bytes: [UInt8], of study: Study) throws -> Outcome {
    try Disk.writeAtomically(bytes, to: path)
    let journal = try JournalReader(path: path)
    if journal.isEmpty { return .empty }
    do {
      return .recovered(try StudyRecovery(study, journal: journal))
    } catch let error as JournalError {
      return .refused(line: error.line, error.problem)
    } catch is StudyError {
      return .anotherStudy
    }
  }

  private func refusal(_ text: String, of study: Study) throws -> String {
    switch try read(Array(text.utf8), of: study) {
    case .refused(let line, let problem): "\(line): \(problem)"
    case .recovered: "recovered"
    case .anotherStudy: "another study"
    case .empty: "empty"
    }
  }

  /// A study with sums at the ends of its lines.
  private func sealedJournal() throws -> (bytes: [UInt8], study: Study) {
    let recorded = try RecordedStudy(seed: 3)
    var lines = recorded.lines
    lines[0] = lines[0].dropLast() + #","sums":"crc32"}"#
    return (Array(lines.map { sealed($0) + "\n" }.joined().utf8), recorded.study)
  }

  /// Whatever bit flips: the line is named, or it is no journal any more, or the last line has no end and runs again.
  @Test func noFlippedBitIsTakenForTheTruth() throws {
    let (bytes, study) = try sealedJournal()
    guard case .recovered(let whole) = try read(bytes, of: study) else {
      Issue.record("the sealed journal itself is refused")
      return
    }
    #expect(!whole.hasTornLine)
    var random = testGenerator(5)
    let everyBit = bytes.count * 8
    for round in 0..<4000 {
      // All of the header's and the last line's, and others by chance.
      let bit = round < 600 ? round : round < 800 ? everyBit - 1 - (round - 600) : random.below(everyBit)
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      let line = 1 + bytes[..<(bit / 8)].count { $0 == 0x0A }
      switch try read(damaged, of: study) {
      case .recovered(let recovery):
        #expect(recovery.hasTornLine && bit / 8 == bytes.count - 1, "bit \(bit) of line \(line) is believed")
      case .refused(let named, _): #expect(named == line, "bit \(bit)")
      case .anotherStudy, .empty: Issue.record("bit \(bit) of line \(line) makes another study of it")
      }
    }
  }

  /// A finite space was once sampled with repetition; a study that was begun so goes on so, with as many configurations.
  @Test func aStudyThatWasBegunWithRepetitionGoesOnWithIt() throws {
    let study = try decodedStudy(
      """
      search_space: {x: {type: categorical, values: [a, b, c]}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 30}
      trainer: {kind: none}
      """)
    for (repeats, count) in [(true, 30), (false, 3)] {
      let header = study.journalHeader(started: "2026-01-02T03:04:05Z", workers: 1).members ?? []
      var text = JournalText(sealsLines: false)
      text.append(header: .object(header.filter { $0.key != "sums" && !(repeats && $0.key == "distinct") }))
      guard case .recovered(let recovery) = try read(text.lines.bytes, of: study) else {
        Issue.record("repeats: \(repeats)")
        continue
      }
      var sampler = try recovery.tuner.plan.makeSampler()
      let configurations = (0..<40).compactMap { sampler.suggest($0) }
      #expect(configurations.count == (repeats ? 40 : 3))
      #expect(recovery.tuner.configurationLimit == count)
      let random = RandomSampler(space: study.plan.space, seed: study.plan.seed)
      if repeats { #expect(configurations == (0..<40).compactMap(random.configuration(at:))) }
    }
  }

  /// A journal of the program's first versions, gone on with by this one: from then on, a line without its sum is damaged.
  @Test func oldJournalsAreReadAndGoneOnWith() throws {
    let recorded = try RecordedStudy(seed: 3)
    let lines = recorded.lines
    let half = lines.count / 2
    let mixed = lines[..<half] + lines[half...].map(sealed)
    func text(_ lines: some Sequence<String>) -> [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }
    guard case .recovered = try read(text(mixed), of: recorded.study) else {
      Issue.record("a journal that begins without sums is refused")
      return
    }
    for line in (half + 1)..<lines.count {
      var stripped = Array(mixed)
      stripped[line] = lines[line]
      let outcome = try refusal(String(decoding: text(stripped), as: UTF8.self), of: recorded.study)
      #expect(outcome == "\(line + 1): the line is damaged: its bytes do not give its sum")
    }
  }

  @Test func aJournalThatIsCutAnywhereIsTheLadderOfItsWholeLines() throws {
    let recorded = try RecordedStudy.eventful()
    let bytes = Array(recorded.text.utf8)
    var expected: NaiveReading?
    for length in 0...bytes.count {
      let cut = Array(bytes[..<length])
      // Whole lines have changed only where one has ended.
      if cut.last == 0x0A { expected = try NaiveReading(cut) }
      guard case .recovered(let recovery) = try read(cut, of: recorded.study) else {
        #expect(expected == nil, "cut after \(length) bytes")
        continue
      }
      try #require(NaiveReading(recovery) == expected, "cut after \(length) bytes")
      #expect(recovery.hasTornLine == (cut.last != 0x0A))
      #expect(recovery.journalLength == cut.lastIndex(of: 0x0A).map { $0 + 1 })
    }
    #expect(try #require(expected).counts.configurations == 8)
  }

  /// One bit of one byte. A journal has no checksums: what can't be told from a sound one is a loss or a metric in which
  /// nothing else has a part, a time, a text. What is counted is never another.
  @Test(arguments: 0..<4) func aFlippedBitIsReportedOrChangesNoCount(part: Int) throws {
    let recorded = try RecordedStudy(seed: part)
    let bytes = Array(recorded.text.utf8)
    let whole = try NaiveReading(bytes)
    let untilLastLine = recorded.lines.dropLast().map { $0 + "\n" }.joined().utf8
    let torn = try NaiveReading(untilLastLine)
    var (accepted, reported) = (0, 0)
    for position in stride(from: part, to: bytes.count, by: 4) {
      var damaged = bytes
      damaged[position] ^= 1 << UInt8((position / 4) % 8)
      let line = 1 + bytes[..<position].count { $0 == 0x0A }
      switch try read(damaged, of: recorded.study) {
      case .recovered(let recovery):
        accepted += 1
        let reading = NaiveReading(recovery)
        try #require(try reading == NaiveReading(damaged), "byte \(position) of line \(line)")
        try #require(reading.counts == (recovery.hasTornLine ? torn : whole).counts, "byte \(position) of line \(line)")
      case .refused(let where_, let problem):
        reported += 1
        // What a damaged line has changed may show only in what follows from it.
        try #require(where_ >= line, "byte \(position) of line \(line): \(where_): \(problem)")
      case .anotherStudy: #expect(line == 1)
      case .empty: Issue.record("byte \(position): the journal counts as empty")
      }
    }
    #expect(accepted > 50 && reported > 5 * accepted, "\(accepted) accepted, \(reported) reported")
  }

  @Test(arguments: 0..<8) func whateverIsDoneToAJournalItIsRefusedOrReadAsItStands(part: Int) throws {
    let schedulers = [
      "asha", "hyperband", "pasha", "stopping", "median", "curve", "sha", "parallel_sha", "sync_hyperband", "top_k",
      "random",
    ]
    let journals = try schedulers.enumerated().map { try RecordedStudy(seed: 10 + $0, scheduler: "algorithm: \($1)") }
    for recorded in journals {
      guard case .recovered(let recovery) = try read(Array(recorded.text.utf8), of: recorded.study) else {
        Issue.record("a sound journal is refused")
        continue
      }
      #expect(try NaiveReading(recovery) == NaiveReading(recorded.text.utf8))
    }
    var tally: [String: Int] = [:]
    for seed in part * 500..<(part + 1) * 500 {
      var random = testGenerator(seed)
      let recorded = random.pick(journals)
      var bytes = Array(recorded.text.utf8)
      for _ in 0..<(1 + random.below(2)) { damage(&bytes, &random) }
      switch try read(bytes, of: recorded.study) {
      case .recovered(let recovery):
        tally["recovered", default: 0] += 1
        let reading = NaiveReading(recovery)
        let naive = try NaiveReading(bytes)
        try #require(reading.isReading(of: naive), "seed \(seed): \(reading) instead of \(naive)")
      case .refused(let line, _):
        tally["refused", default: 0] += 1
        #expect(line >= 1 && line <= bytes.count { $0 == 0x0A }, "seed \(seed): line \(line)")
      case .anotherStudy: tally["another", default: 0] += 1
      case .empty: tally["empty", default: 0] += 1
      }
    }
    #expect(tally["recovered", default: 0] > 3 && tally["refused", default: 0] > 100, "\(tally)")
  }

  private func damage(_ bytes: inout [UInt8], _ random: inout CounterGenerator) {
    guard !bytes.isEmpty else { return }
    let at = random.below(bytes.count)
    switch random.below(10) {
    case 0: bytes[at] ^= 1 << UInt8(random.below(8))
    case 1: bytes[at] = UInt8(random.below(256))
    case 2: bytes.remove(at: at)
    case 3: bytes.insert(UInt8(random.below(256)), at: at)
    case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + random.below(600)))
    case 5: for place in at..<min(bytes.count, at + random.below(200)) { bytes[place] = 0 }
    case 6: number(&bytes, at, &random)
    default: lines(&bytes, &random)
    }
  }

  /// Puts an absurd value in the place of a number.
  private func number(_ bytes: inout [UInt8], _ at: Int, _ random: inout CounterGenerator) {
    let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
    guard let start = bytes[at...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.endIndex
    let absurd = [
      "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e308", "-0", "281474976710656",
      "1048575", "0.5", "\"nan\"", "\"inf\"", "\"-inf\"", "null", "[]", "{}", "4294967296", "1e-320", "00",
    ]
    bytes.replaceSubrange(start..<end, with: random.pick(absurd).utf8)
  }

  /// Deletes, doubles, moves or exchanges whole lines.
  private func lines(_ bytes: inout [UInt8], _ random: inout CounterGenerator) {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
    let (one, other) = (random.below(lines.count), random.below(lines.count))
    switch random.below(5) {
    case 0: lines.remove(at: one)
    case 1: lines.insert(lines[one], at: other)
    case 2: lines.insert(lines.remove(at: one), at: min(other, lines.count))
    case 3: lines.swapAt(one, min(one + 1, lines.count - 1))
    default: lines.swapAt(one, other)
    }
    bytes = Array(lines.joined(separator: [0x0A]))
  }

  // MARK: Damage by its kind

  private struct Edit: Sendable, CustomStringConvertible {
    var name: String
    /// Takes the lines of a sound journal.
    var make: @Sendable (inout [String]) throws -> Void
    /// What the refusal holds.
    var problem: String
    var description: String { name }
  }

  /// The first line of an event with some text in it.
  private static func line(_ lines: [String], _ event: String, _ text: String = "", after: Int = 0) throws -> Int {
    try #require(
      lines.indices.first {
        $0 >= after && lines[$0].hasPrefix("{\"event\":\"\(event)\"") && (text.isEmpty || lines[$0].contains(text))
      })
  }

  private static let edits = [
    Edit(name: "a result that is lost", make: { $0.remove(at: try line($0, "result")) }, problem: "and still has job"),
    Edit(
      name: "a result twice", make: { $0.insert($0[try line($0, "result")], at: try line($0, "result")) },
      problem: "which does not have it"),
    Edit(name: "a second header", make: { $0.insert($0[0], at: 5) }, problem: "a second header"),
    Edit(name: "a journal twice", make: { $0 += $0 }, problem: "a second header"),
    Edit(
      name: "a result of another resource",
      make: {
        let at = try line($0, "result", "\"resource\":2")
        $0[at] = $0[at].replacing("\"resource\":2", with: "\"resource\":3")
      }, problem: "and ends as another"),
    Edit(
      name: "a result in another bracket",
      make: {
        let at = try line($0, "result")
        $0[at] = $0[at].replacing("\"bracket\":0", with: "\"bracket\":1")
      }, problem: "and ends as another"),
    Edit(
      name: "a dispatch in another bracket",
      make: {
        let at = try line($0, "dispatch")
        $0[at] = $0[at].replacing("\"bracket\":0", with: "\"bracket\":1")
      }, problem: "of bracket 1"),
    Edit(
      name: "a retry that is none",
      make: {
        let at = try line($0, "dispatch", "\"attempt\":2")
        $0[at] = $0[at].replacing(",\"attempt\":2", with: "")
      }, problem: "goes out as attempt 1"),
    Edit(
      name: "a failure that is final too early",
      make: {
        let at = try line($0, "failure", "\"final\":false")
        $0[at] = $0[at].replacing("\"final\":false", with: "\"final\":true")
      }, problem: "this study would train"),
    Edit(
      name: "a failure of another attempt",
      make: {
        let at = try line($0, "failure", "\"attempt\":1")
        $0[at] = $0[at].replacing("\"attempt\":1", with: "\"attempt\":9")
      }, problem: "and ends as another"),
    Edit(
      name: "a loss that is not its metric's",
      make: {
        let at = try line($0, "result", "\"loss\":-0.")
        $0[at] = $0[at].replacing("\"loss\":-0.", with: "\"loss\":-1.")
      }, problem: "is not that of the metric score"),
    Edit(
      name: "a metric that is gone",
      make: {
        let at = try line($0, "result")
        $0[at] = $0[at].replacing("\"score\"", with: "\"scare\"")
      }, problem: "is not that of the metric score"),
    Edit(
      name: "a worker that nobody has",
      make: {
        let at = try line($0, "dispatch")
        $0[at] = $0[at].replacing("\"worker\":0", with: "\"worker\":281474976710656")
      }, problem: "there is no worker 281474976710656: the study ran on 3"),
    Edit(
      name: "workers beyond all measure", make: { $0[0] = $0[0].replacing("\"workers\":3", with: "\"workers\":1e18") },
      problem: "1: 1000000000000000000 workers cannot be"),
    Edit(
      name: "overrides that are none",
      make: {
        let at = try line($0, "resume")
        $0[at] = $0[at].replacing("}", with: ",\"overrides\":[1]}")
      }, problem: "no event that this program knows"),
    Edit(
      name: "a study that goes on after its end", make: { $0.insert($0.removeLast(), at: try line($0, "resume")) },
      problem: "time goes back"),
    Edit(
      name: "a stop in the middle",
      make: { $0.insert("{\"event\":\"stop\",\"reason\":\"signal\",\"time\":0}", at: 1) },
      problem: "3: the study had stopped"),
    Edit(
      name: "endless time",
      make: {
        let at = try line($0, "dispatch")
        $0[at] = $0[at].replacing("\"time\":0", with: "\"time\":\"inf\"")
      }, problem: "no event that this program knows"),
    Edit(
      name: "an abyss", make: { $0.insert(String(repeating: "[", count: 1_000_000), at: 4) },
      problem: "5: no valid JSON at byte 129: nested too deeply"),
    Edit(
      name: "a line without an end", make: { $0[4] = $0[4] + String(repeating: "\u{0}", count: 1 << 22) },
      problem: "5: no valid JSON"),
    Edit(
      name: "a number without an end",
      make: { $0[4] = $0[4].replacing("\"job\":", with: "\"job\":1" + String(repeating: "0", count: 1 << 20)) },
      problem: "5: no valid JSON"),
  ]

  @Test(arguments: edits.indices) func whatAReaderCanKnowToBeWrongItRefuses(number: Int) throws {
    let edit = Self.edits[number]
    let recorded = try RecordedStudy.eventful()
    #expect(try refusal(recorded.text, of: recorded.study) == "recovered")
    var lines = recorded.lines
    try edit.make(&lines)
    let answer = try refusal(lines.map { $0 + "\n" }.joined(), of: recorded.study)
    #expect(answer.contains(edit.problem), "\(edit): \(answer)")
  }

  @Test func keysThatAreNewAreNoDamage() throws {
    let recorded = try RecordedStudy.eventful()
    let text = recorded.text.replacing("}\n", with: ",\"weather\":{\"rain\":[1,null]}}\n")
    guard case .recovered(let recovery) = try read(Array(text.utf8), of: recorded.study) else {
      Issue.record("refused")
      return
    }
    #expect(try NaiveReading(recovery) == NaiveReading(recorded.text.utf8))
  }

  @Test func damageIsToldWithWhatToDo() throws {
    let recorded = try RecordedStudy.eventful()
    var lines = recorded.lines
    lines[6] = "{"
    try Disk.writeAtomically(Array(lines.joined(separator: "\n").utf8), to: path)
    let journal = try JournalReader(path: path)
    #expect {
      _ = try StudyRecovery(recorded.study, journal: journal)
    } throws: {
      "\($0)".replacing(path, with: "journal") == """
        journal:7: no valid JSON at byte 1: expected a key. The journal is left as it is. To go on from where it is still \
        sound, keep its first 6 lines (head -n 6); what stands below them is trained again.
        """
    }
  }

  /// After a power cut some file systems leave zeros where the last writes were to go.
  @Test func aFileOfZerosIsNoEmptyJournal() throws {
    let study = try RecordedStudy.eventful().study
    for bytes in [[UInt8](repeating: 0, count: 5000), Array("{\"event\":\"stop".utf8), Array("x".utf8)] {
      guard case .refused(1, let problem) = try read(bytes, of: study) else {
        Issue.record("\(bytes.prefix(20))")
        continue
      }
      #expect(problem == "no header: the file is not a study's journal")
    }
    for beginning in ["", "{", "{\"event\":\"study\",\"version\":1,\"na"] {
      guard case .empty = try read(Array(beginning.utf8), of: study) else {
        Issue.record("\(beginning)")
        continue
      }
    }
  }
}
