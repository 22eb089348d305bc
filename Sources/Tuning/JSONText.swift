public import TuningTypes

/// JSON under construction: bytes that are appended to, with no tree in between.
///
/// The driver writes two lines a job, and has a few hundred nanoseconds for both: an array asks at every part of a line
/// whether it is shared, so that the bytes lie in memory of their own.
// @unchecked: the memory belongs to this value alone.
public struct JSONText: ~Copyable, @unchecked Sendable {
  private var memory: UnsafeMutableBufferPointer<UInt8>
  /// How many bytes there are.
  public private(set) var count = 0
  /// The names of hyperparameters that have occurred, in their order.
  private var names: [String] = []
  /// The same one after the other, each as it stands before a value; and where each ends.
  private var keys: [UInt8] = []
  private var keyEnds: [Int] = []

  public init() { memory = .allocate(capacity: 256) }

  deinit { memory.deallocate() }

  public var isEmpty: Bool { count == 0 }

  /// A copy of the bytes.
  public var bytes: [UInt8] { withBytes { Array($0) } }

  /// Lends the bytes.
  public func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
  }

  /// Empties the text, and keeps its memory.
  public mutating func removeAll() { count = 0 }

  /// Appends the bytes of another text.
  public mutating func append(_ other: borrowing JSONText) {
    append(UnsafeBufferPointer(rebasing: other.memory[..<other.count]))
  }

  @inline(__always)
  public mutating func append(raw text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public mutating func append(_ value: Int) {
    if value < 0 { append(byte: UInt8(ascii: "-")) }
    append(digits: UInt64(value.magnitude))
  }

  public mutating func append(_ value: UInt64) { append(digits: value) }

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
    let microseconds = UInt64((Swift.max(0, Swift.min(seconds, 1e12)) * 1e6).rounded())
    append(digits: microseconds / 1_000_000)
    var (fraction, places) = (microseconds % 1_000_000, 6)
    guard fraction > 0 else { return }
    while fraction.isMultiple(of: 10) {
      fraction /= 10
      places -= 1
    }
    append(byte: UInt8(ascii: "."))
    append(fraction, places: places)
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
    let start = count
    guard !appendKnown(configuration) else { return }
    count = start
    learn(configuration)
    _ = appendKnown(configuration)
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
    if memory.count - count < bytes { grow(by: bytes) }
  }

  private mutating func grow(by bytes: Int) {
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(2 * memory.count, count + bytes))
    _ = larger.initialize(fromContentsOf: memory[..<count])
    memory.deallocate()
    memory = larger
  }

  @inline(__always)
  private mutating func append(byte: UInt8) {
    makeRoom(for: 1)
    memory[count] = byte
    count += 1
  }

  @inline(__always)
  private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    makeRoom(for: bytes.count)
    if let start = bytes.baseAddress { memory.baseAddress?.advanced(by: count).update(from: start, count: bytes.count) }
    count += bytes.count
  }

  private mutating func append(digits value: UInt64) {
    if value < 10 { return append(byte: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)) }
    append(value, places: Self.places(of: value))
  }

  /// How many digits a number above 0 has.
  private static func places(of value: UInt64) -> Int {
    // 1233 / 4096 is the logarithm of 2.
    let places = ((64 - value.leadingZeroBitCount) * 1233) >> 12
    return value < powersOfTen[places] ? places : places + 1
  }

  private static let powersOfTen: [UInt64] = (0..<20).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

  /// The last digits of a number, with zeros in front where it has fewer.
  private mutating func append(_ value: UInt64, places: Int) {
    makeRoom(for: places)
    guard let start = memory.baseAddress else { return }
    let (end, pairs) = (UnsafeMutableRawPointer(start + count + places), UnsafeRawPointer(Self.pairs.utf8Start))
    var (rest, left) = (value, places)
    while left >= 2 {
      let pair = pairs.loadUnaligned(fromByteOffset: 2 * Int(truncatingIfNeeded: rest % 100), as: UInt16.self)
      end.storeBytes(of: pair, toByteOffset: left - places - 2, as: UInt16.self)
      rest /= 100
      left -= 2
    }
    if left == 1 { start[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10) }
    count += places
  }

  /// All pairs of digits. Two at a time, a number takes half as many divisions, each of which waits for the one before.
  private static var pairs: StaticString {
    """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748\
    4950515253545556575859606162636465666768697071727374757677787980818283848586878889909192939495969798\
    99
    """
  }

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

  /// False, and something appended, where not all names are there in this order.
  private mutating func appendKnown(_ configuration: Configuration) -> Bool {
    let (keys, entries) = (keys, configuration.entries.span)
    append(byte: UInt8(ascii: "{"))
    var place = 0
    for index in entries.indices {
      if index > 0 { append(byte: UInt8(ascii: ",")) }
      while place < names.count, names[place] != entries[index].name { place += 1 }
      guard place < names.count else { return false }
      let start = place > 0 ? keyEnds[place - 1] : 0
      keys.withUnsafeBufferPointer { append(UnsafeBufferPointer(rebasing: $0[start..<keyEnds[place]])) }
      append(entries[index].value)
      place += 1
    }
    append(byte: UInt8(ascii: "}"))
    return true
  }

  /// Puts the configuration's names behind the others, or in their place where there are many: conditions can make many lists.
  private mutating func learn(_ configuration: Configuration) {
    if names.count > 16 * configuration.entries.count { (names, keys, keyEnds) = ([], [], []) }
    for entry in configuration.entries {
      var key = JSONText()
      key.append(entry.name)
      key.append(raw: ":")
      names.append(entry.name)
      keys += key.bytes
      keyEnds.append(keys.count)
    }
  }
}
