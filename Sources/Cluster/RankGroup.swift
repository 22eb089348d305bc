internal import Training
internal import TuningTypes

/// The ranks of one worker: makes of what each of them says what one worker would say.
///
/// The first rank gets the job. When it has begun, it says where the others meet it, and they are told to join. Its result is the job's,
/// as soon as all have ended. Where one fails, the job has failed, and the others are made to end. A value: what is to be sent and
/// what the driver is to hear comes out of it as ``Effect``s.
package struct RankGroup {
  package enum Effect: Hashable {
    case send(DriverMessage, rank: Int)
    case deliver(WorkerMessage)
    /// A rank has died, and the worker's other ranks have ended their job: no process writes to the trial's checkpoint.
    case lost
  }

  private struct Member {
    var isReady = false
    var isAlive = false
    var isWorking = false
  }

  private var members: [Member]
  private let hosts: [String]
  private var job: Job?
  /// The study wants the job to stop.
  private var isInterrupted = false
  /// What the job has come to; said when all have ended.
  private var outcome: WorkerMessage?
  /// A rank's program may have ended. The other ranks' programs are connected to it, and have to start anew.
  private var hasParted = false
  /// A rank has died.
  private var isLost = false
  /// The driver knows that.
  private var isGone = false

  /// - Parameter hosts: those of the worker's ranks, by number.
  package init(hosts: [String]) {
    self.hosts = hosts
    members = Array(repeating: Member(), count: hosts.count)
  }

  package var ranks: Range<Int> { members.indices }

  /// Takes what the driver says to the worker.
  package mutating func tell(_ message: DriverMessage, _ effects: inout [Effect]) {
    switch message {
    case .assign(let job):
      (self.job, outcome, isInterrupted) = (job, nil, false)
      members[0].isWorking = true
      if hasParted { effects.append(.send(.renew, rank: 0)) }
      hasParted = false
      effects.append(.send(message, rank: 0))
    case .interrupt(let id):
      guard id == job?.id else { return }
      isInterrupted = true
      for rank in ranks where members[rank].isWorking { effects.append(.send(message, rank: rank)) }
    case .dismiss, .join, .end, .renew:
      for rank in ranks { effects.append(.send(message, rank: rank)) }
    }
  }

  /// Takes what one of the ranks says.
  package mutating func hear(_ message: WorkerMessage, from rank: Int, _ effects: inout [Effect]) {
    members[rank].isAlive = true
    switch message {
    case .ready:
      members[rank].isReady = true
      if members.allSatisfy(\.isReady) { effects.append(.deliver(.ready)) }
    case .alive:
      passOnLife(&effects)
    case .warning(let text):
      effects.append(.deliver(.warning(rank == 0 ? text : "\(name(of: rank)): \(text)")))
    case .report(let id, _, _):
      if rank == 0, id == job?.id, outcome == nil { effects.append(.deliver(message)) } else { passOnLife(&effects) }
    case .meet(let id, let rendezvous):
      if rank == 0, id == job?.id { gather(at: rendezvous, &effects) }
    case .result(let id, _, _), .failure(let id, _, _), .interrupted(let id, _), .placeFault(let id, _):
      guard id == job?.id, members[rank].isWorking else { return }
      members[rank].isWorking = false
      if case .result = message {} else if rank > 0 { hasParted = true }
      if case .failure(_, .failed, _) = message { hasParted = true }
      if !isLost { end(with: message, from: rank, &effects) }
      finishIfAllHaveEnded(&effects)
    }
  }

  /// Notes that a rank has died, and the worker with it: what is left of it ends its job, and serves no more.
  package mutating func lose(_ rank: Int, _ effects: inout [Effect]) {
    members[rank].isWorking = false
    // The other ranks have been told to end. The driver is told when the last of them has.
    guard !isLost else { return finishIfAllHaveEnded(&effects) }
    isLost = true
    if case .result = outcome {} else { outcome = nil }
    endOthers(by: .abandonment, &effects)
    finishIfAllHaveEnded(&effects)
  }

  /// Says that the worker is alive, where each of its ranks has said something since this was said last: one that has fallen silent
  /// silences the worker.
  private mutating func passOnLife(_ effects: inout [Effect]) {
    guard members.allSatisfy(\.isAlive) else { return }
    for index in ranks { members[index].isAlive = false }
    effects.append(.deliver(.alive))
  }

  private mutating func gather(at rendezvous: Rendezvous, _ effects: inout [Effect]) {
    // After a failure no rank joins.
    guard outcome == nil, var job else { return }
    job.resumeResource = rendezvous.resumeResource
    for rank in ranks.dropFirst() {
      members[rank].isWorking = true
      effects.append(.send(.join(job, rendezvous), rank: rank))
      if isInterrupted { effects.append(.send(.interrupt(job.id), rank: rank)) }
    }
  }

  private mutating func end(with message: WorkerMessage, from rank: Int, _ effects: inout [Effect]) {
    switch (message, rank) {
    case (.placeFault, _):
      outcome = message
      endOthers(by: .abandonment, &effects)
    case (.failure(let id, .failed, let reason), 0):
      if !isInterrupted { return fail(id, reason, &effects) }
      // A process whose fellows have stopped, since they were told first, fails for that.
      outcome = outcome ?? .interrupted(id)
      endOthers(by: .abandonment, &effects)
    case (_, 0):
      guard outcome == nil else { return }
      outcome = message
      endOthers(by: .conclusion, &effects)
    case (.failure(let id, _, let reason), _) where !isInterrupted:
      fail(id, "\(name(of: rank)): \(reason)", &effects)
    case (.interrupted, _):
      guard case .result = outcome else { return }
      effects.append(
        .deliver(.warning("\(name(of: rank)) did not end when the first rank had its result, and was ended")))
    default: break
    }
  }

  /// The job has failed. Where several ranks fail by themselves, the first is not always the cause, so that all are named.
  private mutating func fail(_ id: JobID, _ reason: String, _ effects: inout [Effect]) {
    switch outcome {
    case .placeFault: return
    case .failure(_, _, let first): outcome = .failure(id, .failed, reason: "\(first); and \(reason)")
    default: outcome = .failure(id, .failed, reason: reason)
    }
    endOthers(by: .abandonment, &effects)
  }

  private func endOthers(by demand: JobDemand, _ effects: inout [Effect]) {
    guard let job else { return }
    for rank in ranks where members[rank].isWorking { effects.append(.send(.end(job.id, demand), rank: rank)) }
  }

  private mutating func finishIfAllHaveEnded(_ effects: inout [Effect]) {
    guard !members.contains(where: \.isWorking) else { return }
    if isLost, !isGone {
      if let outcome { effects.append(.deliver(outcome)) }
      (outcome, job, isGone) = (nil, nil, true)
      effects.append(.lost)
    } else if let outcome, !isLost {
      (self.outcome, job) = (nil, nil)
      effects.append(.deliver(outcome))
    }
  }

  private func name(of rank: Int) -> String { "rank \(rank) of \(hosts.count) (on \(hosts[rank]))" }
}
