/// One trial to be trained to one rung: what a worker is told.
public struct Job: Hashable, Sendable {
  public var id: JobID
  public var trial: TrialID
  public var bracket: BracketIndex
  public var rung: RungIndex
  /// The resource to train to, counted from the start of the trial.
  public var resource: Resource
  /// The resource that the trial's checkpoint should hold; 0 where the trial has none.
  public var resumeResource: Resource
  /// Which try this is, from 1.
  public var attempt: Int
  /// The seed of all randomness in this trial's training: the same for each of its jobs.
  public var seed: UInt64
  public var configuration: Configuration

  public init(
    id: JobID, trial: TrialID, bracket: BracketIndex, rung: RungIndex, resource: Resource,
    resumeResource: Resource, attempt: Int, seed: UInt64, configuration: Configuration
  ) {
    self.id = id
    self.trial = trial
    self.bracket = bracket
    self.rung = rung
    self.resource = resource
    self.resumeResource = resumeResource
    self.attempt = attempt
    self.seed = seed
    self.configuration = configuration
  }
}
