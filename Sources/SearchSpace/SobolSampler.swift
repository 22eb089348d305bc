internal import Randomness
public import TuningTypes

/// Quasi-random configurations: a scrambled Sobol sequence, which covers the search space more evenly than chance.
///
/// Of the first 2ᵏ configurations (and of every aligned run of 2ᵏ), each hyperparameter has exactly one in each of the
/// 2ᵏ equal parts of its scale. Each hyperparameter is a dimension, in the order of declaration, active or not. The
/// scrambling is random from the seed and keeps these properties; without it the first point would be all zeros.
///
/// Sources: Joe and Kuo 2008 (see ``SobolDirections``); A. Owen, *Randomly permuted (t,m,s)-nets and (t,s)-sequences*,
/// 1995; B. Burley, *Practical Hash-based Owen Scrambling*, JCGT 9(4), 2020, with the hash of N. Vegdahl, *Building a
/// Better LK Hash*, 2021.
public struct SobolSampler: SequenceSampler {
  public let space: SearchSpace
  /// One for each dimension; nil: not scrambled.
  private let scrambling: [UInt32]?
  private let directions: [UInt32]

  /// As many hyperparameters as a sequence can have.
  public static let mostParameters = SobolDirections.dimensions

  /// - Throws: ``SearchSpaceError`` where the space has more than ``mostParameters`` hyperparameters.
  public init(space: SearchSpace, seed: UInt64) throws(SearchSpaceError) {
    let scrambling = space.parameters.indices.map { dimension in
      var generator = CounterGenerator(seed: seed, purpose: .scrambling, index: UInt64(dimension))
      return UInt32(truncatingIfNeeded: generator.next())
    }
    try self.init(space: space, scrambling: scrambling)
  }

  /// The plain sequence, for comparison with published points.
  package init(unscrambled space: SearchSpace) throws(SearchSpaceError) {
    try self.init(space: space, scrambling: nil)
  }

  private init(space: SearchSpace, scrambling: [UInt32]?) throws(SearchSpaceError) {
    guard space.parameters.count <= Self.mostParameters else {
      throw SearchSpaceError(
        problem: "the sobol sampler takes up to \(Self.mostParameters) hyperparameters, "
          + "but the search space has \(space.parameters.count)",
        advice: "use the random sampler")
    }
    self.space = space
    self.scrambling = scrambling
    directions = Array(SobolDirections.table.prefix(space.parameters.count * SobolDirections.bits))
  }

  /// 2³²: then the sequence is used up.
  public var count: Int? { 1 << SobolDirections.bits }

  /// O(hyperparameters · bits of the index).
  public func configuration(at index: Int) -> Configuration? {
    guard let index = UInt32(exactly: index) else { return nil }
    return space.configuration { coordinate($0, of: index) }
  }

  /// Coordinate `dimension` of point `index`, a multiple of 2⁻³² in [0, 1).
  package func coordinate(_ dimension: Int, of index: UInt32) -> Double {
    var point: UInt32 = 0
    var rest = index
    let first = dimension * SobolDirections.bits
    while rest != 0 {
      point ^= directions[first + rest.trailingZeroBitCount]
      rest &= rest - 1
    }
    if let scrambling { point = Self.scrambled(point, seed: scrambling[dimension]) }
    return Double(point) * 0x1p-32
  }

  /// Owen's nested uniform scrambling: every bit is flipped or not by a hash of the bits above it.
  ///
  /// On the reversed word each step lets a bit depend on itself and lower ones only, and can be undone.
  private static func scrambled(_ point: UInt32, seed: UInt32) -> UInt32 {
    var x = reversed(point)
    x ^= x &* 0x3D20_ADEA
    x &+= seed
    x &*= (seed >> 16) | 1
    x ^= x &* 0x0552_6C56
    x ^= x &* 0x53A2_2864
    return reversed(x)
  }

  private static func reversed(_ word: UInt32) -> UInt32 {
    var x = word.byteSwapped
    x = (x & 0x0F0F_0F0F) << 4 | (x >> 4) & 0x0F0F_0F0F
    x = (x & 0x3333_3333) << 2 | (x >> 2) & 0x3333_3333
    return (x & 0x5555_5555) << 1 | (x >> 1) & 0x5555_5555
  }
}
