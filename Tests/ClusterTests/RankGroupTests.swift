import Cluster
import Randomness
import TestSupport
import Testing
import Training
import TuningTypes

/// What the ranks of a worker come to, over random orders of what they say.
@Suite struct RankGroupTests {
  /// The ranks as they behave: each ends its part of a job in its own time, and sooner when it is told to.
  private struct Ranks {
    enum Part: Hashable { case works, ends(WorkerMessage) }

    var inboxes: [[DriverMessage]]
    var parts: [Part?]
    var hasMet = false
    var random: CounterGenerator

    init(count: Int, seed: Int) {
      inboxes = Array(repeating: [], count: count)
      parts = Array(repeating: nil, count: count)
      random = testGenerator(seed)
    }

    static let rendezvous = Rendezvous(host: "h", port: 7, resumeResource: 1, startsProcess: true)

    /// What a rank does next; nil where it has nothing to do or say.
    mutating func step(_ rank: Int) -> WorkerMessage? {
      if !inboxes[rank].isEmpty {
        take(inboxes[rank].removeFirst(), rank)
        return nil
      }
      guard let part = parts[rank] else { return nil }
      if case .ends(let message) = part {
        parts[rank] = nil
        return message
      }
      if rank == 0, !hasMet, random.chance(0.5) {
        hasMet = true
        return .meet(1, Self.rendezvous)
      }
      switch random.below(12) {
      case 0: parts[rank] = .ends(.result(1, TrainingReport(loss: Double(rank)), seconds: 1))
      case 1: if random.chance(0.3) { parts[rank] = .ends(.failure(1, .failed, reason: "f\(rank)")) }
      case 2: if rank == 0, random.chance(0.2) { parts[rank] = .ends(.failure(1, .invalid, reason: "i")) }
      case 3: if random.chance(0.1) { parts[rank] = .ends(.placeFault(1, PlaceFault("p\(rank)"))) }
      case 4: return .report(1, resource: 1, TrainingReport(loss: Double(rank)))
      case 5: return .warning("w")
      default: break
      }
      return nil
    }

    private mutating func take(_ message: DriverMessage, _ rank: Int) {
      switch message {
      case .assign, .join:
        #expect(parts[rank] == nil, "rank \(rank) gets a job while it has one")
        parts[rank] = .works
      case .interrupt, .end:
        guard parts[rank] == .works else { return }
        if random.chance(0.8) { parts[rank] = .ends(.interrupted(1)) }
      case .dismiss, .renew: break
      }
    }
  }

  private static let job = Job(
    id: 1, trial: 0, bracket: 0, rung: 0, resource: 4, resumeResource: 2, attempt: 1, seed: 1, configuration: [:])

  @Test(arguments: 0..<4000) func aJobEndsOnceWhenAllRanksHaveEnded(seed: Int) {
    var ranks = Ranks(count: 1 + seed % 5, seed: seed)
    var group = RankGroup(hosts: (0..<ranks.parts.count).map { "h\($0)" })
    var effects: [RankGroup.Effect] = []
    var said: [(rank: Int, message: WorkerMessage)] = []
    var outcomes: [WorkerMessage] = []
    var isInterrupted = false
    group.tell(.assign(Self.job), &effects)
    for turn in 0..<5000 {
      for effect in effects {
        switch effect {
        case .send(let message, let rank):
          if case .join(let job, let rendezvous) = message {
            #expect(rank > 0 && job.resumeResource == 1 && rendezvous == Ranks.rendezvous)
          }
          ranks.inboxes[rank].append(message)
        case .lost: Issue.record("nobody has died")
        case .deliver(let message):
          if message.endsJob {
            #expect(ranks.parts.allSatisfy { $0 == nil } && ranks.inboxes.allSatisfy { !$0.contains(where: \.begins) })
            outcomes.append(message)
          } else if case .report(_, _, let report) = message {
            #expect(report.loss == 0, "only the first rank reports")
          }
        }
      }
      effects = []
      guard outcomes.isEmpty else { break }
      if turn == 40, seed.isMultiple(of: 3) {
        isInterrupted = true
        group.tell(.interrupt(1), &effects)
      }
      let rank = ranks.random.below(ranks.parts.count)
      if let message = ranks.step(rank) {
        if message.endsJob { said.append((rank, message)) }
        group.hear(message, from: rank, &effects)
      }
    }
    #expect(outcomes.count == 1, "seed \(seed)")
    guard let outcome = outcomes.first else { return }
    check(outcome, against: said, isInterrupted: isInterrupted)
  }

  /// A naive judge: sees all that the ranks said, in order.
  private func check(
    _ outcome: WorkerMessage, against said: [(rank: Int, message: WorkerMessage)], isInterrupted: Bool
  ) {
    let faults = said.filter { if case .placeFault = $0.message { true } else { false } }
    let failures = said.filter { if case .failure(_, .failed, _) = $0.message { true } else { false } }
    let first = said.first { $0.rank == 0 }?.message
    if let last = faults.last {
      #expect(outcome == last.message)
    } else if !isInterrupted, !failures.isEmpty {
      guard case .failure(_, .failed, let reason) = outcome else {
        Issue.record("\(outcome), but \(failures) failed")
        return
      }
      for (rank, message) in failures {
        guard case .failure(_, _, let own) = message else { continue }
        #expect(reason.contains(own) && (rank == 0 || reason.contains("rank \(rank) of ")))
      }
    } else if isInterrupted, case .failure(_, .failed, _) = first {
      #expect(outcome == .interrupted(1) || outcome.endsJob)
    } else {
      #expect(outcome == first || !failures.isEmpty)
    }
  }

  @Test(arguments: [WorkerMessage.ready, .alive]) func aWorkerIsReadyAndAliveOnlyIfAllOfItsRanksAre(
    message: WorkerMessage
  ) {
    var group = RankGroup(hosts: ["a", "b", "c"])
    var effects: [RankGroup.Effect] = []
    for rank in [2, 0, 0, 2] { group.hear(message, from: rank, &effects) }
    #expect(effects.isEmpty)
    group.hear(message, from: 1, &effects)
    #expect(effects == [.deliver(message)])
  }

  /// Whoever has something to say sends no other sign of life.
  @Test func aRankThatReportsIsAlive() {
    var group = RankGroup(hosts: ["a", "b"])
    var effects: [RankGroup.Effect] = []
    group.tell(.assign(Self.job), &effects)
    group.hear(.meet(1, Ranks.rendezvous), from: 0, &effects)
    effects = []
    group.hear(.report(1, resource: 1, TrainingReport(loss: 1)), from: 1, &effects)
    #expect(effects == [.deliver(.alive)], "the first one has just met it")
    effects = []
    group.hear(.alive, from: 0, &effects)
    #expect(effects.isEmpty)
    group.hear(.warning("w"), from: 1, &effects)
    group.hear(.alive, from: 0, &effects)
    #expect(effects.contains(.deliver(.alive)))
  }

  @Test func whenARankDiesTheOthersEndTheirJob() {
    var group = RankGroup(hosts: ["a", "b"])
    var effects: [RankGroup.Effect] = []
    group.tell(.assign(Self.job), &effects)
    group.hear(.meet(1, Ranks.rendezvous), from: 0, &effects)
    effects = []
    group.lose(1, &effects)
    #expect(effects == [.send(.end(1, .abandonment), rank: 0)], "the other still writes to the checkpoint")
    effects = []
    group.hear(.report(1, resource: 1, TrainingReport(loss: 1)), from: 0, &effects)
    group.hear(.interrupted(1), from: 0, &effects)
    #expect(effects.last == .lost)
    effects = []
    group.lose(0, &effects)
    group.hear(.result(1, TrainingReport(loss: 1), seconds: 1), from: 0, &effects)
    #expect(effects.isEmpty, "the driver knows that the worker is lost")
  }

  @Test func aRankThatDiesWithoutAJobIsTheLossOfItsWorker() {
    var group = RankGroup(hosts: ["a", "b"])
    var effects: [RankGroup.Effect] = []
    group.lose(0, &effects)
    #expect(effects == [.lost])
    effects = []
    group.lose(1, &effects)
    #expect(effects.isEmpty)
  }

  /// The first rank had its result when another died: the result counts, and comes before the loss.
  @Test func aResultThatIsThereCountsThoughARankDies() {
    var group = RankGroup(hosts: ["a", "b", "c"])
    var effects: [RankGroup.Effect] = []
    group.tell(.assign(Self.job), &effects)
    group.hear(.meet(1, Ranks.rendezvous), from: 0, &effects)
    let result = WorkerMessage.result(1, TrainingReport(loss: 1), seconds: 1)
    group.hear(result, from: 0, &effects)
    effects = []
    group.lose(1, &effects)
    #expect(effects == [.send(.end(1, .abandonment), rank: 2)])
    group.hear(.interrupted(1), from: 2, &effects)
    #expect(effects.suffix(2) == [.deliver(result), .lost])
  }

  /// What happened to one program, and whether all of them start anew for the next job.
  @Test(arguments: [
    (WorkerMessage.result(1, TrainingReport(loss: 1), seconds: 1), false), (.interrupted(1), true),
    (.failure(1, .failed, reason: "killed"), true),
  ])
  func programsThatMayHavePartedStartAnewForTheNextJob(end: WorkerMessage, renews: Bool) {
    var group = RankGroup(hosts: ["a", "b"])
    var effects: [RankGroup.Effect] = []
    let sound = WorkerMessage.result(1, TrainingReport(loss: 1), seconds: 1)
    // Only in the first job does it end otherwise.
    for (own, expected) in [(end, false), (sound, renews), (sound, false)] {
      effects = []
      group.tell(.assign(Self.job), &effects)
      #expect(effects.contains(.send(.renew, rank: 0)) == expected)
      #expect(effects.last == .send(.assign(Self.job), rank: 0))
      group.hear(.meet(1, Ranks.rendezvous), from: 0, &effects)
      group.hear(sound, from: 0, &effects)
      group.hear(own, from: 1, &effects)
    }
  }
}

extension WorkerMessage {
  fileprivate var endsJob: Bool {
    switch self {
    case .result, .failure, .interrupted, .placeFault: true
    case .ready, .report, .alive, .warning, .meet: false
    }
  }
}

extension DriverMessage {
  fileprivate var begins: Bool {
    switch self {
    case .assign, .join: true
    case .interrupt, .end, .dismiss, .renew: false
    }
  }
}
