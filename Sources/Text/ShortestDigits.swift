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
  @inline(__always)
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
    let power = Self.power(of: -k)
    let shift = UInt64(truncatingIfNeeded: q + (-k * 1_741_647) >> 19 + 1)
    // Four times the number and the ends of the interval in which everything rounds to it, in units of 10^k, and odd where
    // something was cut off.
    let lower = Self.product(power, (4 * c - (isPowerOfTwo ? 1 : 2)) &<< shift) &+ (c & 1)
    let value = Self.product(power, 4 * c &<< shift)
    let upper = Self.product(power, (4 * c + 2) &<< shift) &- (c & 1)
    // All is worked out as bits and chosen at the end: which it will be is as good as random, and a processor that has to
    // guess is wrong every other time.
    let down = value / 4
    let (downIsInside, upIsInside) = (Self.bit(lower <= 4 &* down), Self.bit(4 &* down &+ 4 <= upper))
    let onlyOneIsInside = downIsInside ^ upIsInside
    // Above the middle of the two, or on it and next to an odd number.
    let isNearerUp = value >> 1 & (value | down) & 1
    let long = down &+ (onlyOneIsInside & upIsInside | (onlyOneIsInside ^ 1) & isNearerUp)
    // One digit less, where that decides.
    let short = down / 10
    let (shortDownIsInside, shortUpIsInside) = (Self.bit(lower <= 40 &* short), Self.bit(40 &* short &+ 40 <= upper))
    let isShort = Self.bit(down >= 10) & (shortDownIsInside ^ shortUpIsInside)
    digits = long ^ (0 &- isShort) & (long ^ (short &+ shortUpIsInside))
    exponent = k &+ Int(truncatingIfNeeded: isShort)
  }

  @inline(__always)
  private static func bit(_ isSet: Bool) -> UInt64 { isSet ? 1 : 0 }

  /// The upper 64 of the product's 192 bits, made odd where the others are not zero or next to it.
  @inline(__always)
  private static func product(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64 {
    let high = power.high.multipliedFullWidth(by: factor)
    if power.low == 0 { return high.high | (high.low > 1 ? 1 : 0) }
    let (middle, carries) = high.low.addingReportingOverflow(power.low.multipliedFullWidth(by: factor).high)
    return (high.high + (carries ? 1 : 0)) | (middle > 1 ? 1 : 0)
  }

  /// 10^e for e from 0 to 55, each shifted until its highest bit is the highest of 128.
  @inline(__always)
  private static func power(of exponent: Int) -> (high: UInt64, low: UInt64) {
    (highPowers[exponent], exponent <= 27 ? 0 : lowPowers[exponent - 28])
  }

  // Written out, as they stand in the program then; what is computed when it starts is asked for at every use.

  private static let highPowers: [UInt64] = [
    0x8000000000000000, 0xA000000000000000, 0xC800000000000000, 0xFA00000000000000,
    0x9C40000000000000, 0xC350000000000000, 0xF424000000000000, 0x9896800000000000,
    0xBEBC200000000000, 0xEE6B280000000000, 0x9502F90000000000, 0xBA43B74000000000,
    0xE8D4A51000000000, 0x9184E72A00000000, 0xB5E620F480000000, 0xE35FA931A0000000,
    0x8E1BC9BF04000000, 0xB1A2BC2EC5000000, 0xDE0B6B3A76400000, 0x8AC7230489E80000,
    0xAD78EBC5AC620000, 0xD8D726B7177A8000, 0x878678326EAC9000, 0xA968163F0A57B400,
    0xD3C21BCECCEDA100, 0x84595161401484A0, 0xA56FA5B99019A5C8, 0xCECB8F27F4200F3A,
    0x813F3978F8940984, 0xA18F07D736B90BE5, 0xC9F2C9CD04674EDE, 0xFC6F7C4045812296,
    0x9DC5ADA82B70B59D, 0xC5371912364CE305, 0xF684DF56C3E01BC6, 0x9A130B963A6C115C,
    0xC097CE7BC90715B3, 0xF0BDC21ABB48DB20, 0x96769950B50D88F4, 0xBC143FA4E250EB31,
    0xEB194F8E1AE525FD, 0x92EFD1B8D0CF37BE, 0xB7ABC627050305AD, 0xE596B7B0C643C719,
    0x8F7E32CE7BEA5C6F, 0xB35DBF821AE4F38B, 0xE0352F62A19E306E, 0x8C213D9DA502DE45,
    0xAF298D050E4395D6, 0xDAF3F04651D47B4C, 0x88D8762BF324CD0F, 0xAB0E93B6EFEE0053,
    0xD5D238A4ABE98068, 0x85A36366EB71F041, 0xA70C3C40A64E6C51, 0xD0CF4B50CFE20765,
  ]

  private static let lowPowers: [UInt64] = [
    0x4000000000000000, 0x5000000000000000, 0xA400000000000000, 0x4D00000000000000,
    0xF020000000000000, 0x6C28000000000000, 0xC732000000000000, 0x3C7F400000000000,
    0x4B9F100000000000, 0x1E86D40000000000, 0x1314448000000000, 0x17D955A000000000,
    0x5DCFAB0800000000, 0x5AA1CAE500000000, 0xF14A3D9E40000000, 0x6D9CCD05D0000000,
    0xE4820023A2000000, 0xDDA2802C8A800000, 0xD50B2037AD200000, 0x4526F422CC340000,
    0x9670B12B7F410000, 0x3C0CDD765F114000, 0xA5880A69FB6AC800, 0x8EEA0D047A457A00,
    0x72A4904598D6D880, 0x47A6DA2B7F864750, 0x999090B65F67D924, 0xFFF4B4E3F741CF6D,
  ]
}
