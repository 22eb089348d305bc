// Elementary functions of eight floats at once, by polynomials: the C library's take one float at a time, and differ from machine
// to machine in the last bit. NaN goes through all of them, so that a diverging network is noticed.

/// eˣ, to 2 units in the last place for x in [−87, 88]; below it is 0, above it stays at e⁸⁸.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ by a polynomial of degree 7 (S. Moshier, Cephes, `expf`); n goes to the exponent.
@inlinable @inline(__always)
package func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let bounded = clamp(x, -87.33, 88)
  // Adding 1.5·2²³ leaves the rounded number in the low bits.
  let shifted = bounded * 1.442_695_04 + 12_582_912
  let n = shifted - 12_582_912
  let r = bounded - n * 0.693_359_375 - n * -2.121_944_4e-4
  var series = r * 1.987_569_15e-4 + 1.398_199_950_7e-3
  series = series * r + 8.333_451_907_3e-3
  series = series * r + 4.166_579_589_4e-2
  series = series * r + 1.666_666_545_9e-1
  series = series * r + 5.000_000_120_1e-1
  let fraction = series * (r * r) + r + 1
  let scale = SIMD8<Float>(bitPatterns: (shifted.bitPatterns &+ SIMD8(repeating: 127)) &<< SIMD8(repeating: 23))
  return (fraction * scale).replacing(with: 0, where: x .< -87.33)
}

/// ln x, to 2 units in the last place for positive normal x.
///
/// x = m·2ⁿ with m in [√½, √2); ln m by a polynomial of degree 9 (S. Moshier, Cephes, `logf`).
@inlinable @inline(__always)
package func logarithm(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let bits = x.bitPatterns
  var mantissa = SIMD8<Float>(bitPatterns: (bits & SIMD8(repeating: 0x007F_FFFF)) | SIMD8(repeating: 0x3F00_0000))
  var exponent = SIMD8<Float>(SIMD8<Int32>(truncatingIfNeeded: bits &>> SIMD8(repeating: 23))) - 126
  let isSmall = mantissa .< 0.707_106_78
  exponent = (exponent - 1).replacing(with: exponent, where: .!isSmall)
  mantissa = (mantissa + mantissa).replacing(with: mantissa, where: .!isSmall) - 1
  let square = mantissa * mantissa
  var series = mantissa * 7.037_683_629_2e-2 + -1.151_461_031_0e-1
  series = series * mantissa + 1.167_699_874_0e-1
  series = series * mantissa + -1.242_014_084_6e-1
  series = series * mantissa + 1.424_932_278_7e-1
  series = series * mantissa + -1.666_805_766_5e-1
  series = series * mantissa + 2.000_071_476_5e-1
  series = series * mantissa + -2.499_999_399_3e-1
  series = series * mantissa + 3.333_333_117_4e-1
  let fraction = mantissa * square * series + exponent * -2.121_944_40e-4 - square * 0.5
  return fraction + mantissa + exponent * 0.693_359_375
}

/// erf x, to 4.2e-7 of its value.
///
/// A quotient of polynomials of degree 13 and 8 in x, constant beyond ±4 (the coefficients are those of Eigen's `perf`).
@inlinable @inline(__always)
package func errorFunction(_ value: SIMD8<Float>) -> SIMD8<Float> {
  let x = clamp(value, -4, 4)
  let square = x * x
  var numerator = square * -2.726_142_258_013_06e-10 + 2.770_681_424_959_02e-8
  numerator = numerator * square + -2.101_024_020_825_08e-6
  numerator = numerator * square + -5.692_506_394_623_46e-5
  numerator = numerator * square + -7.349_906_303_268_55e-4
  numerator = numerator * square + -2.954_599_808_540_25e-3
  numerator = numerator * square + -1.609_603_333_262_42e-2
  var denominator = square * -1.456_607_184_649_96e-5 + -2.133_740_552_789_05e-4
  denominator = denominator * square + -1.682_826_974_382_03e-3
  denominator = denominator * square + -7.373_329_167_204_68e-3
  denominator = denominator * square + -1.426_473_905_141_89e-2
  return x * numerator / denominator
}

@inlinable @inline(__always)
package func clamp(_ x: SIMD8<Float>, _ lower: Float, _ upper: Float) -> SIMD8<Float> {
  x.replacing(with: lower, where: x .< lower).replacing(with: upper, where: x .> upper)
}
