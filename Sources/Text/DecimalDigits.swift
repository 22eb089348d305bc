/// The digits of a number below 10⁸, a byte each, the first of them in the lowest.
struct EightDigits {
  private let digits: UInt64

  /// All at once: halves, quarters and eighths of the number lie side by side in one word, and what is divided is multiplied
  /// by the reciprocal, which is exact for numbers so small.
  @inline(__always)
  init(_ value: UInt64) {
    let (front, back) = value.quotientAndRemainder(dividingBy: 10_000)
    let halves = front | back << 32
    let hundreds = (halves &* 10_486) >> 20 & 0x0000_007F_0000_007F
    let quarters = hundreds | (halves &- 100 &* hundreds) << 16
    let tens = (quarters &* 103) >> 10 & 0x000F_000F_000F_000F
    digits = tens | (quarters &- 10 &* tens) << 8
  }

  var leadingZeros: Int { digits.trailingZeroBitCount / 8 }
  var trailingZeros: Int { digits.leadingZeroBitCount / 8 }

  /// Those at the beginning, which are none if a digit before them is above 0.
  @inline(__always)
  func leadingZeros(after digit: UInt64) -> Int { (digits | digit).trailingZeroBitCount / 8 }

  /// The text without so many of the first digits, 7 at most.
  @inline(__always)
  func text(from first: Int) -> UInt64 { ((digits | 0x3030_3030_3030_3030) &>> UInt64(8 * first)).littleEndian }
}

/// The digits of a number above 0 and below 10¹⁷.
struct SeventeenDigits {
  /// The number without its last eight digits.
  let front: UInt64
  let first: UInt64
  let middle: EightDigits
  let last: EightDigits
  /// How many zeros of the middle stand at the beginning; 8 where there is nothing but the last.
  let skipped: Int

  @inline(__always)
  init(_ value: UInt64) {
    let back: UInt64
    let rest: UInt64
    (front, back) = value.quotientAndRemainder(dividingBy: 100_000_000)
    (first, rest) = front.quotientAndRemainder(dividingBy: 100_000_000)
    middle = EightDigits(rest)
    last = EightDigits(back)
    skipped = middle.leadingZeros(after: first)
  }

  /// How many there are, from the first that is not zero on.
  var count: Int { front > 0 ? 16 - skipped + (first > 0 ? 1 : 0) : 8 - last.leadingZeros }

  /// How many zeros are the last of them.
  var trailingZeros: Int {
    if last.trailingZeros < 8 { return last.trailingZeros }
    return middle.trailingZeros < 8 ? 8 + middle.trailingZeros : 16
  }
}
