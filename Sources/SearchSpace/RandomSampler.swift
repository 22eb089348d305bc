internal import Randomness
public import TuningTypes

/// Independent configurations, each uniform over the search space on its domains' scales.
///
/// Configuration *i* draws from a stream of its own, one number for each hyperparameter in the order of declaration,
/// active or not: a condition that is added shifts nothing else. On a log scale, another maths library may give another
/// last bit.
public struct RandomSampler: SequenceSampler {
  public let space: SearchSpace
  public let seed: UInt64

  public init(space: SearchSpace, seed: UInt64) {
    self.space = space
    self.seed = seed
  }

  public var count: Int? { nil }

  /// O(hyperparameters). Nil only for a negative index.
  public func configuration(at index: Int) -> Configuration? {
    guard let index = UInt64(exactly: index) else { return nil }
    var generator = CounterGenerator(seed: seed, purpose: .configuration, index: index)
    return space.configuration { _ in generator.uniform() }
  }
}
