internal import MPI
internal import Training
package import TuningTypes

/// Which ranks are workers together.
///
/// A worker is so many consecutive ranks of one node. Nodes that have fewer are joined until there are enough. What is left over stays
/// idle.
package struct WorkerLayout: Hashable, Sendable {
  /// Where a rank runs.
  package struct Site: Hashable, Sendable {
    /// The same for all ranks of a node: the lowest of them.
    package var node: Int
    package var host: String
    /// The cores that it may run on: a set of bits in fours, the lowest first.
    package var cores: [UInt8]

    package init(node: Int, host: String, cores: [UInt8] = []) {
      (self.node, self.host, self.cores) = (node, host, cores)
    }
  }

  package let sites: [Site]
  /// Rank 0 drives and does not train.
  package let hasDedicatedDriver: Bool
  /// The ranks of each worker, node by node; workers by their first ranks.
  package let workers: [[Int]]
  /// The ranks that train nothing, without a dedicated driver.
  package let leftOver: [Int]

  /// - Parameters:
  ///   - sites: by rank.
  ///   - ranks: how many a worker has.
  package init(sites: [Site], ranks: Int, hasDedicatedDriver: Bool) {
    self.sites = sites
    self.hasDedicatedDriver = hasDedicatedDriver
    let able = sites.indices.dropFirst(hasDedicatedDriver ? 1 : 0)
    var nodes: [[Int]] = []
    var numbers: [Int: Int] = [:]
    for rank in able {
      let node = sites[rank].node
      if let number = numbers[node] {
        nodes[number].append(rank)
      } else {
        numbers[node] = nodes.count
        nodes.append([rank])
      }
    }
    var workers: [[Int]] = []
    for node in nodes where node.count >= ranks {
      for start in stride(from: 0, through: node.count - ranks, by: ranks) {
        workers.append(Array(node[start..<start + ranks]))
      }
    }
    workers += Self.joined(nodes.filter { $0.count < ranks }, ranks)
    self.workers = workers.sorted { $0[0] < $1[0] }
    let used = Set(workers.joined())
    leftOver = able.filter { !used.contains($0) }
  }

  /// Workers of several nodes each. Nodes of one size first, of which whole ones make a worker; what these leave, in order.
  private static func joined(_ nodes: [[Int]], _ ranks: Int) -> [[Int]] {
    var workers: [[Int]] = []
    var rest = nodes
    for size in Set(nodes.map(\.count)).sorted(by: >) where ranks.isMultiple(of: size) {
      let equal = rest.filter { $0.count == size }
      let whole = equal.count / (ranks / size) * (ranks / size)
      for start in stride(from: 0, to: whole, by: ranks / size) {
        workers.append(Array(equal[start..<start + ranks / size].joined()))
      }
      let used = Set(equal.prefix(whole).map { $0[0] })
      rest.removeAll { used.contains($0[0]) }
    }
    var joined: [Int] = []
    for node in rest {
      joined += node
      guard joined.count >= ranks else { continue }
      workers.append(Array(joined.prefix(ranks)))
      joined = []
    }
    return workers
  }

  /// Chooses whether the driver trains as well: it does not where it would be left over anyway, or where there are many workers.
  package init(sites: [Site], ranks: Int, dedicatedDriver: Bool?, dedicatedFrom limit: Int) {
    let dedicated = WorkerLayout(sites: sites, ranks: ranks, hasDedicatedDriver: sites.count > 1)
    let shared = WorkerLayout(sites: sites, ranks: ranks, hasDedicatedDriver: false)
    let isDedicated =
      dedicatedDriver ?? (shared.workers.count >= limit || dedicated.workers.count == shared.workers.count)
    self = isDedicated && sites.count > 1 ? dedicated : shared
  }

  /// What a rank is; nil where it trains nothing.
  package func place(ofRank rank: Int) -> WorkerPlace? {
    guard let worker = workers.firstIndex(where: { $0.contains(rank) }) else { return nil }
    let ranks = workers[worker]
    let node = sites[rank].node
    let isLocal = workers.map { $0.contains { sites[$0].node == node } }
    return WorkerPlace(
      worker: WorkerID(worker), localWorker: isLocal[..<worker].count { $0 }, of: isLocal.count { $0 },
      rank: WorkerRank(
        number: ranks.firstIndex(of: rank) ?? 0, hosts: ranks.map { sites[$0].host },
        nodes: ranks.map { sites[$0].node }))
  }

  /// The cores of all ranks of a worker, as ``Site/cores``.
  package func cores(of worker: WorkerID) -> [UInt8] {
    AdaptiveWait.union(of: workers[worker.rawValue].lazy.map { sites[$0].cores })
  }

  /// Whether some worker's ranks are on several nodes.
  var spansNodes: Bool { workers.contains { Set($0.map { sites[$0].node }).count > 1 } }

  /// What a person should know of ranks that train nothing; nil where there are none.
  var leftOverText: String? {
    guard let first = leftOver.first else { return nil }
    let ranks = workers.first?.count ?? 0
    let who = leftOver.count == 1 ? "rank \(first) is" : "\(leftOver.count) ranks are"
    return "\(who) left over and idle: a worker is \(ranks) ranks of a node, or whole nodes (worker.ranks)"
  }

  /// The driver's link to these workers, over one to ranks.
  func link(over ranks: MPIDriverLink, _ placement: WorkerPlacement, _ wire: WireFormat)
    -> GroupedDriverLink<MPIDriverLink>
  {
    GroupedDriverLink(
      base: ranks, ranks: placement.workers, members: workers.map { $0.map(placement.worker(ofRank:)) },
      hosts: workers.map { $0.map { sites[$0].host } }, wire: wire)
  }
}
