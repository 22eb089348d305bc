internal import Files
public import Search
public import SearchSpace
internal import StudyFile
public import Text

/// The journal as records, in the order in which the tuner decided. Read piece by piece: it may be larger than the memory.
public struct JournalReader {
  public let path: String
  /// How many bytes are whole lines; what follows is a torn write.
  public let length: Int
  /// How many bytes there were when the reader was made; it reads no further.
  private let size: Int

  /// How far a journal has been read.
  struct Position {
    var offset = 0
    var lines = 0
    var expectsSums = false
  }

  /// How many bytes are read at once.
  private static let pieceSize = 1 << 20

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
    guard value["version"]?.integer == Journal.version else {
      throw JournalError(
        path: path, line: 1,
        problem: "a journal of another version than \(Journal.version), which this program reads")
    }
    return value
  }

  /// Whether the study's jobs are asked for, one by one.
  ///
  /// - Throws: what ``header()`` does.
  public var isAsked: Bool {
    get throws { try header()[Study.askedKey]?.flag ?? false }
  }

  /// Gives each record, and so each line but the first, to `body`. A last line without its newline is a torn write and left out.
  ///
  /// - Parameters:
  ///   - kind: only the records of this kind, told by how their lines begin; the others are not even parsed.
  ///   - space: where the study's configurations come from, if that is known: they then take less room.
  /// - Complexity: O(length of the journal).
  /// - Throws: ``JournalError`` with the first line that makes no sense.
  public func forEach(kind: String? = nil, in space: SearchSpace? = nil, _ body: (SearchRecord) throws -> Void) throws {
    var position = Position()
    try forEach(kind: kind, in: space, after: &position, body)
  }

  /// The same from a position on, which is then the end of what was read.
  func forEach(
    kind: String? = nil, in space: SearchSpace? = nil, after position: inout Position,
    _ body: (SearchRecord) throws -> Void
  ) throws {
    let beginning = kind.map { Array("{\"event\":\"\($0)\"".utf8) } ?? []
    var (number, expectsSums) = (position.lines, position.expectsSums)
    var offset = position.offset
    defer { position = Position(offset: offset, lines: number, expectsSums: expectsSums) }
    try forEachPiece(from: &offset) { bytes in
      var lines = JournalLines(bytes, layout: space?.layout)
      lines.expectsSums = expectsSums
      defer { expectsSums = lines.expectsSums }
      while true {
        number += 1
        let isWanted = lines.begins(with: beginning)
        if isWanted, let event = lines.next() {
          try body(event)
          continue
        }
        guard let line = lines.pass() else {
          number -= 1
          return
        }
        guard isWanted else { continue }
        if let record = try record(of: line, number: number, in: bytes, &lines, space) { try body(record) }
      }
    }
  }

  /// Gives the whole lines after an offset to `body`, as many at a time as a piece has, and moves the offset behind them.
  private func forEachPiece(from offset: inout Int, _ body: ([UInt8]) throws -> Void) throws {
    var count = Self.pieceSize
    while offset < length {
      var bytes = try Disk.read(path, from: offset, count: min(count, length - offset)) ?? []
      guard let end = bytes.lastIndex(of: 0x0A) else {
        // The file has become shorter since it was opened, or a line is longer than a piece.
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

  /// The record of a line that takes all of JSON; nil for the header.
  private func record(
    of line: Range<Int>, number: Int, in bytes: [UInt8], _ lines: inout JournalLines, _ space: SearchSpace?
  ) throws -> SearchRecord? {
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
    if let version = value["version"]?.integer, version != Journal.version {
      throw JournalError(
        path: path, line: number,
        problem: "the journal is of version \(version), and this program reads version \(Journal.version)")
    }
    if value[LineSum.promise] != nil, !lines.expectsSums { throw damage(of: number) }
    if value["event"]?.text == "study" {
      guard number == 1 else {
        throw JournalError(path: path, line: number, problem: "a second header: two journals in one file?")
      }
      return nil
    }
    guard let record = SearchRecord(json: value, layout: space?.layout) else {
      throw JournalError(path: path, line: number, problem: "no event that this program knows")
    }
    return record
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
