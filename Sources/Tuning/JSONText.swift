public import TuningTypes

/// JSON under construction: bytes that are appended to, with no tree in between.
///
/// The driver writes two lines a job; this keeps each well under a microsecond.
public struct JSONText: Sendable {
  public var bytes: [UInt8] = []

  public init() {}

  public mutating func append(raw text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func append(_ value: Int) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    append(digits: value.magnitude)
  }

  public mutating func append(_ value: UInt64) { append(digits: UInt(value)) }

  private mutating func append(digits value: UInt) {
    if value >= 10 { append(digits: value / 10) }
    bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10))
  }

  /// A number so that reading it gives the same bits; what is not finite as "nan", "inf" or "-inf".
  public mutating func append(_ value: Double) {
    if value.isNaN {
      append(raw: "\"nan\"")
    } else if value.isInfinite {
      append(raw: value < 0 ? "\"-inf\"" : "\"inf\"")
    } else {
      var text = value.description
      text.withUTF8 { bytes.append(contentsOf: $0) }
    }
  }

  /// A time in seconds, to the microsecond.
  public mutating func append(seconds: Double) {
    let microseconds = UInt((Swift.max(0, Swift.min(seconds, 1e12)) * 1e6).rounded())
    append(digits: microseconds / 1_000_000)
    var fraction = microseconds % 1_000_000
    guard fraction > 0 else { return }
    bytes.append(UInt8(ascii: "."))
    var scale: UInt = 100_000
    while fraction > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / scale))
      fraction %= scale
      scale /= 10
    }
  }

  /// A quoted string (RFC 8259, section 7).
  public mutating func append(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.contains(where: Self.needsEscape) { append(escaped: utf8) } else { bytes.append(contentsOf: utf8) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(escaped utf8: some Sequence<UInt8>) {
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x0A: append(raw: "\\n")
      case 0x0D: append(raw: "\\r")
      case 0x09: append(raw: "\\t")
      case 0..<0x20:
        append(raw: "\\u00")
        for nibble in [byte >> 4, byte & 15] {
          bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
      default: bytes.append(byte)
      }
    }
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  public mutating func append(_ value: ParameterValue) {
    switch value {
    case .integer(let value): append(value)
    case .real(let value): append(value)
    case .text(let value): append(value)
    case .flag(let value): append(raw: value ? "true" : "false")
    }
  }

  public mutating func append(_ configuration: Configuration) {
    bytes.append(UInt8(ascii: "{"))
    var isFirst = true
    for entry in configuration.entries {
      if !isFirst { bytes.append(UInt8(ascii: ",")) }
      isFirst = false
      append(entry.name)
      bytes.append(UInt8(ascii: ":"))
      append(entry.value)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// - Parameter indentation: the depth to lay the value out at, or nil for a single line.
  public mutating func append(_ value: JSONValue, indentation: Int? = nil) {
    switch value {
    case .null: append(raw: "null")
    case .flag(let flag): append(raw: flag ? "true" : "false")
    case .integer(let number): append(number)
    case .number(let number): append(number)
    case .text(let text): append(text)
    case .array(let elements):
      let isFlat = elements.allSatisfy { $0.members == nil && $0.elements == nil }
      append(list: elements, brackets: ("[", "]"), indentation: isFlat ? nil : indentation) { text, element, depth in
        text.append(element, indentation: depth)
      }
    case .object(let members):
      append(list: members, brackets: ("{", "}"), indentation: indentation) { text, member, depth in
        text.append(member.key)
        text.append(raw: depth == nil ? ":" : ": ")
        text.append(member.value, indentation: depth)
      }
    }
  }

  private mutating func append<Element>(
    list: [Element], brackets: (StaticString, StaticString), indentation: Int?,
    element append: (inout JSONText, Element, Int?) -> Void
  ) {
    self.append(raw: brackets.0)
    let depth = indentation.map { $0 + 1 }
    for (index, element) in list.enumerated() {
      if index > 0 { self.append(raw: ",") }
      if let depth { newLine(depth) }
      append(&self, element, depth)
    }
    if let indentation, !list.isEmpty { newLine(indentation) }
    self.append(raw: brackets.1)
  }

  private mutating func newLine(_ depth: Int) {
    bytes.append(0x0A)
    for _ in 0..<depth { append(raw: "  ") }
  }
}
