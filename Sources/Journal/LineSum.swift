internal import CZlib
internal import Text

/// The checksum that a journal's line ends with: `,"sum":"1c291ca3"}`, in place of its last brace.
///
/// It is the CRC-32 (ISO-HDLC, as zlib's `crc32` and Python's `zlib.crc32`) of all bytes of the line before `,"sum"`, as eight
/// hexadecimal digits. A line whose bytes have changed on a disk or in an editor is told by it; whoever does so on purpose can
/// change both.
enum LineSum {
  static let beginning: StaticString = ",\"sum\":\""
  /// What stands behind ``beginning``: the digits, a quotation mark and the brace.
  static let restLength = digits + 2
  /// The header's key that promises that every line of the journal has one.
  static let promise = "sums"
  private static let digits = 8
  /// Bytes from the comma to the last brace.
  static let length = beginning.utf8CodeUnitCount + restLength

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    unsafe UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
  }

  /// How a line stands to its sum.
  enum Verdict { case fits, isWrong, isMissing }

  /// Judges a line, given without its end.
  static func judge(_ line: Range<Int>, of bytes: [UInt8]) -> Verdict {
    guard line.count >= length, bytes[line.upperBound - 1] == UInt8(ascii: "}") else { return .isMissing }
    let start = line.upperBound - length
    guard bytes[start..<(line.upperBound - restLength)].elementsEqual(beginning.description.utf8),
      bytes[line.upperBound - 2] == UInt8(ascii: "\"")
    else { return .isMissing }
    return fits(line, of: bytes) ? .fits : .isWrong
  }

  /// Whether the bytes of a line give the sum that it ends with. The line is given without its end, and has
  /// ``beginning`` where its sum begins.
  static func fits(_ line: Range<Int>, of bytes: [UInt8]) -> Bool {
    var said: UInt32 = 0
    for place in (line.upperBound - restLength)..<(line.upperBound - restLength + digits) {
      guard let value = Self.value(ofDigit: bytes[place]) else { return false }
      said = said << 4 | value
    }
    guard bytes[line.upperBound - 2] == UInt8(ascii: "\""), bytes[line.upperBound - 1] == UInt8(ascii: "}") else {
      return false
    }
    let start = line.upperBound - length
    return unsafe bytes.withUnsafeBytes { unsafe of(UnsafeRawBufferPointer(rebasing: $0[line.lowerBound..<start])) }
      == said
  }

  private static func value(ofDigit digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a") + 10)
    default: nil
    }
  }
}

extension JSONText {
  /// Appends the sum of the bytes from `first` on, as a line of a journal ends with it.
  mutating func append(sumFrom first: Int) {
    var sum = unsafe withBytes { unsafe LineSum.of(UnsafeRawBufferPointer(rebasing: $0[first...])) }
    var cursor = cursor(withRoomFor: LineSum.length)
    cursor.put(LineSum.beginning)
    for _ in 0..<8 {
      let digit = UInt8(truncatingIfNeeded: sum >> 28)
      cursor.put(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
      sum <<= 4
    }
    cursor.put(byte: UInt8(ascii: "\""))
    end(at: cursor)
  }
}
