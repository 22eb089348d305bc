public import Simulation
public import Text

extension SimulatedCluster {
  /// The cluster as the journal's header and the summary show it.
  public var json: JSONValue {
    [
      "workers": .integer(workers), "stragglers": .number(stragglers), "drop": .number(dropProbability),
      "worker_loss": .number(lossProbability), "latency": .number(dispatchLatency),
      "checkpoint_cost": .number(checkpointCost), "from_scratch": .flag(!resumesFromCheckpoints),
    ]
  }
}

extension SimulationOutcome {
  /// The cluster and the figures, as the summary shows them.
  public var json: JSONValue {
    let first = figures.firstFullyTrained.map { JSONValue.number($0) } ?? .null
    guard case .object(let members) = cluster.json else { return .null }
    return .object(
      members + [
        .init("dropped_jobs", .integer(figures.dropped)), .init("busy_seconds", .number(figures.busySeconds)),
        .init("busy_share", .number(busyShare)), .init("fully_trained", .integer(figures.fullyTrained)),
        .init("first_fully_trained", first),
      ])
  }
}
