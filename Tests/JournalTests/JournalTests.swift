import Files
import Glibc
import Journal
import Randomness
import Search
import SearchSpace
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct JournalTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path + "/journal.jsonl" }

  init() throws { folder = try TemporaryFolder() }

  static let lines = [
    #"{"event":"dispatch","job":17,"trial":5,"bracket":0,"rung":0,"resource":1,"worker":3,"time":12.5,"configuration":{"learning_rate":0.1,"units":64,"name":"a \"b\"\n","nesterov":true}}"#,
    #"{"event":"dispatch","job":18,"trial":5,"bracket":0,"rung":1,"resource":4,"worker":3,"time":13,"attempt":2}"#,
    #"{"event":"result","job":17,"trial":5,"bracket":0,"rung":0,"resource":1,"worker":3,"time":12.75,"loss":0.31,"seconds":0.52,"metrics":{"accuracy":0.9,"f1":"nan"}}"#,
    #"{"event":"result","job":1,"trial":1,"bracket":2,"rung":1,"resource":64,"worker":0,"time":0.000001,"loss":"-inf","seconds":0}"#,
    #"{"event":"failure","job":17,"trial":5,"bracket":0,"rung":0,"worker":3,"time":14,"attempt":1,"kind":"failed","final":false,"reason":"exit 1"}"#,
    #"{"event":"failure","job":17,"trial":5,"bracket":0,"rung":0,"worker":3,"time":14,"attempt":1,"kind":"invalid","final":true,"reason":""}"#,
    #"{"event":"report","job":17,"trial":5,"bracket":0,"rung":0,"resource":1,"worker":3,"time":12.5,"loss":0.4}"#,
    #"{"event":"report","job":17,"trial":5,"bracket":0,"rung":1,"resource":5,"worker":3,"time":12.5,"loss":"nan","stop":true,"metrics":{"accuracy":0.9}}"#,
    #"{"event":"dispatch","job":18,"trial":5,"bracket":0,"rung":3,"resource":64,"worker":3,"time":13,"configuration":{"x":1}}"#,
    #"{"event":"resume","time":20.25}"#,
    #"{"event":"horizon","units":16,"time":7.25}"#,
    #"{"event":"model","results":30,"suggestions":[{"x":1,"y":"a"},{"x":2.5}],"time":20}"#,
    #"{"event":"model","results":0,"suggestions":[],"time":20}"#,
    #"{"event":"stop","reason":"configurations","time":21}"#,
    #"{"event":"stop","reason":"signal","time":21}"#,
  ]

  @Test(arguments: lines) func everyKindOfLineIsReadAndWrittenAsItStands(line: String) throws {
    let event = try #require(SearchRecord(json: JSONValue(parsing: line.utf8)))
    var text = JournalText()
    text.append(event)
    #expect(String(decoding: text.lines.bytes, as: UTF8.self) == sealed(line) + "\n")
    var old = JournalText(sealsLines: false)
    old.append(event)
    #expect(String(decoding: old.lines.bytes, as: UTF8.self) == line + "\n")
  }

  /// DESIGN.md section 6: the keys that stay.
  @Test(arguments: [
    ("dispatch", ["job", "trial", "bracket", "rung", "resource", "worker", "time", "configuration"]),
    ("result", ["job", "trial", "bracket", "rung", "resource", "worker", "loss", "seconds", "time", "metrics"]),
    ("failure", ["job", "trial", "bracket", "rung", "worker", "attempt", "kind", "final", "reason", "time"]),
    ("resume", ["time"]), ("stop", ["reason", "time"]),
  ]) func everyKeyOfTheDesignIsThere(event: String, keys: [String]) throws {
    let line = try #require(Self.lines.first { $0.hasPrefix("{\"event\":\"\(event)\"") })
    let value = try JSONValue(parsing: line.utf8)
    #expect(Set(value.members?.map(\.key) ?? []) == Set(keys + ["event"]))
  }

  @Test func theHeaderSaysWhatTheStudyIs() throws {
    let study = try decodedStudy(smallStudy)
    let header = study.journalHeader(started: "2026-01-02T03:04:05Z", workers: 3)
    #expect(
      header.members?.map(\.key) == [
        "event", "version", "name", "seed", "objective", "scheduler", "search_space", "budget", "start_with", "trainer",
        "retries", "workers", "directory", "started", "distinct", "sums",
      ])
    #expect(header["event"] == "study")
    #expect(header["version"] == 1)
    #expect(header["seed"] == 5)
    #expect(header["objective"] == ["metric": "validation_loss", "mode": "min"])
    #expect(header["scheduler"]?["resources"] == [1, 2, 4])
    #expect(header["search_space"]?["x"] == ["type": "float", "min": 0, "max": 1])
    #expect(header["start_with"] == [["x": 0.25, "y": 7], ["x": 0.75, "y": 8]])
    #expect(header["workers"] == 3)
    var text = JournalText()
    text.append(header: header)
    let read = try JSONValue(parsing: text.lines.bytes)
    guard case .object = read else {
      Issue.record("no header")
      return
    }
    #expect(read.members?.dropLast() == header.members?[...] && read.members?.last?.key == "sum")
  }

  @Test func everyEventComesBackBitForBit() throws {
    var events: [SearchRecord] = []
    var random = testGenerator(7)
    for _ in 0..<3000 { events.append(try randomEvent(&random)) }
    var journal = try Journal(creating: path)
    for event in events { try journal.append(event) }
    try journal.synchronize()
    let read = try readEvents()
    #expect(read.count == events.count)
    for (index, (event, back)) in zip(events, read).enumerated() {
      #expect(isSame(event, back), "event \(index): \(event) came back as \(back)")
    }
  }

  /// A text keeps at hand what it said of a job's place and of the time; no line may depend on it.
  @Test func linesAreTheSameWhateverStandsBeforeThem() throws {
    let line = try #require(Self.lines.first { $0.contains("-inf") })
    guard case .result(var result) = try SearchRecord(json: JSONValue(parsing: line.utf8)) else {
      Issue.record("\(line) is no result")
      return
    }
    var random = testGenerator(11)
    var text = JournalText()
    var job = JobID(0)
    for round in 0..<20_000 {
      // Few of everything, so that much is said again, and some of it with a single difference.
      let pick = { (random: inout CounterGenerator) in random.chance(0.9) ? 7 : random.pick([8, 1 << 30, .max]) }
      if random.chance(0.3) { job = JobID(random.below(50)) }
      let place = Job(
        id: job, trial: TrialID(pick(&random)), bracket: BracketIndex(pick(&random)), rung: RungIndex(pick(&random)),
        resource: Resource(pick(&random)), resumeResource: 0, attempt: 1, seed: 0, configuration: [:])
      let worker = WorkerID(random.pick([3, 4, 3 + 256, 3 + 512]))
      let time = random.pick([0, 1.5, 1.5, 2, 1e12, 123_456.789012])
      (result.job, result.trial, result.bracket) = (place.id, place.trial, place.bracket)
      (result.rung, result.resource, result.worker) = (place.rung, place.resource, worker)
      (result.seconds, result.time) = (random.pick([0, 1.5]), time)
      let event: SearchRecord =
        random.chance(0.5) ? .dispatch(place, worker: worker, time: time) : .result(result)
      text.lines.removeAll()
      text.append(event)
      var alone = JournalText()
      alone.append(event)
      #expect(text.lines.bytes == alone.lines.bytes, "round \(round)")
    }
  }

  /// Equal with the sign of zero and the scalars of texts, which `==` overlooks.
  private func isSame(_ a: SearchRecord, _ b: SearchRecord) -> Bool {
    var text = JournalText()
    var other = JournalText()
    text.append(a)
    other.append(b)
    guard text.lines.bytes == other.lines.bytes else { return false }
    let bits = { (numbers: [Double]) in numbers.map { $0.isNaN ? 0 : $0.bitPattern } }
    switch (a, b) {
    case (.result(let a), .result(let b)):
      let numbers = { (result: SearchRecord.Result) in
        bits([result.loss.value, result.seconds, result.time] + result.metrics.map(\.value))
      }
      return numbers(a) == numbers(b)
    case (.report(let a), .report(let b)):
      let numbers = { (report: SearchRecord.Report) in
        bits([report.loss.value, report.time] + report.metrics.map(\.value))
      }
      return numbers(a) == numbers(b)
    default: return a == b
    }
  }

  private func randomEvent(_ random: inout CounterGenerator) throws -> SearchRecord {
    let number = { (random: inout CounterGenerator) in Int(random.next() >> UInt64(17 + random.below(46))) }
    // Times are kept to the microsecond.
    let time = { (random: inout CounterGenerator) in Double(random.next() >> UInt64(14 + random.below(50))) / 1e6 }
    let real = { (random: inout CounterGenerator) in
      random.chance(0.2)
        ? random.pick([
          0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .ulpOfOne,
        ])
        : Double(bitPattern: random.next())
    }
    let configuration = { (random: inout CounterGenerator) in
      Configuration(
        (0..<random.below(5)).map { index in
          let finite = real(&random)
          let value: ParameterValue = random.pick([
            .integer(number(&random)), .real(finite.isFinite ? finite : 0.5), .text(randomText(&random)),
            .flag(true),
            .flag(false),
          ])
          return .init("\(index)" + randomText(&random), value)
        })
    }
    let template = try #require(SearchRecord(json: JSONValue(parsing: random.pick(Self.lines).utf8)))
    switch template {
    case .resume:
      let site = RunSite(
        started: random.chance(0.5) ? randomText(&random) : nil,
        hosts: (0..<random.below(4)).map { _ in randomText(&random) },
        batchJob: random.chance(0.5) ? randomText(&random) : nil)
      return .resume(time: time(&random), workers: random.chance(0.5) ? 1 + random.below(9) : nil, site: site)
    case .horizon:
      return .horizon(random.chance(0.3) ? nil : Resource(number(&random)), time: time(&random))
    case .model:
      let answer = ModelAnswer(
        results: number(&random), suggestions: (0..<random.below(4)).map { _ in configuration(&random) })
      return .model(answer, time: time(&random))
    case .stop: return .stop(random.pick(StopReason.allCases), time: time(&random))
    case .dispatch:
      let rung = random.below(3)
      let job = Job(
        id: JobID(number(&random)), trial: TrialID(number(&random)), bracket: BracketIndex(random.below(5)),
        rung: RungIndex(rung), resource: Resource(Int(random.next() >> 1)), resumeResource: 0,
        attempt: 1 + random.below(3), seed: 0,
        configuration: rung == 0 ? configuration(&random) : Configuration())
      return .dispatch(job, worker: WorkerID(number(&random)), time: time(&random))
    case .result(var result):
      result.job = JobID(number(&random))
      result.trial = TrialID(number(&random))
      result.loss = Loss(real(&random))
      (result.time, result.seconds) = (time(&random), time(&random))
      result.metrics = (0..<random.below(4)).map { .init("\($0)" + randomText(&random), real(&random)) }
      return .result(result)
    case .report(var report):
      report.job = JobID(number(&random))
      report.resource = Resource(Int(random.next() >> 1))
      report.loss = Loss(real(&random))
      report.isStopped = random.chance(0.5)
      report.time = time(&random)
      report.metrics = (0..<random.below(4)).map { .init("\($0)" + randomText(&random), real(&random)) }
      return .report(report)
    case .failure(var failure):
      failure.worker = WorkerID(number(&random))
      failure.reason = randomText(&random)
      failure.kind = random.pick(FailureKind.allCases)
      failure.isFinal = random.chance(0.5)
      failure.time = time(&random)
      return .failure(failure)
    }
  }

  // MARK: Files

  private func readEvents() throws -> [SearchRecord] {
    var events: [SearchRecord] = []
    try JournalReader(path: path).forEach { events.append($0) }
    return events
  }

  /// The reader takes pieces of a few megabytes; lines lie across their ends, and one is longer than a piece.
  @Test func aLongJournalIsReadPieceByPieceAsAWhole() throws {
    var random = testGenerator(23)
    var events: [SearchRecord] = []
    var text = JournalText()
    for number in 0..<40_000 {
      var event = try randomEvent(&random)
      if number == 20_000, case .failure(var failure) = try randomFailure(&random) {
        failure.reason = String(repeating: "x", count: 9 << 20)
        event = .failure(failure)
      }
      events.append(event)
      text.append(event)
    }
    let torn = Array("{\"event\":\"resul".utf8)
    try Disk.writeAtomically(text.lines.bytes + torn, to: path)
    #expect(text.lines.count > 3 << 22)
    let reader = try JournalReader(path: path)
    #expect(reader.length == text.lines.count && reader.hasTornLine && !reader.isEmpty)
    var index = 0
    try reader.forEach { event in
      #expect(isSame(event, events[index]), "event \(index)")
      index += 1
    }
    #expect(index == events.count)
    var stops = 0
    try reader.forEach(kind: "stop") { if case .stop = $0 { stops += 1 } }
    #expect(stops == events.count { if case .stop = $0 { true } else { false } })
    // Damage is named by its line, whatever piece it is in.
    var bytes = text.lines.bytes
    let line = 39_000
    var start = 0
    for _ in 1..<line { start = (bytes[start...].firstIndex(of: 0x0A) ?? 0) + 1 }
    bytes[start + 12] ^= 1
    try Disk.writeAtomically(bytes, to: path)
    let error = #expect(throws: JournalError.self) { try JournalReader(path: path).forEach { _ in } }
    #expect(error?.line == line)
  }

  private func randomFailure(_ random: inout CounterGenerator) throws -> SearchRecord {
    while true {
      if case .failure(let failure) = try randomEvent(&random) { return .failure(failure) }
    }
  }

  /// Storage is set aside for a journal that grows fast; none of it may stay with one that has ended.
  @Test func aJournalThatHasEndedTakesNoMoreRoomThanItsLines() throws {
    let roomTaken = { () throws -> Int in
      var status = stat()
      try #require(stat(path, &status) == 0)
      return Int(status.st_blocks) * 512
    }
    let event = try #require(SearchRecord(json: JSONValue(parsing: Self.lines[0].utf8)))
    var count = 0
    func grow(_ journal: inout Journal, by lines: Int) throws {
      for _ in 0..<lines { try journal.append(event) }
      try journal.synchronize()
      count += lines
    }
    var first = try Journal(creating: path)
    try grow(&first, by: 5000)
    let length = first.length
    #expect(length > 3 << 18)
    _ = consume first
    #expect(try roomTaken() < length + (1 << 18))
    var resumed = try Journal(resuming: path, length: length)
    try grow(&resumed, by: 5000)
    _ = consume resumed
    #expect(try roomTaken() < 2 * length + (1 << 18))
    #expect(try readEvents().count == count)
  }

  /// Most lines are read by a short cut that knows how this program writes them. Whatever has become of a line, it must
  /// say what is said without it.
  @Test func theShortCutReadsWhatJSONSays() throws {
    let space = try SearchSpace([
      Parameter("rate", .float(FloatDomain(min: 1e-9, max: 1))),
      Parameter("units", .categorical([16, "a \"b\"", true])),
      Parameter("depth", .integer(IntegerDomain(min: 0, max: 9)), when: Condition([.init("units", in: [16])])),
    ])
    var random = testGenerator(7)
    var (read, refused) = (0, 0)
    for round in 0..<6000 {
      var event = try randomEvent(&random)
      if case .dispatch(var job, let worker, let time) = event, job.rung == 0, random.chance(0.8) {
        job.configuration = space.configuration { _ in random.uniform() }
        event = .dispatch(job, worker: worker, time: time)
      }
      if case .result(var result) = event, random.chance(0.3) {
        var curve = LearningCurve.Recorder()
        for unit in 0..<random.below(5) { curve.append(.init(resource: Double(unit) / 2, loss: random.uniform())) }
        result.curve = curve.curve
        event = .result(result)
      }
      let isSealed = random.chance(0.3)
      var text = JournalText(sealsLines: isSealed)
      text.append(event)
      var line = Array(text.lines.bytes.dropLast())
      // A sum finds every change; what is said of changed lines, those without one show.
      for _ in 0..<(isSealed || random.chance(0.3) ? 0 : 1 + random.below(2)) {
        let at = random.below(line.count)
        let byte = random.pick(Array("{}[]\",:.-+ 0159eEx\\\t".utf8) + [0x80, 0xC3])
        switch random.below(4) {
        case 0: line.remove(at: at)
        case 1: line.insert(byte, at: at)
        case 2: line[at] = byte
        default: line.insert(line[random.below(line.count)], at: at)
        }
      }
      try Disk.writeAtomically(line + [0x0A], to: path)
      let expected = (try? JSONValue(parsing: line)).flatMap { SearchRecord(json: $0) }
      for knowsSpace in [true, false] {
        var events: [SearchRecord] = []
        try? JournalReader(path: path).forEach(in: knowsSpace ? space : nil) { events.append($0) }
        let said = String(decoding: line, as: UTF8.self)
        #expect(events.map { "\($0)" } == (expected.map { ["\($0)"] } ?? []), "round \(round): \(said)")
      }
      if expected == nil { refused += 1 } else { read += 1 }
    }
    #expect(read > 3000 && refused > 1000)
  }

  private func problem(with text: String) throws -> String {
    try Disk.writeAtomically(Array(text.utf8), to: path)
    do {
      return "\(try readEvents().count) events"
    } catch let error as JournalError {
      return error.description.replacing(path, with: "journal")
    }
  }

  @Test func aTornLastLineIsLeftOut() throws {
    let whole = Self.lines[0] + "\n" + Self.lines[2] + "\n"
    let bytes = Array(whole.utf8)
    for length in 0...bytes.count {
      try Disk.writeAtomically(Array(bytes.prefix(length)), to: path)
      let lines = bytes.prefix(length).count { $0 == 0x0A }
      #expect(try readEvents().count == lines, "after \(length) bytes")
    }
  }

  @Test(arguments: [
    ("{]\n", "no valid JSON at byte 1: expected a key"),
    ("\n", "no valid JSON at byte 0: the text ends early"),
    ("{\"event\":\"party\"}\n", "no event that this program knows"),
    ("{\"event\":\"stop\",\"reason\":\"boredom\",\"time\":1}\n", "no event that this program knows"),
    ("{\"event\":\"resume\"}\n", "no event that this program knows"),
    (lines[2].replacing("\"trial\":5", with: "\"trial\":-5") + "\n", "no event that this program knows"),
    (lines[2].replacing("\"rung\":0", with: "\"rung\":9223372036854775807") + "\n", "no event that this program knows"),
    (lines[2].replacing("{\"accuracy\":0.9,\"f1\":\"nan\"}", with: "3") + "\n", "no event that this program knows"),
    (lines[0].replacing("64", with: "null") + "\n", "no event that this program knows"),
    (
      "{\"event\":\"study\",\"version\":2}\n",
      "the journal is of version 2, and this program reads version 1"
    ),
  ]) func damageIsReportedWithItsLine(line: String, problem: String) throws {
    let sound = Self.lines[0] + "\n"
    #expect(try self.problem(with: sound + sound + line + sound) == "journal:3: \(problem)")
  }

  @Test func aMissingJournalIsAnError() {
    #expect(throws: JournalError.self) { try JournalReader(path: path) }
  }

  @Test func anExistingJournalIsNeverOverwritten() throws {
    try Disk.writeAtomically([1], to: path)
    #expect(throws: DiskError.self) { _ = try Journal(creating: path) }
    #expect(try Disk.read(path) == [1])
  }

  @Test func eventsReachTheFileWithTheGroupTheyAreIn() throws {
    var journal = try Journal(creating: path)
    try journal.append(.resume(time: 1))
    #expect(try Disk.read(path) == [])
    try journal.write()
    #expect(try readEvents() == [.resume(time: 1)])
    try journal.append(.resume(time: 2))
    try journal.commit(at: 0.5)
    #expect(try readEvents().count == 2)
    // A group that has grown large goes out by itself.
    for _ in 0..<20_000 { try journal.append(.resume(time: 3)) }
    #expect(try readEvents().count > 10_000)
  }

  @Test func aJournalThatCanNotBeWrittenSaysSo() throws {
    var journal = try Journal(appendingTo: "/dev/full")
    try journal.append(.resume(time: 1))
    var message = ""
    do { try journal.write() } catch { message = error.description }
    #expect(message == "can't write to /dev/full: No space left on device")
  }
}

/// A line with its sum, computed bit by bit (CRC-32 of ISO 3309, reflected, as zlib's).
func sealed(_ line: String) -> String {
  var sum: UInt32 = .max
  for byte in line.utf8.dropLast() {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }
  let digits = String(~sum, radix: 16)
  return line.dropLast() + ",\"sum\":\"" + String(repeating: "0", count: 8 - digits.count) + digits + "\"}"
}
