internal import Files

/// Bytes cut into lines, of which none is kept beyond a limit, so that no output makes memory grow.
package struct LineCutter {
  /// No answer of a sane program is as long.
  package static let longestLine = 1 << 20

  private var partial: [UInt8] = []
  private var isTooLong = false

  package init() {}

  /// Takes what was read and hands on every line that it completes, without its end. A line that is too long is dropped.
  package mutating func append(_ bytes: ArraySlice<UInt8>, _ take: (ArraySlice<UInt8>) -> Void) {
    var rest = bytes
    while let end = rest.firstIndex(of: 0x0A) {
      if partial.isEmpty, !isTooLong {
        take(rest[..<end])
      } else {
        keep(rest[..<end])
        finish(take)
      }
      rest = rest[(end + 1)...]
    }
    keep(rest)
  }

  /// Hands on the last line where it has no end.
  package mutating func finish(_ take: (ArraySlice<UInt8>) -> Void) {
    if !isTooLong, !partial.isEmpty { take(partial[...]) }
    partial.removeAll(keepingCapacity: partial.capacity <= 1 << 16)
    isTooLong = false
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    if isTooLong || partial.count + bytes.count > Self.longestLine {
      isTooLong = true
      partial = []
    } else {
      partial += bytes
    }
  }
}

/// The last bytes of a stream of any length.
package struct StreamEnd {
  package let limit: Int
  private var bytes: [UInt8] = []
  /// How many came before those.
  package private(set) var dropped = 0

  package init(limit: Int) { self.limit = limit }

  package mutating func append(_ more: ArraySlice<UInt8>) {
    bytes += more
    // Cut off half of it at a time, this costs O(1) a byte.
    guard bytes.count > 2 * limit else { return }
    drop()
  }

  /// The last `limit` bytes.
  package mutating func take() -> [UInt8] {
    drop()
    return bytes
  }

  private mutating func drop() {
    let excess = bytes.count - limit
    guard excess > 0 else { return }
    bytes.removeFirst(excess)
    dropped += excess
  }
}

/// The file that keeps what a program writes during one job, to standard error and, but for its answers, to standard output: the
/// first and the last 512 KiB.
///
/// There is no file where the program writes nothing.
struct CommandLog {
  static let limit = 512 << 10

  private let path: String?
  private let root: String?
  private var file: Int32?
  private var isClosed = false
  /// The file, where there is one.
  private(set) var writtenPath: String?
  private var room = CommandLog.limit
  private var end = StreamEnd(limit: CommandLog.limit)
  /// The very end, for the reason of a failure.
  private var lastLines = StreamEnd(limit: 4 << 10)
  private(set) var problem: DiskError?

  /// - Parameters:
  ///   - path: of the file; nil keeps none.
  ///   - root: a folder above it that is there; no link below it is followed.
  init(path: String?, below root: String?) {
    self.path = path
    self.root = root
  }

  /// Takes what was written to standard error.
  mutating func append(_ bytes: ArraySlice<UInt8>) {
    lastLines.append(bytes)
    appendOutput(bytes)
  }

  /// Takes a line of standard output.
  mutating func append(line: ArraySlice<UInt8>) { appendOutput(line + [UInt8(ascii: "\n")]) }

  private mutating func appendOutput(_ bytes: ArraySlice<UInt8>) {
    guard let path, problem == nil, !isClosed else { return }
    let beginning = bytes.prefix(room)
    room -= beginning.count
    end.append(bytes.dropFirst(beginning.count))
    guard !beginning.isEmpty else { return }
    write(Array(beginning), to: path)
  }

  /// Writes what is left and closes the file. What comes after is not kept.
  mutating func close() {
    isClosed = true
    guard let path, let open = file else { return }
    let last = end.take()
    if end.dropped > 0 { write(Array("\n[… \(end.dropped) bytes are left out here …]\n".utf8), to: path) }
    if !last.isEmpty { write(last, to: path) }
    Disk.closeFile(open)
    file = nil
  }

  private mutating func write(_ bytes: [UInt8], to path: String) {
    guard problem == nil else { return }
    do throws(DiskError) {
      if file == nil {
        file = try Disk.createForWriting(path, below: root)
        writtenPath = path
      }
      if let file { try Disk.write(bytes, to: file, path: path) }
    } catch {
      // A job is not to fail for its log.
      problem = error
    }
  }

  /// The last lines in one, as far as they say anything: for the reason of a failure.
  mutating func summary() -> String? {
    let text = String(decoding: lastLines.take(), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).suffix(8).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        .trimmingSpaces
    }
    let joined = lines.filter { !$0.isEmpty }.joined(separator: " | ")
    return joined.isEmpty ? nil : String(joined.suffix(700))
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
