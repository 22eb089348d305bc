public import Search
public import TuningTypes

/// What is left when a simulated study has ended.
public struct SimulationOutcome: Sendable {
  public let tuner: Tuner
  public let reason: StopReason
  /// Virtual seconds that the study took.
  public let time: Double
  public let cluster: SimulatedCluster
  public let figures: SimulationFigures

  /// The share of the workers' time in which they had a job in hand, whether or not it came to a result.
  public var busyShare: Double { time > 0 ? figures.busySeconds / (time * Double(cluster.workers)) : 0 }
}

/// What only a simulation knows of a study.
public struct SimulationFigures: Hashable, Sendable {
  /// Seconds in which workers had a job in hand, over all workers.
  public internal(set) var busySeconds = 0.0
  /// Configurations trained to *R* with a finite loss.
  public internal(set) var fullyTrained = 0
  /// When the first configuration was trained to *R* with a finite loss; nil where none was.
  public internal(set) var firstFullyTrained: Double?
  /// Jobs dropped.
  public internal(set) var dropped = 0
  /// Events that happened.
  public internal(set) var events = 0

  public init() {}
}
