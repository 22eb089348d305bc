package import TuningTypes

/// The driver's link to workers of several ranks each. The driver sends a worker one message, and hears one answer.
///
/// The link below reaches ranks, by numbers of their own. See ``RankGroup`` for what happens between a worker's ranks.
package struct GroupedDriverLink<Base: DriverLink>: DriverLink {
  private var base: Base
  private let wire: WireFormat
  /// The numbers of each worker's ranks.
  private let members: [[WorkerID]]
  /// Whose rank a number is; nil for ranks that are left over.
  private let owners: [(worker: WorkerID, rank: Int)?]
  private var groups: [RankGroup]
  private var heard: [(WorkerID, WorkerMessage)] = []
  private var firstHeard = 0
  private var effects: [RankGroup.Effect] = []
  private var dead: [WorkerID] = []
  private var isDismissing = false
  private var buffer: [UInt8] = []

  /// - Parameters:
  ///   - base: reaches ranks from 0 up to `ranks`.
  ///   - members: by worker, its ranks' numbers, the first one first.
  ///   - hosts: by worker, the hosts of its ranks.
  package init(base: Base, ranks: Int, members: [[WorkerID]], hosts: [[String]], wire: WireFormat) {
    self.base = base
    self.wire = wire
    self.members = members
    groups = hosts.map { RankGroup(hosts: $0) }
    var owners: [(worker: WorkerID, rank: Int)?] = Array(repeating: nil, count: ranks)
    for (worker, numbers) in members.enumerated() {
      for (rank, number) in numbers.enumerated() { owners[number.rawValue] = (WorkerID(worker), rank) }
    }
    self.owners = owners
  }

  package mutating func send(_ message: [UInt8], to worker: WorkerID) throws {
    let message = try wire.decodeDriverMessage(message)
    if message == .dismiss { try dismissThoseLeftOver() }
    groups[worker.rawValue].tell(message, &effects)
    try carryOut(for: worker)
  }

  package mutating func receive(into message: inout [UInt8]) throws -> WorkerID? {
    while firstHeard == heard.count {
      heard.removeAll(keepingCapacity: true)
      firstHeard = 0
      guard let number = try base.receive(into: &message) else { return nil }
      guard let (worker, rank) = owners[number.rawValue] else { continue }
      groups[worker.rawValue].hear(try wire.decodeWorkerMessage(message), from: rank, &effects)
      try carryOut(for: worker)
    }
    let (worker, next) = heard[firstHeard]
    firstHeard += 1
    wire.encode(next, into: &message)
    return worker
  }

  package mutating func wait() { base.wait() }

  package mutating func takeDead() -> [WorkerID] {
    for number in base.takeDead() {
      guard let (worker, rank) = owners[number.rawValue] else { continue }
      groups[worker.rawValue].lose(rank, &effects)
      // Its other ranks may have died as well: sending to them is no error.
      try? carryOut(for: worker)
    }
    defer { dead = [] }
    return dead
  }

  package mutating func drain() throws { try base.drain() }

  private mutating func carryOut(for worker: WorkerID) throws {
    defer { effects.removeAll(keepingCapacity: true) }
    for effect in effects {
      switch effect {
      case .deliver(let message): heard.append((worker, message))
      case .lost: dead.append(worker)
      case .send(let message, let rank):
        wire.encode(message, into: &buffer)
        try base.send(buffer, to: members[worker.rawValue][rank])
      }
    }
  }

  /// Ranks that belong to no worker wait for nothing but this.
  private mutating func dismissThoseLeftOver() throws {
    guard !isDismissing else { return }
    isDismissing = true
    wire.encode(.dismiss, into: &buffer)
    for number in owners.indices where owners[number] == nil { try base.send(buffer, to: WorkerID(number)) }
  }
}
