// MARK: - Where there is room

extension JSONText {
  /// The end of the text, with room behind it.
  ///
  /// - Parameter bytes: how much: for what is put there, and for what is stored behind that and written over.
  @inlinable @inline(__always)
  package mutating func cursor(withRoomFor bytes: Int) -> Cursor {
    makeRoom(for: bytes)
    return unsafe Cursor(at: start + length)
  }

  /// Has the text end where the cursor has come to.
  @inlinable @inline(__always)
  package mutating func end(at cursor: Cursor) {
    length = unsafe cursor.at - start
    assert(length <= capacity)
  }

  /// A copy of a short part of a text: of as many bytes as `Bytes` has, at most.
  @usableFromInline
  package struct Excerpt<Bytes: BitwiseCopyable & Sendable>: Sendable {
    @usableFromInline var bytes: Bytes
    @usableFromInline var length = 0

    @inlinable
    package init(_ bytes: Bytes) { self.bytes = bytes }

    /// Takes what stands between two cursors. From the first on there must be room for `Bytes`.
    ///
    /// - Returns: whether it is short enough.
    @inlinable @inline(__always)
    package mutating func take(from beginning: Cursor, to end: Cursor) -> Bool {
      bytes = unsafe beginning.at.loadUnaligned(as: Bytes.self)
      length = unsafe end.at - beginning.at
      return length <= MemoryLayout<Bytes>.size
    }
  }

  /// A place in a text with room behind it: what is put there does not ask for any.
  @usableFromInline
  @safe package struct Cursor {
    @usableFromInline var at: UnsafeMutableRawPointer

    /// What a number needs.
    package static let numberSize = 48
    /// How many bytes have to stand behind a part of another text that is put here.
    package static let margin = 32

    @inlinable
    init(at place: UnsafeMutableRawPointer) { unsafe at = unsafe place }

    @inlinable @inline(__always)
    package mutating func put(_ text: StaticString) {
      unsafe at.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
      unsafe at += text.utf8CodeUnitCount
    }

    @inlinable @inline(__always)
    package mutating func put<Bytes>(_ excerpt: borrowing Excerpt<Bytes>) {
      store(excerpt.bytes, at: 0)
      unsafe at += excerpt.length
    }

    @inlinable @inline(__always)
    package mutating func put(_ value: Int) {
      if value < 0 { put(byte: UInt8(ascii: "-")) }
      put(UInt64(value.magnitude))
    }

    @inlinable @inline(__always)
    package mutating func put(_ value: UInt64) {
      guard value < 10 else { return put(longer: value) }
      put(byte: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
    }

    @usableFromInline @inline(never)
    mutating func put(longer value: UInt64) {
      if value < 100_000_000 {
        let digits = EightDigits(value)
        store(digits.text(from: digits.leadingZeros), at: 0)
        unsafe at += 8 - digits.leadingZeros
      } else {
        let (front, back) = value.quotientAndRemainder(dividingBy: 100_000_000)
        put(front)
        store(EightDigits(back).text(from: 0), at: 0)
        unsafe at += 8
      }
    }

    package mutating func put(_ value: Double) {
      if let shortest = ShortestDigits(value) {
        store(UInt8(ascii: "-"), at: 0)
        unsafe at += value < 0 ? 1 : 0
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
        unsafe at -= 3 + point
        store(digits, at: 0)
        unsafe at += significant
      } else if point < significant {
        put(digits, pointAfter: point)
      } else {
        // A whole number, all of whose digits are there.
        store(digits, at: 0)
        unsafe at += point
        put(".0")
      }
    }

    /// Digits with a point among them, unless it would be behind the last that is not zero.
    @inline(__always)
    private mutating func put(_ digits: SeventeenDigits, pointAfter point: Int) {
      store(digits, at: 0)
      // 16 of them stand behind it at most.
      unsafe store((at + point).loadUnaligned(as: SIMD16<UInt8>.self), at: point + 1)
      store(UInt8(ascii: "."), at: point)
      let significant = digits.count - digits.trailingZeros
      unsafe at += significant > point ? significant + 1 : point
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
    package mutating func put(seconds: Double) {
      let exact = Swift.max(0, Swift.min(seconds, 1e12)) * 1e6
      let below = UInt64(exact)
      let microseconds = exact - Double(below) < 0.5 ? below : below + 1
      let (whole, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
      put(whole)
      guard fraction > 0 else { return }
      put(byte: UInt8(ascii: "."))
      let digits = EightDigits(100 * fraction)
      store(digits.text(from: 0), at: 0)
      unsafe at += 8 - digits.trailingZeros
    }

    /// A part of another text, behind which ``margin`` bytes stand.
    @inline(__always)
    package mutating func put(_ part: Range<Int>, of text: borrowing JSONText) {
      let from = unsafe text.start + part.lowerBound
      if part.count <= Self.margin {
        unsafe store(from.loadUnaligned(as: SIMD32<UInt8>.self), at: 0)
      } else {
        unsafe at.copyMemory(from: from, byteCount: part.count)
      }
      unsafe at += part.count
    }

    @inlinable @inline(__always)
    package mutating func put(byte: UInt8) {
      store(byte, at: 0)
      unsafe at += 1
    }

    @inlinable @inline(__always)
    func store<Bytes: BitwiseCopyable>(_ bytes: Bytes, at offset: Int) {
      unsafe at.storeBytes(of: bytes, toByteOffset: offset, as: Bytes.self)
    }
  }
}
