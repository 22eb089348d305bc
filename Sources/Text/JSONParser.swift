/// Where and why a text is no JSON.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public var offset: Int
  public var problem: String
  public var description: String { "no valid JSON at byte \(offset): \(problem)" }
}

extension JSONValue {
  /// Reads one JSON document (RFC 8259). O(length).
  ///
  /// - Parameter acceptsNonFinite: takes `NaN`, `Infinity` and `-Infinity` for numbers, as Python's `json` writes them,
  ///   and a number that is too large for infinity.
  /// - Throws: ``JSONError``; any bytes at all may come, nesting is limited to 128.
  public init(parsing bytes: some Collection<UInt8>, acceptsNonFinite: Bool = false) throws(JSONError) {
    let whole = Array(bytes)
    try self.init(parsing: whole, in: whole.indices, acceptsNonFinite: acceptsNonFinite)
  }

  /// Reads the document that stands in a part of `bytes`.
  package init(parsing bytes: [UInt8], in range: Range<Int>, acceptsNonFinite: Bool = false) throws(JSONError) {
    var parser = JSONParser(bytes: bytes, range: range, acceptsNonFinite: acceptsNonFinite)
    self = try parser.document()
  }
}

/// Reads JSON from its beginning to its end; what has not been read yet stands from `at` on.
package struct JSONParser {
  package let bytes: [UInt8]
  private let start: Int
  private let end: Int
  private let acceptsNonFinite: Bool
  package var at: Int
  private var depth = 0

  package init(bytes: [UInt8], range: Range<Int>, acceptsNonFinite: Bool = false) {
    self.bytes = bytes
    self.acceptsNonFinite = acceptsNonFinite
    (start, end, at) = (range.lowerBound, range.upperBound, range.lowerBound)
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let result = try value()
    skipSpace()
    guard at == end else { throw fail("something follows the value") }
    return result
  }

  private func fail(_ problem: String) -> JSONError { JSONError(offset: at - start, problem: problem) }

  private var current: UInt8? { at < end ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
  }

  /// Passes over the character if it is the next; says whether it was.
  package mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard current == UInt8(ascii: byte) else { return false }
    at += 1
    return true
  }

  /// The same for a text.
  package mutating func take(all text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard end - at >= length else { return false }
    guard stands(text, at: at) else { return false }
    at += length
    return true
  }

  /// Whether a text stands at a place, behind which there is room for it. Eight bytes are compared at a time.
  private func stands(_ text: StaticString, at place: Int) -> Bool {
    let (here, text, length) = unsafe (bytes.span.bytes, UnsafeRawPointer(text.utf8Start), text.utf8CodeUnitCount)
    var index = 0
    while index + 8 <= length {
      let word = unsafe here.unsafeLoadUnaligned(fromUncheckedByteOffset: place + index, as: UInt64.self)
      guard unsafe word == text.loadUnaligned(fromByteOffset: index, as: UInt64.self) else { return false }
      index += 8
    }
    while index < length {
      let byte = unsafe here.unsafeLoad(fromUncheckedByteOffset: place + index, as: UInt8.self)
      guard unsafe byte == text.load(fromByteOffset: index, as: UInt8.self) else { return false }
      index += 1
    }
    return true
  }

  /// The same for bytes.
  package mutating func take(all text: [UInt8]) -> Bool {
    guard end - at >= text.count else { return false }
    for index in text.indices where bytes[at + index] != text[index] { return false }
    at += text.count
    return true
  }

  /// The whole number that comes next if it is one of few digits without a sign, as nearly all of a journal's are; otherwise nothing is
  /// passed over.
  package mutating func shortInteger() -> Int? {
    var (behind, number) = (at, 0)
    while behind < end, case let digit = bytes[behind] &- UInt8(ascii: "0"), digit < 10 {
      number = number &* 10 &+ Int(digit)
      behind += 1
    }
    let count = behind - at
    guard (1...18).contains(count), count == 1 || bytes[at] != UInt8(ascii: "0"), behind < end,
      bytes[behind] == UInt8(ascii: ",") || bytes[behind] == UInt8(ascii: "}")
    else { return nil }
    at = behind
    return number
  }

  /// The value that comes next, with any space before it.
  package mutating func value() throws(JSONError) -> JSONValue {
    skipSpace()
    switch current {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .flag(true))
    case UInt8(ascii: "f"): return try word("false", .flag(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N") where acceptsNonFinite: return try word("NaN", .number(.nan))
    case UInt8(ascii: "I") where acceptsNonFinite: return try word("Infinity", .number(.infinity))
    case UInt8(ascii: "-") where acceptsNonFinite && at + 1 < end && bytes[at + 1] == UInt8(ascii: "I"):
      return try word("-Infinity", .number(-.infinity))
    case nil: throw fail("the text ends early")
    default: return try number()
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
    for index in 0..<word.utf8CodeUnitCount {
      guard unsafe current == word.utf8Start[index] else { throw fail("expected \(word)") }
      at += 1
    }
    return value
  }

  private mutating func descend() throws(JSONError) {
    at += 1
    depth += 1
    if depth > 128 { throw fail("nested too deeply") }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    try descend()
    defer { depth -= 1 }
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard current == UInt8(ascii: "\"") else { throw fail("expected a key") }
      let key = try string()
      skipSpace()
      guard take(":") else { throw fail("expected ':'") }
      members.append(.init(key, try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fail("expected ',' or '}'") }
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    try descend()
    defer { depth -= 1 }
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw fail("expected ',' or ']'") }
    }
  }

  private mutating func string() throws(JSONError) -> String {
    at += 1
    // Most strings hold no escape and are taken whole; most are ASCII, whose bytes need no validation.
    let first = at
    var allBits: UInt8 = 0
    while let byte = current, byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
      allBits |= byte
      at += 1
    }
    if current == UInt8(ascii: "\"") {
      at += 1
      let utf8 = bytes[first..<at - 1]
      return allBits < 0x80 ? String(decoding: utf8, as: UTF8.self) : try text(utf8)
    }
    var text = Array(bytes[first..<at])
    while let byte = current {
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return try self.text(text[...])
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20: throw fail("a control character in a string")
      default: text.append(byte)
      }
    }
    throw fail("a string has no end")
  }

  private func text(_ utf8: ArraySlice<UInt8>) throws(JSONError) -> String {
    guard let string = String(validating: utf8, as: UTF8.self) else { throw fail("a string is no valid UTF-8") }
    return string
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = current else { throw fail("the text ends early") }
    at += 1
    switch byte {
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "u"):
      let high = try hexadecimal()
      if let scalar = Unicode.Scalar(high) { return scalar }
      guard (0xD800..<0xDC00).contains(high), take("\\"), take("u") else { throw fail("half of a surrogate pair") }
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
      else { throw fail("half of a surrogate pair") }
      return scalar
    default: throw fail("an unknown escape")
    }
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = current.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        throw fail("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let first = at
    if let small = shortNumber() { return small }
    var isWhole = true
    at = first
    while let byte = current {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isWhole = false
      default: return try number(from: first, isWhole: isWhole)
      }
      at += 1
    }
    return try number(from: first, isWhole: isWhole)
  }

  /// The number here if it is a ``ShortDecimal``, with or without an exponent, as a journal's are.
  private mutating func shortNumber() -> JSONValue? {
    let isNegative = take("-")
    let first = at
    var behind = at
    let number = ShortDecimal(bytes.span, at: &behind, end: end)
    at = behind
    guard number.isKnown, number.whole > 0, number.whole == 1 || bytes[first] != UInt8(ascii: "0"),
      number.hasPoint == (number.places > 0)
    else { return nil }
    guard let byte = current, byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
    else {
      if number.hasPoint { return .number(isNegative ? -number.value : number.value) }
      return Int(exactly: number.digits).map { .integer(isNegative ? -$0 : $0) }
    }
    guard byte | 0x20 == UInt8(ascii: "e"), let exponent = shortExponent(),
      let value = number.value(timesTenTo: exponent)
    else { return nil }
    return .number(isNegative ? -value : value)
  }

  /// The exponent here if it has few digits and nothing that belongs to a number follows.
  private mutating func shortExponent() -> Int? {
    at += 1
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    let first = at
    var exponent = 0
    while let byte = current, case let digit = byte &- UInt8(ascii: "0"), digit < 10, at - first < 3 {
      exponent = 10 * exponent + Int(digit)
      at += 1
    }
    guard at > first else { return nil }
    if let byte = current,
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
        || byte | 0x20 == UInt8(ascii: "e") || byte &- UInt8(ascii: "0") < 10
    {
      return nil
    }
    return isNegative ? -exponent : exponent
  }

  private func number(from first: Int, isWhole: Bool) throws(JSONError) -> JSONValue {
    guard isNumber(bytes[first..<at]) else { throw fail("expected a value") }
    let text = String(decoding: bytes[first..<at], as: UTF8.self)
    if isWhole, let whole = Int(text) { return .integer(whole) }
    guard let number = Double(text), number.isFinite || acceptsNonFinite else { throw fail("a number is out of range") }
    return .number(number)
  }

  /// Whether the bytes are a number as section 6 of the RFC has them; the standard library takes more than that.
  private func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    func takeDigits() -> Int {
      let digits = rest.prefix(while: isDigit)
      rest = rest.dropFirst(digits.count)
      return digits.count
    }
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    let hasLeadingZero = rest.first == UInt8(ascii: "0")
    let whole = takeDigits()
    guard whole == 1 || whole > 1 && !hasLeadingZero else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard takeDigits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
  }
}
