package import TuningTypes

/// A rank's place among the ranks that are one worker: they train each trial together.
///
/// Most workers are one rank. Ranks of a worker are numbered by their rank in the run; the first one speaks for the worker: its
/// loss is the result, and it has the checkpoint.
public struct WorkerRank: Hashable, Sendable {
  /// Its number in the worker, from 0.
  public let number: Int
  /// The host of each of the worker's ranks, by number.
  public let hosts: [String]
  /// The number of the node of each of the worker's ranks, from 0. Nodes are told apart by shared memory, not by name.
  private let nodes: [Int]

  /// - Parameter nodes: any numbers that are the same for ranks of one node.
  package init(number: Int, hosts: [String], nodes: [Int]) {
    precondition(hosts.count == nodes.count && hosts.indices.contains(number), "each rank has a host and a node")
    self.number = number
    self.hosts = hosts
    var known: [Int] = []
    self.nodes = nodes.map { node in
      if let index = known.firstIndex(of: node) { return index }
      known.append(node)
      return known.count - 1
    }
  }

  /// The one rank of a worker that is no more than that.
  public static func alone(on host: String) -> WorkerRank { WorkerRank(number: 0, hosts: [host], nodes: [0]) }

  /// How many ranks the worker has.
  public var count: Int { hosts.count }
  /// The first rank speaks for the worker.
  public var isFirst: Bool { number == 0 }
  /// The number of its node among the worker's.
  public var nodeNumber: Int { nodes[number] }
  /// How many nodes the worker has.
  public var nodeCount: Int { (nodes.max() ?? 0) + 1 }
  /// Its number among the worker's ranks on its node, from 0.
  public var localNumber: Int { nodes[..<number].count { $0 == nodeNumber } }
  /// How many of the worker's ranks are on its node.
  public var localCount: Int { nodes.count { $0 == nodeNumber } }

  /// The worker's hosts, each once, with the number of its ranks there.
  package var slots: [(host: String, count: Int)] {
    var slots: [(host: String, count: Int)] = []
    for (host, node) in zip(hosts, nodes) {
      if node < slots.count { slots[node].count += 1 } else { slots.append((host, 1)) }
    }
    return slots
  }
}

/// Where and how the other ranks of a worker join a job that the first one has begun.
package struct Rendezvous: Hashable, Sendable {
  /// The first rank's, as the others reach it.
  package var host: String
  /// A port that was free there a moment ago.
  package var port: Int
  /// What the trial's checkpoint held before any process could write to it.
  package var resumeResource: Resource
  /// The first rank starts a process for the job; otherwise one goes on that has served jobs before.
  package var startsProcess: Bool

  package init(host: String, port: Int, resumeResource: Resource, startsProcess: Bool) {
    self.host = host
    self.port = port
    self.resumeResource = resumeResource
    self.startsProcess = startsProcess
  }
}

/// What a running job is asked for; what comes later asks for more.
package enum JobDemand: UInt8, Hashable, Comparable, Sendable {
  case none
  /// Checkpoint at the next unit of resource and stop.
  case interruption
  /// To a rank that is not its worker's first: the first one has ended the job. End it as well, soon.
  case conclusion
  /// Another rank of the worker has failed: end the job at once, it counts for nothing.
  case abandonment

  package static func < (a: JobDemand, b: JobDemand) -> Bool { a.rawValue < b.rawValue }
}
