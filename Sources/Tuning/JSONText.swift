public import TuningTypes

/// JSON under construction: bytes that are appended to, with no tree in between.
///
/// The driver writes two lines a job, and has a few hundred nanoseconds for both: an array asks at every part of a line
/// whether it is shared, so that the bytes lie in memory of their own.
// @unchecked: the memory belongs to this value alone.
public struct JSONText: ~Copyable, @unchecked Sendable {
  private var start: UnsafeMutableRawPointer
  private var capacity: Int
  /// How many bytes there are.
  public private(set) var count = 0
  /// What the last configuration's layout says, as it stands in the text.
  private var phrases: ConfigurationPhrases?

  public init() {
    capacity = 256
    start = .allocate(byteCount: capacity, alignment: 1)
  }

  deinit { start.deallocate() }

  public var isEmpty: Bool { count == 0 }

  /// A copy of the bytes.
  public var bytes: [UInt8] { withBytes { Array($0) } }

  /// Lends the bytes.
  public func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Empties the text, and keeps its memory.
  public mutating func removeAll() { count = 0 }

  /// Appends the bytes of another text.
  public mutating func append(_ other: borrowing JSONText) {
    append(other.start, other.count)
  }

  @inline(__always)
  public mutating func append(raw text: StaticString) {
    append(text.utf8Start, text.utf8CodeUnitCount)
  }

  @inline(__always)
  public mutating func append(_ value: Int) {
    guard 0..<10 ~= value else { return append(longer: value) }
    append(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
  }

  @inline(__always)
  public mutating func append(_ value: UInt64) {
    guard value < 10 else { return append(longer: value) }
    append(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
  }

  /// A number so that reading it gives the same bits; what is not finite as "nan", "inf" or "-inf".
  public mutating func append(_ value: Double) {
    if value.isNaN {
      append(raw: "\"nan\"")
    } else if value.isInfinite {
      append(raw: value < 0 ? "\"-inf\"" : "\"inf\"")
    } else if let shortest = ShortestDigits(value) {
      if value < 0 { append(byte: UInt8(ascii: "-")) }
      append(shortest)
    } else {
      var text = value.description
      text.withUTF8 { append($0) }
    }
  }

  /// As `Double.description` would have it.
  private mutating func append(_ number: ShortestDigits) {
    var digits = number.digits
    var point = number.exponent
    while digits.isMultiple(of: 10) {
      digits /= 10
      point += 1
    }
    let places = Self.places(of: digits)
    point += places
    if point < -3 {
      append(digits, places: places, pointAfter: 1)
      append(raw: "e-")
      append(UInt64(1 - point), places: 2)
    } else if point <= 0 {
      append(raw: "0.")
      for _ in point..<0 { append(byte: UInt8(ascii: "0")) }
      append(digits, places: places)
    } else if point < places {
      append(digits, places: places, pointAfter: point)
    } else {
      append(digits, places: places)
      for _ in places..<point { append(byte: UInt8(ascii: "0")) }
      append(raw: ".0")
    }
  }

  /// Digits with a point among them, unless it would be behind the last.
  private mutating func append(_ digits: UInt64, places: Int, pointAfter point: Int) {
    guard point < places else { return append(digits, places: places) }
    let (front, behind) = digits.quotientAndRemainder(dividingBy: Self.powersOfTen[places - point])
    append(front, places: point)
    append(byte: UInt8(ascii: "."))
    append(behind, places: places - point)
  }

  /// A time in seconds, to the microsecond.
  public mutating func append(seconds: Double) {
    if seconds == 0 { return append(byte: UInt8(ascii: "0")) }
    let exact = Swift.max(0, Swift.min(seconds, 1e12)) * 1e6
    let below = UInt64(exact)
    let microseconds = exact - Double(below) < 0.5 ? below : below + 1
    let (whole, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    append(whole)
    guard fraction > 0 else { return }
    append(byte: UInt8(ascii: "."))
    makeRoom(for: 8)
    let digits = Self.eightDigits(of: 100 * fraction)
    store(digits.littleEndian, at: count)
    // The last digit is the highest byte.
    count += 8 - (digits ^ Self.zeros).leadingZeroBitCount / 8
  }

  /// A quoted string (RFC 8259, section 7).
  public mutating func append(_ text: String) {
    append(byte: UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.contains(where: Self.needsEscape) { append(escaped: utf8) } else { append(utf8) }
    }
    append(byte: UInt8(ascii: "\""))
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
    let phrases = phrases(of: configuration.layout)
    let beginning = count
    for position in 0..<configuration.layout.count {
      switch configuration[position] {
      case .absent: break
      case .integer(let number):
        append(phrase: phrases.first[position], of: phrases)
        append(number)
      case .real(let number):
        append(phrase: phrases.first[position], of: phrases)
        append(number)
      case .listed(let value): append(phrase: phrases.first[position] + value, of: phrases)
      }
    }
    // Every phrase begins with a comma; before the first stands the brace instead.
    if count == beginning { append(byte: UInt8(ascii: "{")) } else { store(UInt8(ascii: "{"), at: beginning) }
    append(byte: UInt8(ascii: "}"))
  }

  private mutating func phrases(of layout: Configuration.Layout) -> ConfigurationPhrases {
    if let phrases, phrases.layout === layout { return phrases }
    let new = ConfigurationPhrases(of: layout)
    phrases = new
    return new
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
    append(raw: "\n")
    for _ in 0..<depth { append(raw: "  ") }
  }
}

extension JSONText {
  @inline(__always)
  private mutating func makeRoom(for bytes: Int) {
    if capacity &- count < bytes { grow(by: bytes) }
  }

  @inline(never)
  private mutating func grow(by bytes: Int) {
    capacity = max(2 * capacity, count + bytes)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    larger.copyMemory(from: start, byteCount: count)
    start.deallocate()
    start = larger
  }

  @inline(__always)
  private mutating func append(byte: UInt8) {
    makeRoom(for: 1)
    store(byte, at: count)
    count &+= 1
  }

  @inline(__always)
  private mutating func append(_ bytes: UnsafeRawPointer, _ length: Int) {
    makeRoom(for: length)
    (start + count).copyMemory(from: bytes, byteCount: length)
    count &+= length
  }

  private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let first = bytes.baseAddress { append(first, bytes.count) }
  }

  /// There must be room for it.
  @inline(__always)
  private mutating func store<Bytes: BitwiseCopyable>(_ bytes: Bytes, at position: Int) {
    start.storeBytes(of: bytes, toByteOffset: position, as: Bytes.self)
  }

  @inline(never)
  private mutating func append(longer value: Int) {
    if value < 0 { append(byte: UInt8(ascii: "-")) }
    append(longer: UInt64(value.magnitude))
  }

  /// - Parameter value: above 0.
  private mutating func append(longer value: UInt64) {
    guard value < 100_000_000 else { return append(value, places: Self.places(of: value)) }
    makeRoom(for: 8)
    let digits = Self.eightDigits(of: value)
    // The first digit is the lowest byte.
    let leading = (digits ^ Self.zeros).trailingZeroBitCount / 8
    store((digits >> UInt64(8 * leading)).littleEndian, at: count)
    count &+= 8 - leading
  }

  /// How many digits a number above 0 has.
  private static func places(of value: UInt64) -> Int {
    // 1233 / 4096 is the logarithm of 2.
    let places = ((64 - value.leadingZeroBitCount) * 1233) >> 12
    return value < powersOfTen[places] ? places : places + 1
  }

  private static let powersOfTen: [UInt64] = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  /// A number below 10^places, with zeros in front where it has fewer digits.
  private mutating func append(_ value: UInt64, places: Int) {
    makeRoom(for: 24)
    guard places > 8 else { return append(group: value, places: places) }
    let (front, last) = value.quotientAndRemainder(dividingBy: 100_000_000)
    if places > 16 {
      let (first, middle) = front.quotientAndRemainder(dividingBy: 100_000_000)
      append(group: first, places: places - 16)
      append(group: middle, places: 8)
    } else {
      append(group: front, places: places - 8)
    }
    append(group: last, places: 8)
  }

  /// The same of eight digits at most. There must be room for eight.
  @inline(__always)
  private mutating func append(group value: UInt64, places: Int) {
    store((Self.eightDigits(of: value) >> UInt64(8 * (8 - places))).littleEndian, at: count)
    count += places
  }

  /// The digits of a number below 10⁸, the first of them in the lowest byte.
  ///
  /// All at once: halves, quarters and eighths of the number lie side by side in one word, and what is divided is multiplied by
  /// the reciprocal, which is exact for numbers so small.
  private static func eightDigits(of value: UInt64) -> UInt64 {
    let (front, back) = value.quotientAndRemainder(dividingBy: 10_000)
    let halves = front | back << 32
    let hundreds = (halves &* 10_486) >> 20 & 0x0000_007F_0000_007F
    let quarters = hundreds | (halves &- 100 &* hundreds) << 16
    let tens = (quarters &* 103) >> 10 & 0x000F_000F_000F_000F
    return (tens | (quarters &- 10 &* tens) << 8) | zeros
  }

  /// Eight times the digit 0.
  private static var zeros: UInt64 { 0x3030_3030_3030_3030 }

  private mutating func append(escaped utf8: UnsafeBufferPointer<UInt8>) {
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(byte: UInt8(ascii: "\\"))
        append(byte: byte)
      case 0x0A: append(raw: "\\n")
      case 0x0D: append(raw: "\\r")
      case 0x09: append(raw: "\\t")
      case 0..<0x20:
        append(raw: "\\u00")
        for nibble in [byte >> 4, byte & 15] {
          append(byte: nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
      default: append(byte: byte)
      }
    }
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }
}

/// What all configurations of a layout have in common, as it stands in JSON: names, and values that are listed.
private final class ConfigurationPhrases {
  let layout: Configuration.Layout
  let text: JSONText
  /// Where each phrase ends in the text, and the next one begins.
  let ends: [Int]
  /// For each hyperparameter the number of its first phrase: its name, where it takes numbers, and otherwise its name with the
  /// first of its values, which the others follow.
  let first: [Int]

  /// How many bytes can be read from the beginning of every phrase.
  static let margin = 32

  init(of layout: Configuration.Layout) {
    var text = JSONText()
    var (ends, first) = ([0], [Int]())
    for parameter in layout.parameters {
      first.append(ends.count - 1)
      for value in parameter.values.isEmpty ? [nil] : parameter.values.map(Optional.some) {
        text.append(raw: ",")
        text.append(parameter.name)
        text.append(raw: ":")
        if let value { text.append(value) }
        ends.append(text.count)
      }
    }
    for _ in 0..<Self.margin { text.append(raw: " ") }
    self.layout = layout
    self.text = text
    (self.ends, self.first) = (ends, first)
  }
}

extension JSONText {
  @inline(__always)
  private mutating func append(phrase number: Int, of phrases: ConfigurationPhrases) {
    let (beginning, end) = (phrases.ends[number], phrases.ends[number + 1])
    let length = end - beginning
    guard length <= ConfigurationPhrases.margin else { return append(phrases.text.start + beginning, length) }
    // What is too much is written over by what comes next.
    makeRoom(for: ConfigurationPhrases.margin)
    store((phrases.text.start + beginning).loadUnaligned(as: SIMD32<UInt8>.self), at: count)
    count &+= length
  }
}
