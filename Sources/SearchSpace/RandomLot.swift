internal import Randomness

/// Which suggestions of a sampler that learns are the random study's: a share of them, by lot.
struct RandomLot: Hashable, Sendable {
  let seed: UInt64
  /// The share, from 0 to 1.
  let fraction: Double

  /// What is drawn for a suggestion: whether it is random, and what else is drawn for it. O(1).
  func draw(for number: Int) -> (isRandom: Bool, generator: CounterGenerator) {
    var generator = CounterGenerator(seed: seed, purpose: .modelSampling, index: UInt64(number))
    let isRandom = generator.uniform() < fraction
    return (isRandom, generator)
  }

  func isRandom(_ number: Int) -> Bool { draw(for: number).isRandom }
}
