import Cluster
import Foundation
import Journal
import Randomness
import Search
import StudyFile
import SuccessiveHalving
import TestSupport
import Testing
import TuningTypes

/// Whole studies in one thread, over a link whose workers die, or fall silent and come back, when chance will have it.
@Suite struct LostWorkerTests {
  /// Workers that answer at once, but for those that are dead or silent.
  final class MortalWorkers {
    enum Fate { case dies, fallsSilent }

    let wire: WireFormat
    let count: Int
    var random: CounterGenerator
    let fate: Fate
    /// How likely it is that a worker's next job is its last, or the last for a while.
    let risk: Double
    /// How many may go.
    var spare: Int
    private var inbox: [(WorkerID, [UInt8])] = []
    private var silenced: [WorkerID: Int] = [:]
    private(set) var dead: Set<WorkerID> = []
    private var newlyDead: [WorkerID] = []

    init(workers: Int, wire: WireFormat, seed: Int, fate: Fate, risk: Double, spare: Int) {
      (self.wire, count, self.fate, self.risk, self.spare) = (wire, workers, fate, risk, spare)
      random = testGenerator(seed)
      for worker in 0..<workers { say(.ready, by: WorkerID(worker)) }
    }

    func say(_ message: WorkerMessage, by worker: WorkerID) {
      var bytes: [UInt8] = []
      wire.encode(message, into: &bytes)
      inbox.append((worker, bytes))
    }

    func deliver(_ message: DriverMessage, to worker: WorkerID) {
      guard !dead.contains(worker) else { return }
      switch message {
      case .assign(let job):
        guard spare > 0, random.chance(risk) else {
          return say(.result(job.id, TrainingReport(loss: random.uniform()), seconds: 0), by: worker)
        }
        spare -= 1
        if fate == .dies {
          dead.insert(worker)
          newlyDead.append(worker)
        } else {
          silenced[worker] = 200 + random.below(100)
        }
      case .interrupt(let id):
        say(.interrupted(id), by: worker)
      case .dismiss, .join, .end, .renew: break
      }
    }

    func take() -> (WorkerID, [UInt8])? { inbox.isEmpty ? nil : inbox.removeFirst() }

    func takeDead() -> [WorkerID] {
      defer { newlyDead = [] }
      return newlyDead
    }

    /// Time passes: all show that they live, but for the silent, until they have been it for long enough.
    func pause() {
      Thread.sleep(forTimeInterval: 0.002)
      for worker in 0..<count where !dead.contains(WorkerID(worker)) && silenced[WorkerID(worker)] == nil {
        say(.alive, by: WorkerID(worker))
      }
      for (worker, turns) in silenced { silenced[worker] = turns > 0 ? turns - 1 : nil }
    }
  }

  struct MortalLink: DriverLink {
    let workers: MortalWorkers
    func send(_ message: [UInt8], to worker: WorkerID) throws {
      workers.deliver(try workers.wire.decodeDriverMessage(message), to: worker)
    }
    func receive(into message: inout [UInt8]) -> WorkerID? {
      guard let (worker, bytes) = workers.take() else { return nil }
      message = bytes
      return worker
    }
    func wait() { workers.pause() }
    func takeDead() -> [WorkerID] { workers.takeDead() }
    func drain() {}
  }

  private static let yaml = """
    search_space: {x: {type: float, min: 0, max: 1}}
    scheduler: {reduction_factor: 2, max_resource: 8}
    budget: {configurations: 40}
    retries: 100
    trainer: {kind: none}
    """

  private func run(_ workers: MortalWorkers, count: Int, timeout: Double?) throws -> StudyOutcome {
    let temporary = try TemporaryFolder()
    let folder = StudyFolder(path: temporary.path + "/study")
    try folder.create(study: Self.yaml)
    let study = try Study(yaml: Self.yaml, source: "study.yaml", directory: "/")
    let driver = Driver(
      tuner: try Tuner(plan: study.plan),
      beginning: .new(header: study.journalHeader(started: "2026-01-02T03:04:05Z", workers: count)),
      link: MortalLink(workers: workers), wire: workers.wire,
      writer: try FolderWriter(try Journal(creating: folder.journal), checkpoints: folder.checkpoints), folder: folder,
      workers: count, observer: RecordingObserver(),
      control: StudyControl(workerTimeout: timeout))
    return try driver.run()
  }

  @Test(arguments: 0..<60) func aStudyGoesOnWithoutTheDeadAndLosesNoTrial(seed: Int) throws {
    let wire = WireFormat(layout: .init([.init(name: "x", values: [])]))
    let workers = MortalWorkers(workers: 8, wire: wire, seed: seed, fate: .dies, risk: 0.2, spare: 7)
    let outcome = try run(workers, count: 8, timeout: nil)
    #expect(outcome.reason == .configurations)
    #expect(outcome.tuner.counts.configurations == 40)
    #expect(outcome.tuner.counts.failures == workers.dead.count)
    #expect(outcome.tuner.brackets[0].rungs[0].completed == 40)
    #expect(!workers.dead.isEmpty)
  }

  @Test func whenTheLastWorkerIsDeadTheStudyStopsToBeResumed() throws {
    let wire = WireFormat(layout: .init([.init(name: "x", values: [])]))
    let workers = MortalWorkers(workers: 4, wire: wire, seed: 1, fate: .dies, risk: 0.5, spare: 4)
    let outcome = try run(workers, count: 4, timeout: nil)
    #expect(outcome.reason == .workers)
    #expect(!outcome.reason.isFinished)
  }

  @Test(arguments: 0..<6) func aWorkerThatFallsSilentIsReplacedAndWelcomedBack(seed: Int) throws {
    let wire = WireFormat(layout: .init([.init(name: "x", values: [])]))
    let workers = MortalWorkers(workers: 3, wire: wire, seed: seed, fate: .fallsSilent, risk: 0.2, spare: 2)
    let outcome = try run(workers, count: 3, timeout: 0.3)
    #expect(outcome.reason == .configurations)
    #expect(outcome.tuner.counts.configurations == 40)
    #expect(outcome.tuner.brackets[0].rungs[0].completed == 40)
  }
}
