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

  /// Moves the first bytes of another text to the end of this one. O(bytes that stay) where this one is empty, and otherwise
  /// O(all of them).
  package mutating func take(_ bytes: Int, firstOf other: inout JSONText) {
    precondition(0...other.count ~= bytes, "the text has not so many bytes")
    guard isEmpty else {
      append(other.start, bytes)
      other.start.copyMemory(from: other.start + bytes, byteCount: other.count - bytes)
      other.count -= bytes
      return
    }
    swap(&self, &other)
    other.append(start + bytes, count - bytes)
    count = bytes
  }

  /// Takes the last byte off.
  mutating func removeLastByte() { count -= 1 }

  /// Appends the sum of the bytes from `first` on, as a line of a journal ends with it; see ``LineSum``.
  mutating func append(sumFrom first: Int) {
    var sum = LineSum.of(UnsafeRawBufferPointer(start: start + first, count: count - first))
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

  @inline(__always)
  public mutating func append(raw text: StaticString) {
    append(text.utf8Start, text.utf8CodeUnitCount)
  }

  @inline(__always)
  public mutating func append(_ value: Int) {
    var cursor = cursor(withRoomFor: Cursor.numberSize)
    cursor.put(value)
    end(at: cursor)
  }

  @inline(__always)
  public mutating func append(_ value: UInt64) {
    var cursor = cursor(withRoomFor: Cursor.numberSize)
    cursor.put(value)
    end(at: cursor)
  }

  /// A number so that reading it gives the same bits; what is not finite as "nan", "inf" or "-inf".
  public mutating func append(_ value: Double) {
    var cursor = cursor(withRoomFor: Cursor.numberSize)
    cursor.put(value)
    end(at: cursor)
  }

  /// A time in seconds, to the microsecond.
  public mutating func append(seconds: Double) {
    var cursor = cursor(withRoomFor: Cursor.numberSize)
    cursor.put(seconds: seconds)
    end(at: cursor)
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
    var cursor = cursor(withRoomFor: phrases.mostBytes)
    cursor.put(configuration, phrases)
    end(at: cursor)
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
    var cursor = cursor(withRoomFor: 1)
    cursor.put(byte: byte)
    end(at: cursor)
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

// MARK: - Where there is room

extension JSONText {
  /// The end of the text, with room behind it.
  ///
  /// - Parameter bytes: how much: for what is put there, and for what is stored behind that and written over.
  @inline(__always)
  mutating func cursor(withRoomFor bytes: Int) -> Cursor {
    makeRoom(for: bytes)
    return Cursor(at: start + count)
  }

  /// Has the text end where the cursor has come to.
  @inline(__always)
  mutating func end(at cursor: Cursor) {
    count = cursor.at - start
    assert(count <= capacity)
  }

  /// A copy of a short part of a text: of as many bytes as `Bytes` has, at most.
  struct Excerpt<Bytes: BitwiseCopyable & Sendable>: Sendable {
    fileprivate var bytes: Bytes
    fileprivate var length = 0

    init(_ bytes: Bytes) { self.bytes = bytes }

    /// Takes what stands between two cursors. From the first on there must be room for `Bytes`.
    ///
    /// - Returns: whether it is short enough.
    @inline(__always)
    mutating func take(from beginning: Cursor, to end: Cursor) -> Bool {
      bytes = beginning.at.loadUnaligned(as: Bytes.self)
      length = end.at - beginning.at
      return length <= MemoryLayout<Bytes>.size
    }
  }

  /// A place in a text with room behind it: what is put there does not ask for any.
  struct Cursor {
    fileprivate var at: UnsafeMutableRawPointer

    /// What a number needs.
    static let numberSize = 48

    @inline(__always)
    mutating func put(_ text: StaticString) {
      at.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
      at += text.utf8CodeUnitCount
    }

    @inline(__always)
    mutating func put<Bytes>(_ excerpt: borrowing Excerpt<Bytes>) {
      store(excerpt.bytes, at: 0)
      at += excerpt.length
    }

    @inline(__always)
    mutating func put(_ value: Int) {
      if value < 0 { put(byte: UInt8(ascii: "-")) }
      put(UInt64(value.magnitude))
    }

    @inline(__always)
    mutating func put(_ value: UInt64) {
      guard value < 10 else { return put(longer: value) }
      put(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
    }

    @inline(never)
    private mutating func put(longer value: UInt64) {
      if value < 100_000_000 {
        let digits = EightDigits(value)
        store(digits.text(from: digits.leadingZeros), at: 0)
        at += 8 - digits.leadingZeros
      } else {
        let (front, back) = value.quotientAndRemainder(dividingBy: 100_000_000)
        put(front)
        store(EightDigits(back).text(from: 0), at: 0)
        at += 8
      }
    }

    mutating func put(_ value: Double) {
      if let shortest = ShortestDigits(value) {
        store(UInt8(ascii: "-"), at: 0)
        at += value < 0 ? 1 : 0
        put(shortest)
      } else if value.isNaN {
        put("\"nan\"")
      } else if value.isInfinite {
        put(value < 0 ? "\"-inf\"" : "\"inf\"")
      } else {
        for byte in value.description.utf8 { put(byte: byte) }
      }
    }

    /// As `Double.description` would have it.
    private mutating func put(_ number: ShortestDigits) {
      let digits = SeventeenDigits(number.digits)
      let significant = digits.count - digits.trailingZeros
      let point = digits.count + number.exponent
      if point < -3 {
        put(digits, pointAfter: 1)
        put("e-")
        if point > -9 { put(byte: UInt8(ascii: "0")) }
        put(1 - point)
      } else if point <= 0 {
        put("0.000")
        at -= 3 + point
        store(digits, at: 0)
        at += significant
      } else if point < significant {
        put(digits, pointAfter: point)
      } else {
        // A whole number, all of whose digits are there.
        store(digits, at: 0)
        at += point
        put(".0")
      }
    }

    /// Digits with a point among them, unless it would be behind the last that is not zero.
    @inline(__always)
    private mutating func put(_ digits: SeventeenDigits, pointAfter point: Int) {
      store(digits, at: 0)
      // 16 of them stand behind it at most.
      store((at + point).loadUnaligned(as: SIMD16<UInt8>.self), at: point + 1)
      store(UInt8(ascii: "."), at: point)
      let significant = digits.count - digits.trailingZeros
      at += significant > point ? significant + 1 : point
    }

    @inline(__always)
    private func store(_ digits: SeventeenDigits, at offset: Int) {
      guard digits.front > 0 else {
        return store(digits.last.text(from: digits.last.leadingZeros), at: offset)
      }
      store(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digits.first), at: offset)
      let next = offset + (digits.first > 0 ? 1 : 0)
      store(digits.middle.text(from: digits.skipped), at: next)
      store(digits.last.text(from: 0), at: next + 8 - digits.skipped)
    }

    /// A time in seconds, to the microsecond.
    mutating func put(seconds: Double) {
      let exact = Swift.max(0, Swift.min(seconds, 1e12)) * 1e6
      let below = UInt64(exact)
      let microseconds = exact - Double(below) < 0.5 ? below : below + 1
      let (whole, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
      put(whole)
      guard fraction > 0 else { return }
      put(byte: UInt8(ascii: "."))
      let digits = EightDigits(100 * fraction)
      store(digits.text(from: 0), at: 0)
      at += 8 - digits.trailingZeros
    }

    fileprivate mutating func put(_ configuration: Configuration, _ phrases: ConfigurationPhrases) {
      let beginning = at
      for position in 0..<phrases.first.count {
        switch configuration[position] {
        case .absent: break
        case .integer(let number):
          put(phrase: phrases.first[position], of: phrases)
          put(number)
        case .real(let number):
          put(phrase: phrases.first[position], of: phrases)
          put(number)
        case .listed(let value): put(phrase: phrases.first[position] + value, of: phrases)
        }
      }
      // Every phrase begins with a comma; before the first stands the brace instead.
      if at == beginning { put("{") } else { beginning.storeBytes(of: UInt8(ascii: "{"), as: UInt8.self) }
      put("}")
    }

    @inline(__always)
    private mutating func put(phrase number: Int, of phrases: ConfigurationPhrases) {
      let phrase = phrases.phrases[number]
      let from = phrases.text.start + phrase.start
      if phrase.length <= ConfigurationPhrases.margin {
        store(from.loadUnaligned(as: SIMD32<UInt8>.self), at: 0)
      } else {
        at.copyMemory(from: from, byteCount: phrase.length)
      }
      at += phrase.length
    }

    @inline(__always)
    fileprivate mutating func put(byte: UInt8) {
      store(byte, at: 0)
      at += 1
    }

    @inline(__always)
    private func store<Bytes: BitwiseCopyable>(_ bytes: Bytes, at offset: Int) {
      at.storeBytes(of: bytes, toByteOffset: offset, as: Bytes.self)
    }
  }
}

/// What all configurations of a layout have in common, as it stands in JSON: names, and values that are listed.
private final class ConfigurationPhrases {
  let layout: Configuration.Layout
  let text: JSONText
  let phrases: [(start: Int, length: Int)]
  /// For each hyperparameter the number of its first phrase: its name, where it takes numbers, and otherwise its name with the
  /// first of its values, which the others follow.
  let first: [Int]
  /// What a configuration needs.
  let mostBytes: Int

  /// How many bytes can be read from the beginning of every phrase.
  static let margin = 32

  init(of layout: Configuration.Layout) {
    var text = JSONText()
    var (phrases, first) = ([(start: Int, length: Int)](), [Int]())
    for parameter in layout.parameters {
      first.append(phrases.count)
      for value in parameter.values.isEmpty ? [nil] : parameter.values.map(Optional.some) {
        let start = text.count
        text.append(raw: ",")
        text.append(parameter.name)
        text.append(raw: ":")
        if let value { text.append(value) }
        phrases.append((start, text.count - start))
      }
    }
    for _ in 0..<Self.margin { text.append(raw: " ") }
    // As if all of every list stood in it.
    mostBytes = text.count + layout.count * JSONText.Cursor.numberSize + 2
    self.layout = layout
    self.text = text
    (self.phrases, self.first) = (phrases, first)
  }
}
