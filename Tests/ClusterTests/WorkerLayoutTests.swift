import Cluster
import Randomness
import TestSupport
import Testing
import Training
import TuningTypes

/// Which ranks become workers together, over random clusters.
@Suite struct WorkerLayoutTests {
  /// Ranks dealt to nodes in any way: block by block, in turn, or at random.
  private func randomSites(_ random: inout CounterGenerator) -> [WorkerLayout.Site] {
    let nodes = 1 + random.below(5)
    let ranks = 1 + random.below(24)
    let way = random.below(3)
    let nodeOf = (0..<ranks).map { rank in
      switch way {
      case 0: rank * nodes / ranks
      case 1: rank % nodes
      default: random.below(nodes)
      }
    }
    // A node goes by the lowest of its ranks.
    return nodeOf.map { node in .init(node: nodeOf.firstIndex(of: node) ?? 0, host: "host\(node)") }
  }

  @Test(arguments: 0..<2000) func everyWorkerHasItsRanksAndEveryRankOneWorker(seed: Int) throws {
    var random = testGenerator(seed)
    let sites = randomSites(&random)
    let ranks = 1 + random.below(6)
    let layout = WorkerLayout(sites: sites, ranks: ranks, hasDedicatedDriver: sites.count > 1 && random.chance(0.5))
    let used = layout.workers.joined() + layout.leftOver
    #expect(used.sorted() == Array((layout.hasDedicatedDriver ? 1 : 0)..<sites.count), "each rank once")
    #expect(layout.workers == layout.workers.sorted { $0[0] < $1[0] })
    for worker in layout.workers {
      #expect(worker.count == ranks && worker[0] == worker.min())
      // Node by node, as launchers number processes.
      func first(_ rank: Int) -> Int? { worker.filter { sites[$0].node == sites[rank].node }.min() }
      let byNode = worker.sorted { (first($0) ?? 0, $0) < (first($1) ?? 0, $1) }
      #expect(worker == byNode)
    }

    let able = sites.indices.dropFirst(layout.hasDedicatedDriver ? 1 : 0)
    let nodes = Dictionary(grouping: able) { sites[$0].node }
    for (node, members) in nodes where members.count >= ranks {
      // A node that has enough ranks is cut into workers of its own, with as few left over as can be.
      let own = layout.workers.filter { $0.contains { sites[$0].node == node } }
      #expect(own.count == members.count / ranks)
      #expect(own.allSatisfy { $0.allSatisfy { sites[$0].node == node } })
    }
    for worker in layout.workers {
      let shared = Set(worker.map { sites[$0].node })
      guard shared.count > 1 else { continue }
      // Nodes that are joined serve no other worker.
      for other in layout.workers where other != worker {
        #expect(shared.isDisjoint(with: other.map { sites[$0].node }))
      }
    }
    try checkPlaces(of: layout)
  }

  private func checkPlaces(of layout: WorkerLayout) throws {
    for rank in layout.leftOver { #expect(layout.place(ofRank: rank) == nil) }
    for (number, worker) in layout.workers.enumerated() {
      for (index, rank) in worker.enumerated() {
        let place = try #require(layout.place(ofRank: rank))
        #expect(place.worker == WorkerID(number))
        #expect(place.rank.number == index && place.rank.count == worker.count)
        let fellows = worker.filter { layout.sites[$0].node == layout.sites[rank].node }
        #expect(place.rank.localCount == fellows.count && fellows[place.rank.localNumber] == rank)
        #expect(place.rank.slots.map(\.count).reduce(0, +) == worker.count)
        #expect(place.rank.slots[place.rank.nodeNumber].host == layout.sites[rank].host)
      }
    }
    // The workers of a node count from 0 without gaps: GPUs are dealt by that.
    for node in Set(layout.sites.map(\.node)) {
      let locals = layout.workers.compactMap { worker in
        worker.first { layout.sites[$0].node == node }.flatMap { layout.place(ofRank: $0)?.localWorker }
      }
      #expect(locals == Array(0..<locals.count))
    }
  }

  @Test func aDriverThatWouldBeLeftOverIsDedicated() {
    func layout(_ ranks: Int, of width: Int, dedicated: Bool? = nil) -> WorkerLayout {
      WorkerLayout(
        sites: Array(repeating: .init(node: 0, host: "n"), count: ranks), ranks: width, dedicatedDriver: dedicated,
        dedicatedFrom: 32)
    }
    #expect(layout(5, of: 2).workers == [[1, 2], [3, 4]])
    #expect(layout(4, of: 2).workers == [[0, 1], [2, 3]])
    #expect(layout(4, of: 2, dedicated: true).workers == [[1, 2]] && layout(4, of: 2, dedicated: true).leftOver == [3])
    #expect(layout(5, of: 2, dedicated: false).workers == [[0, 1], [2, 3]])
    #expect(layout(32, of: 2).workers.count == 16)
    #expect(layout(64, of: 2).workers.count == 31, "so many workers keep a driver busy")
    #expect(layout(1, of: 2).workers.isEmpty && layout(2, of: 2).workers == [[0, 1]])
  }

  @Test func nodesAreJoinedWholeWhereNoneHasEnoughRanks() {
    let sites = [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9].map { WorkerLayout.Site(node: $0, host: "n\($0)") }
    let layout = WorkerLayout(sites: sites, ranks: 6, hasDedicatedDriver: false)
    #expect(layout.workers == [[0, 1, 2, 3, 4, 5]])
    #expect(layout.leftOver == [6, 7, 8, 9, 10])
    #expect(layout.place(ofRank: 4)?.rank.slots.map(\.host) == ["n0", "n3"])
  }

  /// A node that lacks the driver's rank does not make all workers uneven.
  @Test func nodesOfOneSizeAreJoinedBeforeOthers() {
    let sites = (0..<32).map { WorkerLayout.Site(node: $0 / 4 * 4, host: "n\($0 / 4)") }
    let dedicated = WorkerLayout(sites: sites, ranks: 8, hasDedicatedDriver: true)
    #expect(dedicated.workers.count == 3)
    for worker in dedicated.workers { #expect(Set(worker.map { sites[$0].node }).count == 2) }
    #expect(
      WorkerLayout(sites: sites, ranks: 8, dedicatedDriver: nil, dedicatedFrom: 32).workers.count == 4,
      "a driver of its own would cost a worker")
  }
}
