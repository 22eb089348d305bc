/// Eight floats that are computed with at once.
///
/// All matrices of this module are row-major with rows padded by zeros to whole lanes, so that a kernel never has a ragged
/// end; the padding stays zero through training.
package typealias Lanes = SIMD8<Float>

extension Lanes {
  /// How many of them hold `count` floats.
  package static func count(holding count: Int) -> Int { (count + 7) / 8 }
}
