/// A counter-based random generator: Philox 4×32-10.
///
/// The numbers are a function of (seed, purpose, index) and of how many were drawn, so that configuration *i* or the
/// training of trial *i* never depends on what was drawn for any other. Nothing is shared, nothing has to be stored but
/// ``position``.
///
/// Source: Salmon, Moraes, Dror, Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*, SC11.
public struct CounterGenerator: RandomNumberGenerator, Sendable {
  let key: SIMD2<UInt32>
  let index: UInt64
  var block: UInt64 = 0
  /// The second half of the last block, where nobody has drawn it yet.
  @usableFromInline var pending: UInt64?

  /// - Parameters:
  ///   - purpose: what the numbers are for; streams of different purposes are independent.
  ///   - index: which stream of that purpose: a trial's number, an epoch's.
  public init(seed: UInt64, purpose: Purpose, index: UInt64) {
    let mixed = Self.mix(seed &+ purpose.rawValue &* 0x9E37_79B9_7F4A_7C15)
    key = SIMD2(UInt32(truncatingIfNeeded: mixed), UInt32(truncatingIfNeeded: mixed >> 32))
    self.index = index
  }

  /// What a stream of random numbers is used for.
  public struct Purpose: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
  }

  /// How many 64-bit numbers have been drawn. Setting it moves there in O(1).
  public var position: UInt64 {
    get { block &* 2 &- (pending == nil ? 0 : 1) }
    set {
      block = newValue / 2
      pending = nil
      if newValue % 2 == 1 { _ = next() }
    }
  }

  @inlinable public mutating func next() -> UInt64 {
    guard let number = pending else { return nextBlock() }
    pending = nil
    return number
  }

  /// Draws two numbers: one to return, one to come next.
  @usableFromInline mutating func nextBlock() -> UInt64 {
    let words = Self.philox(
      UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32), key: key)
    block &+= 1
    pending = words.second
    return words.first
  }

  /// A number in [0, 1), uniform over the multiples of 2⁻⁵³.
  @inlinable public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// The finaliser of SplitMix64: a bijection that spreads every bit.
  public static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// The ten rounds, on one block. For the known-answer tests; everyone else draws through ``next()``.
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    let words = philox(counter.x, counter.y, counter.z, counter.w, key: key)
    return SIMD4(
      UInt32(truncatingIfNeeded: words.first), UInt32(truncatingIfNeeded: words.first >> 32),
      UInt32(truncatingIfNeeded: words.second), UInt32(truncatingIfNeeded: words.second >> 32))
  }

  // In scalars: half of a round's work on vectors would be to move numbers in and out of them.
  @inline(__always)
  private static func philox(
    _ x: UInt32, _ y: UInt32, _ z: UInt32, _ w: UInt32, key: SIMD2<UInt32>
  ) -> (first: UInt64, second: UInt64) {
    var (x, y, z, w) = (x, y, z, w)
    var (k, l) = (key.x, key.y)
    for _ in 0..<10 {
      let a = UInt64(0xD251_1F53) &* UInt64(x)
      let b = UInt64(0xCD9E_8D57) &* UInt64(z)
      (x, z) = (
        UInt32(truncatingIfNeeded: b >> 32) ^ y ^ k, UInt32(truncatingIfNeeded: a >> 32) ^ w ^ l
      )
      (y, w) = (UInt32(truncatingIfNeeded: b), UInt32(truncatingIfNeeded: a))
      k &+= 0x9E37_79B9
      l &+= 0xBB67_AE85
    }
    return (UInt64(y) << 32 | UInt64(x), UInt64(w) << 32 | UInt64(z))
  }
}
