public import TuningTypes

/// Where a study's configurations come from: a sequence with random access.
///
/// Configuration *i* is a function of the sampler and *i* alone, never of what was asked for before.
public protocol Sampler: Sendable {
  /// How many there are; nil: as many as asked for.
  var count: Int? { get }

  /// Configuration `index`, counted from 0, or nil past the end.
  func configuration(at index: Int) -> Configuration?
}
