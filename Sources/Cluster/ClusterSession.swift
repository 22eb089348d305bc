internal import Files
internal import Glibc
internal import Journal
internal import MPI
internal import Training
public import TuningTypes

/// This process's part in the run: one of several ranks under MPI, or a single process without it.
///
/// Rank 0 is the driver's. What goes wrong before the study begins goes wrong on all ranks alike: one message, one exit
/// code, no hang.
public struct ClusterSession: ~Copyable {
  public let rank: Int
  public let size: Int
  private let mpi: Membership?

  /// What a rank holds of MPI.
  private final class Membership {
    let world: Communicator
    let node: Communicator
    /// How this rank waits for messages: without spinning where ranks share cores.
    let wait: AdaptiveWait
    /// Kept to the end: trainers read their data in it.
    var window: SharedWindow?
    /// Some rank does not answer, so that nothing can be agreed upon with all.
    var isOneSilent = false
    /// Seconds that rank 0 waits at the end for a rank that says nothing.
    var patience = StudyControl().workerTimeout ?? .infinity

    init(world: Communicator) throws {
      self.world = world
      node = try world.splitByNode()
      wait = AdaptiveWait(ranksOnNode: node.size, cores: try node.availableCores())
    }
  }

  /// Ends with the process; see ``leave(exitCode:)``.
  private var environment: MPIEnvironment?

  /// Joins the other ranks if a launcher started this process as one of several, and stays alone otherwise.
  ///
  /// - Throws: `ClusterError` where the launcher and the MPI library don't fit.
  public init() throws {
    let launcher = Launcher()
    if let problem = launcher.mismatch() { throw ClusterError(problem: problem, isFirst: launcher.isFirst) }
    guard launcher.isPresent else {
      rank = 0
      size = 1
      mpi = nil
      environment = nil
      return
    }
    let environment = try MPIEnvironment()
    let world = try environment.makeWorld()
    if let problem = launcher.mismatch(worldSize: world.size) {
      try environment.finalize()
      throw ClusterError(problem: problem, isFirst: launcher.isFirst)
    }
    mpi = try Membership(world: world)
    rank = world.rank.rawValue
    size = world.size
    self.environment = consume environment
  }

  public var isDriver: Bool { rank == 0 }

  /// The MPI library that the program runs on.
  public static var libraryVersion: String { MPIEnvironment.libraryVersion }

  /// Runs `body` on the driver and gives its bytes to every rank.
  ///
  /// - Throws: on the driver, what `body` threw; elsewhere ``FailedElsewhere``.
  public func fromDriver(_ body: () throws -> [UInt8]) throws -> [UInt8] {
    guard let world = mpi?.world else { return try body() }
    guard isDriver else {
      guard try world.broadcast(0, from: 0) == 1 else { throw FailedElsewhere() }
      var bytes: [UInt8] = []
      try world.broadcast(&bytes, from: 0)
      return bytes
    }
    var bytes: [UInt8]
    do {
      bytes = try body()
    } catch {
      _ = try world.broadcast(0, from: 0)
      throw error
    }
    _ = try world.broadcast(1, from: 0)
    try world.broadcast(&bytes, from: 0)
    return bytes
  }

  /// Gives the driver's bytes to every rank, in memory that the ranks of a node share. Once a session.
  ///
  /// - Parameter bytes: on the driver; nil on the others.
  func shareFromDriver(_ bytes: [UInt8]?) throws -> SharedBytes {
    guard let mpi else { return SharedBytes(bytes ?? []) }
    // Not every trainer has data, and a fault-tolerant MPI vouches for no window.
    guard try mpi.world.broadcast(bytes?.count ?? 0, from: 0) > 0 else { return SharedBytes([]) }
    mpi.window = try Self.window(bytes, mpi)
    guard let memory = unsafe mpi.window?.bytes else { return SharedBytes([]) }
    return unsafe SharedBytes(borrowing: memory, owner: mpi)
  }

  private static func window(_ bytes: [UInt8]?, _ mpi: Membership) throws -> SharedWindow {
    do throws(MPIError) {
      return try SharedWindow.broadcast(bytes, world: mpi.world, node: mpi.node)
    } catch {
      guard error.routine == "MPI_Win_allocate_shared" else { throw error }
      throw SharedMemoryFull(isFirstOfNode: mpi.node.rank == 0, error)
    }
  }

  /// Runs `body` on every rank; if it fails on any, it fails on all.
  ///
  /// - Throws: on every rank a ``ClusterError`` with the message of the lowest rank that failed; on a single rank what
  ///   `body` threw.
  package func together<Result>(_ body: () throws -> Result) throws -> Result {
    guard let world = mpi?.world else { return try body() }
    let outcome = Swift.Result { try body() }
    let failedRank: Int
    if case .failure = outcome { failedRank = rank } else { failedRank = .max }
    let first = try world.allReduce(failedRank, .minimum)
    guard first != .max else { return try outcome.get() }
    var text: [UInt8] = []
    var status = ExitStatus.internalError
    if case .failure(let error) = outcome {
      text = Array("\(error)".utf8)
      status = ExitStatus(of: error)
    }
    try world.broadcast(&text, from: Rank(first))
    let agreed = try world.broadcast(Int(status.rawValue), from: Rank(first))
    status = ExitStatus(rawValue: Int32(truncatingIfNeeded: agreed)) ?? .internalError
    throw ClusterError(problem: "rank \(first): \(String(decoding: text, as: UTF8.self))", exitStatus: status)
  }

  /// Where the workers are, and this rank among them.
  func placement(dedicatedDriver: Bool) throws -> (workers: WorkerPlacement, own: WorkerPlace?) {
    let placement = WorkerPlacement(ranks: size, hasDedicatedDriver: dedicatedDriver && size > 1)
    var (local, count) = (0, 1)
    if let mpi {
      let nodeHasDriver = try mpi.node.broadcast(rank, from: 0) == 0
      let drivers = nodeHasDriver && placement.hasDedicatedDriver ? 1 : 0
      (local, count) = (mpi.node.rank.rawValue - drivers, mpi.node.size - drivers)
    }
    if isDriver && placement.hasDedicatedDriver { return (placement, nil) }
    return (
      placement,
      WorkerPlace(
        worker: placement.worker(ofRank: rank), localWorker: local, of: count, rank: .alone(on: StudyLock.hostName))
    )
  }

  /// The same for workers of several ranks each.
  ///
  /// - Throws: on every rank alike, where there are too few ranks for one worker.
  func layout(ranksPerWorker: Int, _ use: RankUse, dedicatedDriver: Bool?) throws -> WorkerLayout {
    let layout = WorkerLayout(
      sites: try sites(), ranks: ranksPerWorker, dedicatedDriver: dedicatedDriver,
      dedicatedFrom: RunSettings.dedicatedDriverRanks)
    _ = try fromDriver {
      if layout.workers.isEmpty {
        throw TooFewRanks(ranks: size, needed: ranksPerWorker, isDedicated: layout.hasDedicatedDriver)
      }
      if use == .cores, layout.spansNodes { throw WorkerOnSeveralNodes(ranks: ranksPerWorker) }
      return []
    }
    return layout
  }

  /// Where each rank runs.
  private func sites() throws -> [WorkerLayout.Site] {
    guard let mpi else { return [.init(node: 0, host: StudyLock.hostName)] }
    let node = try mpi.node.broadcast(rank, from: 0)
    let cores = AdaptiveWait.allowedCores().map { String($0, radix: 16) }.joined()
    let own = Array("\(node) \(cores) \(StudyLock.hostName)".utf8)
    let gathered = try unsafe mpi.world.gather(own.span.bytes, to: 0)
    var all = gathered.map { Array($0.joined(separator: [UInt8(ascii: "\n")])) } ?? []
    try mpi.world.broadcast(&all, from: 0)
    return all.split(separator: UInt8(ascii: "\n")).map { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count == 3, let node = Int(words[0]) else { return .init(node: 0, host: "localhost") }
      return .init(node: node, host: words[2], cores: words[1].compactMap(\.hexDigitValue).map { UInt8($0) })
    }
  }

  /// How many cores this process may run on.
  var ownCores: Int { AdaptiveWait.allowedCores().reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Waits for the end of the study on a rank that trains nothing.
  func waitForDismissal(_ wire: WireFormat) throws {
    guard var link = workerLink() else { return }
    var message: [UInt8] = []
    while true {
      if try link.receive(into: &message), try wire.decodeDriverMessage(message) == .dismiss { return }
      link.wait()
    }
  }

  /// The host of each rank, on the driver; none on the others. Every rank calls it.
  func hostsOfRanks() throws -> [String] {
    let own = StudyLock.hostName
    guard let world = mpi?.world else { return [own] }
    let names = try unsafe world.gather(Array(own.utf8).span.bytes, to: 0)
    return (names ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The two ends of the transport between ranks: the driver's, or its worker's; nil without MPI.
  func driverLink(_ placement: WorkerPlacement, local: InProcessTransport?) -> MPIDriverLink? {
    mpi.map { MPIDriverLink(world: $0.world, placement: placement, local: local?.driverLink, wait: $0.wait) }
  }

  func workerLink() -> MPIWorkerLink? {
    mpi.map { MPIWorkerLink(world: $0.world, wait: $0.wait) }
  }

  /// Some rank does not answer any more: ``leave(exitCode:warn:)`` will not wait for it.
  func expectNoGoodbye() { mpi?.isOneSilent = true }

  /// How long ``leave(exitCode:warn:)`` waits for a rank that says nothing, in seconds; nil: for ever.
  func waitAtEnd(_ seconds: Double?) { mpi?.patience = seconds ?? .infinity }

  /// - Throws: ``ClusterError`` where a launcher has started several of this program and none of them knows of the others, so that
  ///   each would run a study of its own.
  public func expectOthersAreKnown() throws {
    guard mpi == nil, let problem = Launcher().separation() else { return }
    throw ClusterError(problem: problem.text, isFirst: problem.isFirst)
  }

  /// Leaves the others in good order and agrees with them on the exit code: the highest that any rank gives.
  ///
  /// Ranks that have died are left out; where one is silent, all are ended.
  ///
  /// - Parameter warn: is told on rank 0 which ranks are silent, if that was not known.
  public consuming func leave(exitCode: Int32, warn: (String) -> Void = { _ in }) throws -> Int32 {
    guard let mpi, let environment = environment.take() else { return exitCode }
    if mpi.isOneSilent { mpi.world.abort(exitCode: Int(exitCode)) }
    var farewell = Farewell(world: mpi.world, wait: mpi.wait)
    // An MPI that survives failures has dead ranks, whose answers would be waited for: there only the survivors agree, below.
    let isAsked = !Communicator.canSurviveFailures
    if isAsked, isDriver {
      let silent = try farewell.silentRanks(after: mpi.patience)
      if !silent.isEmpty {
        let names = silent.prefix(8).map { "\($0)" }.joined(separator: ", ") + (silent.count > 8 ? ", …" : "")
        warn(
          "rank\(silent.count == 1 ? "" : "s") \(names) said nothing for \(Int(mpi.patience.rounded(.up))) s at the end, and "
            + "\(silent.count == 1 ? "is" : "are") not waited for: all ranks are ended")
        mpi.world.abort(exitCode: Int(exitCode))
      }
    } else if isAsked {
      try farewell.answer()
    }
    let living = Communicator.canSurviveFailures ? try mpi.world.survivors() : mpi.world
    let code = Int32(try living.allReduce(Int(exitCode), .maximum))
    // Freeing is collective, so that what the dead had a part in goes with the process.
    if living.size == mpi.world.size {
      if Communicator.canSurviveFailures { try living.free() }
      if let window = mpi.window.take() { try window.free() }
      try mpi.node.free()
      try mpi.world.free()
    }
    try environment.finalize()
    return code
  }

  /// Ends this process once all has been said.
  ///
  /// Where a job was given up that still computes, the libraries it computes in are not taken down under it.
  public static func exit(_ code: Int32) -> Never {
    guard TrainingThread.someIsLeftBehind else { Glibc.exit(code) }
    // A job may hold a stream for as long as it likes.
    let flushed = Mailbox<Void>()
    let flush: Void? = try? SystemThread.start("flush") {
      fflush(nil)
      flushed.put(())
    }
    if flush != nil { _ = flushed.take(waiting: 1) }
    _exit(code)
  }

  /// Ends all ranks at once: for failures after which the ranks can't agree on anything.
  public func abort(exitCode: Int32) -> Never {
    if let mpi { mpi.world.abort(exitCode: Int(exitCode)) }
    Self.exit(exitCode)
  }
}

/// Ranks that can't work together, and why.
public struct ClusterError: UserError, Hashable, Sendable {
  public var problem: String
  public var exitStatus: ExitStatus
  /// Of processes that don't find each other, whether this is the one that tells it; nil where ranks do.
  package let isFirst: Bool?
  public var description: String { problem }

  init(problem: String, exitStatus: ExitStatus) {
    (self.problem, self.exitStatus, isFirst) = (problem, exitStatus, nil)
  }

  /// Processes that were started together and don't find each other.
  init(problem: String, isFirst: Bool) {
    (self.problem, exitStatus, self.isFirst) = (problem, .usage, isFirst)
  }
}

/// A run with too few ranks for a worker of the study's.
package struct TooFewRanks: UserError, Hashable, Sendable {
  package let exitStatus = ExitStatus.usage
  package let description: String

  /// - Parameters:
  ///   - needed: how many ranks a worker has.
  ///   - isDedicated: rank 0 only drives.
  package init(ranks: Int, needed: Int, isDedicated: Bool = false) {
    let there = ranks == 1 ? "this is one rank" : "there are \(ranks) ranks"
    let dedicated = isDedicated ? ", of which rank 0 only drives" : ""
    description =
      "a worker is \(needed) ranks in this study (worker.ranks), and \(there)\(dedicated). Start more: "
      + "mpirun -np \(2 * needed + (isDedicated ? 1 : 0)) ash-mpi …"
  }
}

/// Workers on several nodes, whose trainer uses the cores of one.
struct WorkerOnSeveralNodes: UserError, Hashable, Sendable {
  let ranks: Int
  var exitStatus: ExitStatus { .usage }
  var description: String {
    "a worker is \(ranks) ranks in this study (worker.ranks), no node has so many, and this trainer trains a trial on one node. "
      + "Start more ranks on each node, or make workers of fewer"
  }
}

/// A node whose shared memory has no room for the study's data. Its ranks can't agree with the others on anything: only
/// ``ClusterSession/abort(exitCode:)`` is left.
package struct SharedMemoryFull: Error, CustomStringConvertible {
  /// Of a node's ranks one tells.
  package let isFirstOfNode: Bool
  package let description: String

  init(isFirstOfNode: Bool, _ error: MPIError) {
    self.isFirstOfNode = isFirstOfNode
    let room = Disk.freeSpace(of: "/dev/shm").map { ": /dev/shm has \($0 >> 10) KiB left" } ?? ""
    description =
      "this node has no shared memory for the study's data\(room). Give it more: mount -o remount,size=1g /dev/shm; docker run "
      + "--shm-size 1g; apptainer: bind /dev/shm (\(error))"
  }
}

/// Another rank has failed and says why; this one ends quietly with it.
public struct FailedElsewhere: Error {}
