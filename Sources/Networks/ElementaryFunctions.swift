internal import Elementary
package import Tables

// Elementary functions of eight floats at once, by polynomials: the C library's take one float at a time. NaN goes through
// all of them, so that a diverging network is noticed.

/// tanh x, to 6 units in the last place.
///
/// A quotient of polynomials of degree 13 and 6 in x, exact 1 to single precision beyond ±7.9 (the coefficients are those of
/// Eigen's `ptanh`).
@inline(__always)
package func hyperbolicTangent(_ value: Lanes) -> Lanes {
  let x = clamp(value, -7.905_311, 7.905_311)
  let square = x * x
  var numerator = square * -2.760_768_477_423_55e-16 + 2.000_187_904_824_77e-13
  numerator = numerator * square + -8.604_671_522_137_35e-11
  numerator = numerator * square + 5.122_297_090_371_14e-8
  numerator = numerator * square + 1.485_722_357_179_79e-5
  numerator = numerator * square + 6.372_619_288_754_36e-4
  numerator = numerator * square + 4.893_524_558_917_86e-3
  var denominator = square * 1.198_258_394_667_02e-6 + 1.185_347_056_866_54e-4
  denominator = denominator * square + 2.268_434_632_439_00e-3
  denominator = denominator * square + 4.893_525_185_543_85e-3
  return x * numerator / denominator
}

/// 1/(1 + e⁻ˣ), to 4 units in the last place for x above −87, 0 far below.
@inline(__always)
package func logistic(_ x: Lanes) -> Lanes {
  1 / (1 + exponential(-x))
}
