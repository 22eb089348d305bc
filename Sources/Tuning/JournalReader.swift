internal import Files
public import SearchSpace
internal import TuningTypes

/// A journal that cannot be read, and where.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var line: Int
  public var problem: String
  /// What to do about it, where there is something to do.
  public var advice: String?

  public init(path: String, line: Int, problem: String, advice: String? = nil) {
    self.path = path
    self.line = line
    self.problem = problem
    self.advice = advice
  }

  public var description: String { "\(path):\(line): \(problem)" + (advice.map { ". \($0)" } ?? "") }
}

/// The journal as events, in the order in which the tuner decided. Read piece by piece: it may be larger than the memory.
public struct JournalReader {
  public let path: String
  /// How many bytes are whole lines; what follows is a torn write.
  public let length: Int
  /// How many bytes there were when the reader was made; it reads no further.
  private let size: Int

  /// How many bytes are read at once.
  private static let pieceSize = 1 << 22

  /// - Throws: ``DiskError``; ``JournalError`` where there is no journal.
  public init(path: String) throws {
    guard Disk.exists(path), !Disk.isFolder(path) else {
      throw JournalError(path: path, line: 0, problem: "no journal here")
    }
    self.path = path
    size = Disk.size(path)
    length = try Self.endOfLastLine(path, size: size)
  }

  /// Where the last line's end is, looked for from the end on.
  private static func endOfLastLine(_ path: String, size: Int) throws -> Int {
    var end = size
    while end > 0 {
      let start = max(0, end - (1 << 16))
      let bytes = try Disk.read(path, from: start, count: end - start) ?? []
      if let newline = bytes.lastIndex(of: 0x0A) { return start + newline + 1 }
      end = start
    }
    return 0
  }

  /// Whether the last line is torn: it has no end.
  public var hasTornLine: Bool { length < size }

  /// Whether there is nothing but, at most, the beginning of a header: the study ended before it began.
  public var isEmpty: Bool {
    guard length == 0 else { return false }
    // Bytes without a line's end that don't begin as a header are a damaged journal, not an empty one.
    let beginning = Array("{\"event\":\"study\"".utf8)
    let bytes = (try? Disk.read(path, from: 0, count: min(size, beginning.count))) ?? []
    return bytes.elementsEqual(beginning.prefix(bytes.count))
  }

  /// The bytes of the first line, without its end.
  private func firstLine() throws -> [UInt8] {
    var count = min(size, 1 << 16)
    while true {
      let bytes = try Disk.read(path, from: 0, count: count) ?? []
      if let end = bytes.firstIndex(of: 0x0A) { return Array(bytes[..<end]) }
      if count >= size { return bytes }
      count = min(size, count * 4)
    }
  }

  /// The first line: what the study is.
  ///
  /// - Throws: ``JournalError`` where the journal doesn't begin as one.
  public func header() throws -> JSONValue {
    let bytes = try firstLine()
    let end = bytes.count
    guard let value = try? JSONValue(parsing: bytes, in: 0..<end), value["event"]?.text == "study" else {
      throw JournalError(path: path, line: 1, problem: "no header: the file is not a study's journal")
    }
    let verdict = LineSum.judge(0..<end, of: bytes)
    if verdict == .isWrong || verdict == .isMissing && value[LineSum.promise] != nil { throw damage(of: 1) }
    guard value["version"]?.integer == JournalEvent.version else {
      throw JournalError(
        path: path, line: 1,
        problem: "a journal of another version than \(JournalEvent.version), which this program reads")
    }
    return value
  }

  /// Whether the study's jobs are asked for, one by one.
  ///
  /// - Throws: what ``header()`` does.
  public var isAsked: Bool {
    get throws { try header()[Study.askedKey]?.flag ?? false }
  }

  /// Gives each event to `body`. A last line without its newline is a torn write and left out.
  ///
  /// - Parameters:
  ///   - kind: only the events of this kind, told by how their lines begin; the others are not even parsed.
  ///   - space: where the study's configurations come from, if that is known: they then take less room.
  /// - Complexity: O(length of the journal).
  /// - Throws: ``JournalError`` with the first line that makes no sense.
  public func forEach(kind: String? = nil, in space: SearchSpace? = nil, _ body: (JournalEvent) throws -> Void) throws {
    let beginning = kind.map { Array("{\"event\":\"\($0)\"".utf8) } ?? []
    var (number, expectsSums) = (0, false)
    try forEachPiece { bytes in
      var lines = JournalLines(bytes, layout: space?.layout)
      lines.expectsSums = expectsSums
      defer { expectsSums = lines.expectsSums }
      while true {
        number += 1
        if lines.begins(with: beginning), let event = lines.next() {
          try body(event)
          continue
        }
        guard let line = lines.pass() else {
          number -= 1
          return
        }
        guard bytes[line].starts(with: beginning) else { continue }
        try body(event(of: line, number: number, in: bytes, &lines, space))
      }
    }
  }

  /// Gives the whole lines to `body`, as many at a time as a piece has.
  private func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
    var offset = 0
    var count = Self.pieceSize
    while offset < length {
      var bytes = try Disk.read(path, from: offset, count: min(count, length - offset)) ?? []
      guard let end = bytes.lastIndex(of: 0x0A) else {
        // Somebody has cut the file off meanwhile, or a line is longer than a piece.
        guard bytes.count == min(count, length - offset), count < length - offset else { return }
        count *= 2
        continue
      }
      bytes.removeSubrange((end + 1)...)
      offset += bytes.count
      count = Self.pieceSize
      try body(bytes)
    }
  }

  /// The event of a line that takes all of JSON.
  private func event(
    of line: Range<Int>, number: Int, in bytes: [UInt8], _ lines: inout JournalLines, _ space: SearchSpace?
  ) throws -> JournalEvent {
    switch LineSum.judge(line, of: bytes) {
    case .fits: lines.expectsSums = true
    case .isMissing where !lines.expectsSums: break
    case .isMissing, .isWrong: throw damage(of: number)
    }
    let value: JSONValue
    do {
      value = try JSONValue(parsing: bytes, in: line)
    } catch {
      throw JournalError(path: path, line: number, problem: "\(error)")
    }
    if let version = value["version"]?.integer, version != JournalEvent.version {
      throw JournalError(
        path: path, line: number,
        problem: "the journal is of version \(version), and this program reads version \(JournalEvent.version)")
    }
    if value[LineSum.promise] != nil, !lines.expectsSums { throw damage(of: number) }
    guard let event = JournalEvent(json: value, layout: space?.layout) else {
      throw JournalError(path: path, line: number, problem: "no event that this program knows")
    }
    return event
  }
}

extension JournalReader {
  private func damage(of line: Int) -> JournalError {
    JournalError(
      path: path, line: line, problem: "the line is damaged: its bytes do not give its sum",
      advice:
        "Put a copy of the file in its place; or keep one and delete this line and those below it, whose jobs then run "
        + "again")
  }
}

extension JournalEvent {
  /// The event that a journal line holds; nil where a key is missing or of a wrong type.
  public init?(json: JSONValue) { self.init(json: json, layout: nil) }

  /// - Parameter layout: for the configuration, if it has a place for everything there.
  fileprivate init?(json: JSONValue, layout: Configuration.Layout?) {
    switch json["event"]?.text {
    case "study":
      self = .study(json)
    case "dispatch":
      guard let place = Place(json), let resource = place.resource else { return nil }
      var entries: [Configuration.Entry] = []
      guard let members = json["configuration"].map(\.members) ?? [] else { return nil }
      for member in members {
        guard let value = ParameterValue(json: member.value) else { return nil }
        entries.append(.init(member.key, value))
      }
      guard let attempt = json["attempt"].map(\.integer) ?? 1 else { return nil }
      let job = Job(
        id: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
        resumeResource: 0, attempt: attempt, seed: 0, configuration: Configuration(entries, in: layout))
      self = .dispatch(job, worker: place.worker, time: place.time)
    case "result":
      guard let place = Place(json), let resource = place.resource, let loss = json["loss"]?.number,
        let seconds = json["seconds"]?.time
      else { return nil }
      var metrics: [TrainingReport.Metric] = []
      guard let members = json["metrics"].map(\.members) ?? [] else { return nil }
      for member in members {
        guard let value = member.value.number else { return nil }
        metrics.append(.init(member.key, value))
      }
      guard let curve = LearningCurve(json: json["curve"]) else { return nil }
      self = .result(
        Result(
          job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, resource: resource,
          worker: place.worker, loss: Loss(loss), seconds: seconds, time: place.time, metrics: metrics,
          curve: curve))
    case "failure":
      guard let place = Place(json), let attempt = json["attempt"]?.integer, let isFinal = json["final"]?.flag,
        let kind = json["kind"]?.text.flatMap(FailureKind.init(rawValue:)), let reason = json["reason"]?.text
      else { return nil }
      self = .failure(
        Failure(
          job: place.job, trial: place.trial, bracket: place.bracket, rung: place.rung, worker: place.worker,
          attempt: attempt, kind: kind, isFinal: isFinal, reason: reason, time: place.time))
    case "resume":
      guard let time = json["time"]?.time, let overrides = json["overrides"].map(\.elements) ?? [] else { return nil }
      let texts = overrides.compactMap(\.text)
      let workers = json["workers"]?.integer
      guard texts.count == overrides.count, (workers == nil) == (json["workers"] == nil) else { return nil }
      self = .resume(time: time, workers: workers, overrides: texts)
    case "horizon":
      guard let time = json["time"]?.time else { return nil }
      if let units = json["units"]?.integer {
        guard (0...Place.limit).contains(units) else { return nil }
        self = .horizon(Resource(units), time: time)
      } else {
        guard json["units"] == .null else { return nil }
        self = .horizon(nil, time: time)
      }
    case "stop":
      guard let time = json["time"]?.time, let reason = json["reason"]?.text.flatMap(StopReason.init(rawValue:))
      else { return nil }
      self = .stop(reason, time: time)
    default:
      return nil
    }
  }

  /// What dispatches, results and failures have in common.
  struct Place {
    var job: JobID
    var trial: TrialID
    var bracket: BracketIndex
    var rung: RungIndex
    /// Failures have none.
    var resource: Resource?
    var worker: WorkerID
    var time: Double

    /// More than any study counts to: what reads a journal need not fear for its arithmetic.
    static let limit = 1 << 48

    fileprivate init?(_ json: JSONValue) {
      guard let job = json["job"]?.integer, let trial = json["trial"]?.integer,
        let bracket = json["bracket"]?.integer, let rung = json["rung"]?.integer,
        let worker = json["worker"]?.integer, let time = json["time"]?.time
      else { return nil }
      self.init(
        job: job, trial: trial, bracket: bracket, rung: rung, resource: json["resource"]?.integer, worker: worker,
        time: time)
    }

    init?(job: Int, trial: Int, bracket: Int, rung: Int, resource: Int?, worker: Int, time: Double) {
      let limits = 0...Self.limit
      guard limits ~= job, limits ~= trial, limits ~= bracket, limits ~= rung, limits ~= worker else { return nil }
      self.job = JobID(job)
      self.trial = TrialID(trial)
      self.bracket = BracketIndex(bracket)
      self.rung = RungIndex(rung)
      self.resource = resource.map { Resource($0) }
      self.worker = WorkerID(worker)
      self.time = time
    }
  }
}

extension JSONValue {
  /// A length of time in seconds: finite and not negative.
  var time: Double? { number.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil } }
}

extension LearningCurve {
  fileprivate init?(json: JSONValue?) {
    self.init()
    guard let json else { return }
    guard let pairs = json.elements else { return nil }
    var points: [Point] = []
    for pair in pairs {
      guard let values = pair.elements, values.count == 2, let resource = values[0].number, let loss = values[1].number
      else { return nil }
      points.append(Point(resource: resource, loss: loss))
    }
    self.init(points: points)
  }
}

extension ParameterValue {
  init?(json: JSONValue) {
    switch json {
    case .flag(let value): self = .flag(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .real(value)
    case .text(let value): self = .text(value)
    case .null, .array, .object: return nil
    }
  }
}
