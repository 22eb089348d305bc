/// The shortest decimal that reads back as a given number: digits · 10^exponent; of several, the one nearest to it.
///
/// The standard library finds the same digits, but hands them out as a `String` only, and a journal writes several numbers a
/// job. This is for the numbers that studies are made of, from 10⁻³⁷ to 10¹⁵, whose powers of ten are exact in 128 bits.
///
/// Source: Giulietti, *The Schubfach way to render doubles*, 2021, sections 8 and 9.
struct ShortestDigits {
  let digits: UInt64
  let exponent: Int

  /// The number's sign is left out; nil where it is not finite, zero, or beyond the range.
  init?(_ value: Double) {
    let magnitude = value.magnitude
    guard magnitude >= 1e-37, magnitude < 1e15 else { return nil }
    let fraction = magnitude.significandBitPattern
    // c·2^q; the number is normal.
    let c = fraction | 1 << 52
    let q = Int(magnitude.exponentBitPattern) - 1075
    if q <= 0, c.trailingZeroBitCount >= -q {
      (digits, exponent) = (c >> UInt64(-q), 0)
      return
    }
    // Below a power of two, the next number is half as far away.
    let isPowerOfTwo = fraction == 0
    let k = (q * 1_262_611 - (isPowerOfTwo ? 524_031 : 0)) >> 22
    let power = Self.powers[-k]
    let shift = UInt64(q + (-k * 1_741_647) >> 19 + 1)
    // Four times the number and the ends of the interval in which everything rounds to it, in units of 10^k, and odd where
    // something was cut off.
    let lower = Self.product(power, (4 * c - (isPowerOfTwo ? 1 : 2)) << shift) + (c & 1)
    let value = Self.product(power, 4 * c << shift)
    let upper = Self.product(power, (4 * c + 2) << shift) - (c & 1)
    let down = value / 4
    // One digit less, where that decides.
    let short = down / 10
    let (shortDownIsInside, shortUpIsInside) = (lower <= 40 * short, 40 * short + 40 <= upper)
    if down >= 10, shortDownIsInside != shortUpIsInside {
      (digits, exponent) = (shortUpIsInside ? short + 1 : short, k + 1)
      return
    }
    let (downIsInside, upIsInside) = (lower <= 4 * down, 4 * down + 4 <= upper)
    let middle = 4 * down + 2
    let roundsUp =
      downIsInside != upIsInside ? upIsInside : value > middle || (value == middle && !down.isMultiple(of: 2))
    (digits, exponent) = (roundsUp ? down + 1 : down, k)
  }

  /// The upper 64 of the product's 192 bits, made odd where the others are not zero or next to it.
  private static func product(_ power: UInt128, _ factor: UInt64) -> UInt64 {
    let low = UInt64(truncatingIfNeeded: power).multipliedFullWidth(by: factor)
    let high = UInt64(truncatingIfNeeded: power >> 64).multipliedFullWidth(by: factor)
    let (middle, carries) = high.low.addingReportingOverflow(low.high)
    return (high.high + (carries ? 1 : 0)) | (middle > 1 ? 1 : 0)
  }

  /// 10^e for e from 0 to 55, each shifted until its highest bit is the highest of 128.
  private static let powers: [UInt128] = {
    var powerOfFive: UInt128 = 1
    return (0...55).map { _ in
      defer { powerOfFive &*= 5 }
      return powerOfFive << UInt128(powerOfFive.leadingZeroBitCount)
    }
  }()
}
