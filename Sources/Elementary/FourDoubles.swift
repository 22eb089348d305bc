/// eˣ of four doubles at once, to 2 units in the last place for x in [−708, 709]; below it is 0, above it stays at e⁷⁰⁹.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ by its Taylor series, whose first term left out is below 1e-17; n goes to the exponent.
@inlinable @inline(__always)
package func exponential(_ x: SIMD4<Double>) -> SIMD4<Double> {
  let bounded = x.replacing(with: -708, where: x .< -708).replacing(with: 709, where: x .> 709)
  // Adding 1.5·2⁵² leaves the rounded number in the low bits.
  let shifted = bounded * 1.442_695_040_888_963_387_00 + 6_755_399_441_055_744
  let n = shifted - 6_755_399_441_055_744
  let r = bounded - n * 6.931_471_803_691_238_164_90e-1 - n * 1.908_214_929_270_587_700_02e-10
  var series = r * 1.605_904_383_682_161_5e-10 + 2.087_675_698_786_81e-9
  series = series * r + 2.505_210_838_544_172e-8
  series = series * r + 2.755_731_922_398_589e-7
  series = series * r + 2.755_731_922_398_589e-6
  series = series * r + 2.480_158_730_158_730e-5
  series = series * r + 1.984_126_984_126_984_1e-4
  series = series * r + 1.388_888_888_888_889e-3
  series = series * r + 8.333_333_333_333_333e-3
  series = series * r + 4.166_666_666_666_666_4e-2
  series = series * r + 1.666_666_666_666_666_7e-1
  series = series * r + 0.5
  let fraction = series * (r * r) + r + 1
  let scale = SIMD4<Double>(bitPatterns: (shifted.bitPatterns &+ SIMD4(repeating: 1023)) &<< SIMD4(repeating: 52))
  return (fraction * scale).replacing(with: 0, where: x .< -708)
}
