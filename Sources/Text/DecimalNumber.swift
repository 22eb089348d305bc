/// A decimal number without an exponent whose digits fit in a word, as nearly every cell of a table and every number of a journal is.
///
/// Where the digits, and the power of ten that they are divided by, are exact as `Double`, so is their quotient's rounding
/// (Clinger, *How to Read Floating Point Numbers Accurately*, PLDI 1990, the fast path). Otherwise they are divided as whole numbers.
package struct ShortDecimal {
  /// All digits, without the point.
  package private(set) var digits: UInt64 = 0
  /// How many digits stand before the point, and how many behind it.
  package private(set) var (whole, places) = (0, 0)
  package private(set) var hasPoint = false
  /// How many zeros stand before the first other digit.
  private var zeros = 0

  /// So many digits fit in a word.
  package static let limit = 19

  /// Takes the digits, and the point among them, that stand from `position` on; leaves it behind them.
  ///
  /// - Parameter end: where the text ends.
  @inline(__always)
  package init(_ text: Span<UInt8>, at position: inout Int, end: Int) {
    while position < end {
      let byte = text[position]
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        if digits == 0, byte == UInt8(ascii: "0") { zeros &+= 1 }
        digits = digits &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
        if hasPoint { places &+= 1 } else { whole &+= 1 }
      } else if byte == UInt8(ascii: "."), !hasPoint {
        hasPoint = true
      } else {
        return
      }
      position &+= 1
    }
  }

  /// Whether there are digits, no more than ``limit`` after the first that is not 0, and a divisor that fits in a word.
  package var isKnown: Bool { whole + places > 0 && whole + places - zeros <= Self.limit && places <= Self.mostPlaces }

  /// The value, where it is known.
  package var value: Double { Self.quotient(digits, places) }

  /// The value times a power of ten; nil where it is not known, or is not to be divided by a power that fits in a word.
  package func value(timesTenTo exponent: Int) -> Double? {
    let divisor = places - exponent
    return isKnown && (0...Self.mostPlaces).contains(divisor) ? Self.quotient(digits, divisor) : nil
  }

  /// `digits` / 10^`places`, correctly rounded.
  private static func quotient(_ digits: UInt64, _ places: Int) -> Double {
    if digits <= 1 << 53, places < powersOfTen.count { return Double(digits) / powersOfTen[places] }
    guard digits > 0 else { return 0 }
    // Both begin with their first 1, so that the quotient has 63 or 64 digits of two: more than a `Double`, whose rounding
    // needs to know of the rest only whether there is one.
    let divisor = powersOfFive[places]
    let (dividendShift, divisorShift) = (digits.leadingZeroBitCount, divisor.leadingZeroBitCount)
    let dividend = digits &<< UInt64(dividendShift)
    let (quotient, rest) = (divisor &<< UInt64(divisorShift)).dividingFullWidth((dividend >> 1, dividend << 63))
    let exponent = divisorShift - dividendShift - 63 - places
    // The power of two is exact, and so is the product.
    return Double(quotient | (rest == 0 ? 0 : 1)) * Double(bitPattern: UInt64(1023 + exponent) << 52)
  }

  /// 10⁰ … 10²², exact.
  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21,
    1e22,
  ]

  /// 5⁰ … 5²⁷: the largest is below 2⁶³.
  private static let powersOfFive: [UInt64] = {
    var powers: [UInt64] = [1]
    while powers.count <= mostPlaces { powers.append(5 * powers[powers.count - 1]) }
    return powers
  }()

  private static let mostPlaces = 27
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
