/// Why bytes are no snapshot of a scheduler.
public struct SnapshotError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with them.
  public let problem: String

  public init(_ problem: String) { self.problem = problem }

  public var description: String { "not a snapshot of a scheduler: \(problem)" }
}

/// Writes numbers as bytes: whole ones in groups of seven bits, the lowest first (LEB128), losses as their eight
/// bytes, the lowest first.
struct SnapshotWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(byte: UInt8) { bytes.append(byte) }

  mutating func write(_ count: Int) {
    var left = UInt64(bitPattern: Int64(count))
    while left >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: left) | 0x80)
      left >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: left))
  }

  mutating func write(_ value: Double) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
    }
  }

  mutating func write(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  mutating func write(_ text: String) {
    write(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }
}

/// Reads what `SnapshotWriter` writes. Whatever the bytes, it throws and never traps; nothing is accepted that the
/// writer would write otherwise.
struct SnapshotReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }
  /// How many bytes are left: no list can have more items.
  var bytesLeft: Int { bytes.count - position }

  mutating func readByte() throws(SnapshotError) -> UInt8 {
    guard position < bytes.count else { throw SnapshotError("it ends too early, after \(position) bytes") }
    defer { position += 1 }
    return bytes[position]
  }

  /// A number from 0 to `limit`.
  mutating func readCount(upTo limit: Int = .max) throws(SnapshotError) -> Int {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      let byte = try readByte()
      value |= UInt64(byte & 0x7f) << shift
      guard byte & 0x80 == 0 else { continue }
      guard byte != 0 || shift == 0, value <= UInt64(limit) else { break }
      return Int(value)
    }
    throw SnapshotError("the number at byte \(start) is not from 0 to \(limit)")
  }

  mutating func readDouble() throws(SnapshotError) -> Double {
    var pattern: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) { pattern |= UInt64(try readByte()) << shift }
    return Double(bitPattern: pattern)
  }

  mutating func readFlag() throws(SnapshotError) -> Bool {
    let start = position
    let byte = try readByte()
    guard byte <= 1 else { throw SnapshotError("the flag at byte \(start) is \(byte)") }
    return byte == 1
  }

  mutating func readText() throws(SnapshotError) -> String {
    let start = position
    let count = try readCount(upTo: bytesLeft)
    guard count <= bytesLeft, let text = String(validating: bytes[position..<position + count], as: UTF8.self) else {
      throw SnapshotError("the text at byte \(start) is none")
    }
    position += count
    return text
  }
}
