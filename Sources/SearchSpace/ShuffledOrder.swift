internal import Randomness

/// A permutation of 0 ..< n that looks random and is computed, not stored.
///
/// A balanced Feistel network of four rounds permutes the numbers of an even number of bits; what falls outside of 0 ..< n
/// goes through it again until it is inside (cycle walking), four times at most on average.
///
/// Source: Black and Rogaway, *Ciphers with Arbitrary Finite Domains*, CT-RSA 2002.
package struct ShuffledOrder: Hashable, Sendable {
  package let count: Int
  private let halfBits: UInt64
  private let keys: [UInt64]

  package init(count: Int, seed: UInt64) {
    precondition(count >= 0, "an order has no negative length")
    self.count = count
    let bits = Int.bitWidth - max(1, count - 1).leadingZeroBitCount
    halfBits = UInt64((bits + 1) / 2)
    var generator = CounterGenerator(seed: seed, purpose: .scrambling, index: 1)
    keys = (0..<4).map { _ in generator.next() }
  }

  /// Where the number at `position` of the shuffled order stands in the plain one. O(1) on average.
  package subscript(position: Int) -> Int {
    precondition((0..<count).contains(position), "the position is not one of the order's")
    var number = UInt64(position)
    repeat { number = permuted(number) } while number >= UInt64(count)
    return Int(number)
  }

  private func permuted(_ number: UInt64) -> UInt64 {
    let mask = (UInt64(1) << halfBits) - 1
    var (left, right) = (number >> halfBits, number & mask)
    for key in keys { (left, right) = (right, left ^ (CounterGenerator.mix(right ^ key) & mask)) }
    return left << halfBits | right
  }
}
