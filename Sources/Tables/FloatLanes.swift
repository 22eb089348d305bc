/// Eight floats that are computed with at once.
///
/// All matrices of this module are row-major with rows padded by zeros to whole lanes, so that a kernel never has a ragged
/// end; the padding stays zero through training.
@usableFromInline
package typealias Lanes = SIMD8<Float>

extension Lanes {
  /// How many of them hold `count` floats.
  @inlinable package static func count(holding count: Int) -> Int { (count + 7) / 8 }

  /// The largest of the eight; whichever comes where one is NaN.
  @inlinable @inline(__always)
  package var largest: Float {
    let four = lowHalf.replacing(with: highHalf, where: highHalf .> lowHalf)
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two.x > two.y ? two.x : two.y
  }

  /// The sum of the eight, always in the same order.
  @inlinable @inline(__always)
  package var total: Float {
    let four = lowHalf + highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }
}
