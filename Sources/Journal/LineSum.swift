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
    let firstDigit = line.upperBound - restLength
    guard bytes[start..<firstDigit].elementsEqual(beginning.description.utf8),
      bytes[firstDigit + digits] == UInt8(ascii: "\"")
    else { return .isMissing }
    var said: UInt32 = 0
    for digit in bytes[firstDigit..<(firstDigit + digits)] {
      guard let value = Self.value(ofDigit: digit) else { return .isWrong }
      said = said << 4 | value
    }
    let isWhole =
      unsafe bytes.withUnsafeBytes { unsafe of(UnsafeRawBufferPointer(rebasing: $0[line.lowerBound..<start])) } == said
    return isWhole ? .fits : .isWrong
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
