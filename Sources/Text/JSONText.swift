/// JSON under construction: bytes that are appended to, with no tree in between.
///
/// The driver writes two lines a job, and has a few hundred nanoseconds for both: an array asks at every part of a line
/// whether it is shared, so that the bytes lie in memory of their own.
// @unchecked: the memory belongs to this value alone.
@safe public struct JSONText: ~Copyable, @unchecked Sendable {
  @usableFromInline var start: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var length = 0

  /// How many bytes there are.
  public var count: Int { length }

  public init() {
    capacity = 256
    unsafe start = .allocate(byteCount: capacity, alignment: 1)
  }

  deinit { unsafe start.deallocate() }

  public var isEmpty: Bool { count == 0 }

  /// A copy of the bytes.
  public var bytes: [UInt8] { unsafe withBytes { unsafe Array($0) } }

  /// Lends the bytes.
  public func withBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Empties the text, and keeps its memory.
  public mutating func removeAll() { length = 0 }

  /// Moves the first bytes of another text to the end of this one. O(bytes that stay) where this one is empty, and otherwise
  /// O(all of them).
  package mutating func take(_ bytes: Int, firstOf other: inout JSONText) {
    precondition(0...other.count ~= bytes, "the text has not so many bytes")
    guard isEmpty else {
      unsafe append(other.start, bytes)
      unsafe other.start.copyMemory(from: other.start + bytes, byteCount: other.count - bytes)
      other.length -= bytes
      return
    }
    swap(&self, &other)
    unsafe other.append(start + bytes, count - bytes)
    length = bytes
  }

  /// Takes the last byte off.
  package mutating func removeLastByte() { length -= 1 }

  @inline(__always)
  public mutating func append(raw text: StaticString) {
    unsafe append(text.utf8Start, text.utf8CodeUnitCount)
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
      if unsafe utf8.contains(where: Self.needsEscape) { unsafe append(escaped: utf8) } else { unsafe append(utf8) }
    }
    append(byte: UInt8(ascii: "\""))
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
  @inlinable @inline(__always)
  mutating func makeRoom(for bytes: Int) {
    if capacity &- count < bytes { grow(by: bytes) }
  }

  @usableFromInline @inline(never)
  mutating func grow(by bytes: Int) {
    capacity = max(2 * capacity, count + bytes)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    unsafe larger.copyMemory(from: start, byteCount: count)
    unsafe start.deallocate()
    unsafe start = unsafe larger
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
    unsafe (start + count).copyMemory(from: bytes, byteCount: length)
    self.length &+= length
  }

  private mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    if let first = bytes.baseAddress { unsafe append(first, bytes.count) }
  }

  private mutating func append(escaped utf8: UnsafeBufferPointer<UInt8>) {
    for index in utf8.indices {
      let byte = unsafe utf8[index]
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
