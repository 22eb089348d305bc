/// A decimal number of few digits and no exponent, as nearly every cell of a table and every number of a journal is.
///
/// So few digits, and the power of ten that they are divided by, are exact as `Double`: so is their quotient's rounding
/// (Clinger, *How to Read Floating Point Numbers Accurately*, PLDI 1990, the fast path).
package struct ShortDecimal {
  /// All digits, without the point.
  package private(set) var digits = 0
  /// How many digits stand before the point, and how many behind it.
  package private(set) var (whole, places) = (0, 0)
  package private(set) var hasPoint = false

  /// The most digits of which the value is known.
  package static let limit = 15

  /// Takes the digits, and the point among them, that stand from `position` on; leaves it behind them.
  ///
  /// - Parameter end: where the text ends.
  @inline(__always)
  package init(_ text: Span<UInt8>, at position: inout Int, end: Int) {
    while position < end {
      let byte = text[position]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        digits = digits &* 10 &+ Int(byte &- UInt8(ascii: "0"))
        if hasPoint { places &+= 1 } else { whole &+= 1 }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        return
      }
      position &+= 1
    }
  }

  /// Whether there are digits, and no more than ``limit``.
  package var isKnown: Bool { (1...Self.limit).contains(whole + places) }

  /// The value, where it is known.
  package var value: Double { Double(digits) / Self.powersOfTen[places] }

  /// 10⁰ … 10¹⁵, exact.
  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]
}

/// The number that the bytes spell, correctly rounded, or nil where they spell none.
///
/// What is no ``ShortDecimal`` goes to the standard library.
package func decimalNumber(_ text: Span<UInt8>) -> Double? {
  guard !text.isEmpty else { return nil }
  let isNegative = text[0] == UInt8(ascii: "-")
  var position = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
  let short = ShortDecimal(text, at: &position, end: text.count)
  guard position == text.count, short.isKnown else { return numberByLibrary(text) }
  return isNegative ? -short.value : short.value
}

private func numberByLibrary(_ text: Span<UInt8>) -> Double? {
  // Hexadecimal floats and such are numbers to Swift, but words in a table.
  let allowed = "0123456789+-.eEinfINFtyTY".utf8
  var characters: [UInt8] = []
  characters.reserveCapacity(text.count)
  for index in text.indices {
    guard allowed.contains(text[index]) else { return nil }
    characters.append(text[index])
  }
  return Double(String(decoding: characters, as: UTF8.self))
}
