internal import Randomness
package import Tables

/// Random factors for the units of a layer: 0 for a dropped one, 1/(1 − p) for the others.
///
/// Philox seeds a fast generator of eight lanes once a step (xoshiro128+: Blackman and Vigna, *Scrambled Linear Pseudorandom
/// Number Generators*, ACM TOMS 47, 2021), so that a mask is a function of (seed, step) alone.
package struct DropoutMask: Sendable {
  private var s0: SIMD8<UInt32>
  private var s1: SIMD8<UInt32>
  private var s2: SIMD8<UInt32>
  private var s3: SIMD8<UInt32>
  private let threshold: SIMD8<UInt32>
  private let scale: Lanes

  package init(probability: Double, seed: UInt64, step: Int) {
    var generator = CounterGenerator(seed: seed, purpose: .dropout, index: UInt64(step))
    func lanes() -> SIMD8<UInt32> {
      var lanes = SIMD8<UInt32>()
      for pair in 0..<4 {
        let bits = generator.next()
        lanes[2 * pair] = UInt32(truncatingIfNeeded: bits)
        lanes[2 * pair + 1] = UInt32(truncatingIfNeeded: bits >> 32)
      }
      return lanes
    }
    s0 = lanes() | 1  // A state of all zeros would stay there.
    s1 = lanes()
    s2 = lanes()
    s3 = lanes()
    threshold = SIMD8(repeating: UInt32((probability * 0x1p24).rounded()))
    scale = Lanes(repeating: Float(1 / (1 - probability)))
  }

  /// The next eight factors.
  @inline(__always)
  package mutating func next() -> Lanes {
    let sum = s0 &+ s3
    advance()
    // The upper 24 bits, below the threshold with probability p; signed comparison suffices and is what SSE2 has.
    let upper = SIMD8<Int32>(truncatingIfNeeded: sum &>> 8)
    return scale.replacing(with: 0, where: upper .< SIMD8<Int32>(truncatingIfNeeded: threshold))
  }

  /// Leaves out the next `count` lanes of factors.
  mutating func skip(_ count: Int) {
    for _ in 0..<count { advance() }
  }

  @inline(__always)
  private mutating func advance() {
    let shifted = s1 &<< 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = (s3 &<< 11) | (s3 &>> 21)
  }
}
