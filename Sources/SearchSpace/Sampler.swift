public import TuningTypes

/// Where a study's configurations come from.
public protocol Sampler: Sendable {
  /// How many there are; nil: as many as asked for.
  var count: Int? { get }

  /// The configuration that the sampler would have tried next, or nil past the end.
  ///
  /// - Parameter number: which of its suggestions this is, counted from 0; asked for in their order, each once.
  mutating func suggest(_ number: Int) -> Configuration?

  /// A trial has begun, with this configuration, whoever suggested it.
  mutating func began(_ trial: TrialID, _ configuration: Configuration)

  /// A trial has been trained to a resource, or has come to nothing on its way there: then the loss is ``Loss/diverged``.
  mutating func reported(_ trial: TrialID, _ configuration: Configuration, resource: Resource, loss: Loss)

  /// What has to be computed beside the search for a suggestion, the next one, to follow from all that is known; nil: nothing has.
  func modelRequest(for number: Int) -> ModelRequest?

  /// A request has been answered.
  mutating func learned(_ answer: ModelAnswer)

  /// How often an answer was not there when it was wanted.
  var lateness: ModelLateness { get }
}

extension Sampler {
  public mutating func began(_ trial: TrialID, _ configuration: Configuration) {}
  public mutating func reported(_ trial: TrialID, _ configuration: Configuration, resource: Resource, loss: Loss) {}
  public func modelRequest(for number: Int) -> ModelRequest? { nil }
  public mutating func learned(_ answer: ModelAnswer) {}
  public var lateness: ModelLateness { ModelLateness() }
}

/// A sampler that results do not change: a sequence of configurations with random access.
///
/// Configuration *i* is a function of the sampler and *i* alone, never of what was asked for before.
public protocol SequenceSampler: Sampler {
  /// Configuration `index`, counted from 0, or nil past the end.
  func configuration(at index: Int) -> Configuration?
}

extension SequenceSampler {
  public mutating func suggest(_ number: Int) -> Configuration? { configuration(at: number) }
}
