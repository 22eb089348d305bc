// Elementary functions of a double in plain arithmetic, so that every machine gives the same bits. What decides in a search and
// has to be drawn again elsewhere uses these; the C library's differ in the last bit from version to version.

/// eˣ, to 1 unit in the last place; 0 and infinity beyond the range of a double's exponents.
///
/// Source: Sun Microsystems, fdlibm 5.3, `e_exp.c`.
package func exponential(_ x: Double) -> Double {
  if x.isNaN { return x }
  if x > 709.78 { return .infinity }
  if x < -745.13 { return 0 }
  let n = (x * 1.442_695_040_888_963_387_00).rounded()
  let high = x - n * 6.931_471_803_691_238_164_90e-1
  let low = n * 1.908_214_929_270_587_700_02e-10
  let r = high - low
  let square = r * r
  var series = square * 4.138_136_797_057_238_460_39e-8 - 1.653_390_220_546_525_153_90e-6
  series = series * square + 6.613_756_321_437_934_361_17e-5
  series = series * square - 2.777_777_777_701_559_338_42e-3
  series = series * square + 1.666_666_666_666_660_190_37e-1
  let c = r - square * series
  let fraction = 1 - ((low - r * c / (2 - c)) - high)
  return Double(sign: .plus, exponent: Int(n), significand: fraction)
}

/// ln x, to 1 unit in the last place; NaN below 0, −infinity at 0.
///
/// Source: Sun Microsystems, fdlibm 5.3, `e_log.c`.
package func logarithm(_ x: Double) -> Double {
  guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x == .infinity ? x : .nan }
  var exponent = Double(x.exponent)
  var mantissa = x.significand
  if mantissa > 1.414_213_562_373_095_1 {
    mantissa /= 2
    exponent += 1
  }
  let f = mantissa - 1
  let s = f / (2 + f)
  let z = s * s
  var series = z * 1.479_819_860_511_658_591e-1 + 1.531_383_769_920_937_332e-1
  series = series * z + 1.818_357_216_161_805_012e-1
  series = series * z + 2.222_219_843_214_978_396e-1
  series = series * z + 2.857_142_874_366_239_149e-1
  series = series * z + 3.999_999_999_940_941_908e-1
  series = series * z + 6.666_666_666_666_735_130e-1
  let half = 0.5 * f * f
  let low = exponent * 1.908_214_929_270_587_700_02e-10
  return exponent * 6.931_471_803_691_238_164_90e-1 - ((half - (s * (half + series * z) + low)) - f)
}

/// The number that a standard normal one is below with probability `p` in (0, 1), to 1e-7 of it.
///
/// Source: M. Wichura, *Algorithm AS 241*, Applied Statistics 37, 1988: `PPND7`.
package func normalQuantile(_ p: Double) -> Double {
  let q = p - 0.5
  if abs(q) <= 0.425 {
    let r = 0.180625 - q * q
    let numerator = ((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179
    return q * numerator / (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1)
  }
  let r = (-logarithm(q < 0 ? p : 1 - p)).squareRoot()
  let size: Double
  if r <= 5 {
    let t = r - 1.6
    size =
      (((0.17023821103 * t + 1.3067284816) * t + 2.7568153900) * t + 1.4234372777)
      / ((0.12021132975 * t + 0.73700164250) * t + 1)
  } else {
    let t = r - 5
    size =
      (((0.017337203997 * t + 0.42868294337) * t + 3.0812263860) * t + 6.6579051150)
      / ((0.012258202635 * t + 0.24197894225) * t + 1)
  }
  return q < 0 ? -size : size
}
