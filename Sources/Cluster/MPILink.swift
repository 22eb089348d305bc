internal import MPI
internal import TuningTypes

/// The driver's end of the MPI transport, with the worker beside it on rank 0 reached in-process.
struct MPIDriverLink: DriverLink {
  private let world: Communicator
  private let sends: SendQueue
  /// Nil where rank 0 does not train.
  private let local: InProcessDriverLink?
  private let placement: WorkerPlacement
  private var waiting: AdaptiveWait
  private var dead: [WorkerID] = []
  private var looks = 0

  /// Seconds that the last messages have to leave.
  private static var drainTime: Double { 5 }

  init(world: Communicator, placement: WorkerPlacement, local: InProcessDriverLink?, wait: AdaptiveWait) {
    self.world = world
    self.placement = placement
    self.local = local
    sends = SendQueue(on: world)
    waiting = wait
  }

  mutating func send(_ message: [UInt8], to worker: WorkerID) throws {
    guard let rank = placement.rank(of: worker) else {
      local?.send(message, to: worker)
      return
    }
    try unlessDead { [sends] () throws(MPIError) in
      try unsafe sends.post(message.span.bytes, to: Rank(rank), tag: .toWorker)
    }
  }

  /// Ranks that always have something to say would keep the worker beside the driver from being heard: now and then it comes first.
  private static let looksUntilLocalFirst = 16

  mutating func receive(into message: inout [UInt8]) throws -> WorkerID? {
    looks &+= 1
    if looks.isMultiple(of: Self.looksUntilLocalFirst), let worker = local?.receive(into: &message) {
      waiting.reset()
      return worker
    }
    if !sends.isEmpty { try unlessDead(sends.progress) }
    var source: Rank?
    try unlessDead { [world] () throws(MPIError) in
      guard let found = try world.probe(tag: .toDriver) else { return }
      let sender = found.source
      try found.receive(into: &message)
      source = sender
    }
    if let source {
      waiting.reset()
      return placement.worker(ofRank: source.rawValue)
    }
    guard let worker = local?.receive(into: &message) else { return nil }
    waiting.reset()
    return worker
  }

  mutating func wait() { waiting.pause() }

  mutating func takeDead() -> [WorkerID] {
    defer { dead = [] }
    return dead
  }

  mutating func drain() throws {
    try unlessDead { [sends] () throws(MPIError) in try sends.drain(atMost: Self.drainTime) }
  }

  /// Makes a call to MPI; that a rank has died is noted, and no error.
  private mutating func unlessDead(_ call: () throws(MPIError) -> Void) throws(MPIError) {
    do {
      try call()
    } catch {
      guard error.isRankFailure else { throw error }
      dead = try world.acknowledgeFailures().map { placement.worker(ofRank: $0.rawValue) }
    }
  }
}

/// The end of the MPI transport on a rank that is not rank 0.
struct MPIWorkerLink: WorkerLink {
  private let world: Communicator
  private var waiting: AdaptiveWait

  init(world: Communicator, wait: AdaptiveWait) {
    self.world = world
    waiting = wait
  }

  mutating func send(_ message: [UInt8]) throws {
    try withDriver { () throws(MPIError) in try unsafe world.send(message.span.bytes, to: 0, tag: .toDriver) }
    waiting.reset()
  }

  mutating func receive(into message: inout [UInt8]) throws -> Bool {
    let hasCome = try withDriver { () throws(MPIError) in
      guard let found = try world.probe(from: 0, tag: .toWorker) else { return false }
      try found.receive(into: &message)
      return true
    }
    if hasCome { waiting.reset() }
    return hasCome
  }

  private func withDriver<Result>(_ call: () throws(MPIError) -> Result) throws -> Result {
    do { return try call() } catch { throw error.isRankFailure ? DriverLost() : error }
  }

  mutating func wait() { waiting.pause() }
}

/// The driver's rank has died, and the run with it; the study can be resumed.
public struct DriverLost: Error, CustomStringConvertible {
  public var description: String { "rank 0 has died; the journal holds what was done, and --resume goes on" }
}

extension Tag {
  /// Worker to driver: a ``WorkerMessage``.
  fileprivate static let toDriver: Tag = 1
  /// Driver to worker: a ``DriverMessage``.
  fileprivate static let toWorker: Tag = 2
}

/// Which worker is on which rank.
struct WorkerPlacement: Hashable, Sendable {
  let ranks: Int
  /// Rank 0 drives and does not train.
  let hasDedicatedDriver: Bool

  var workers: Int { hasDedicatedDriver ? ranks - 1 : ranks }

  func worker(ofRank rank: Int) -> WorkerID { WorkerID(hasDedicatedDriver ? rank - 1 : rank) }

  /// The rank of a worker, or nil for the one beside the driver.
  func rank(of worker: WorkerID) -> Int? {
    let rank = hasDedicatedDriver ? worker.rawValue + 1 : worker.rawValue
    return rank == 0 ? nil : rank
  }
}
