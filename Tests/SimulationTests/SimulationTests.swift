import Foundation
import Journal
import LaunchSupport
import Search
import Simulation
import StudyFile
import SuccessiveHalving
import TestSupport
import Testing
import Text
import TuningTypes

@Suite struct SimulationTests {
  private static let ladder = "reduction_factor: 3, min_resource: 1, max_resource: 27"

  /// Everything that can go wrong does.
  private static func troubled(_ workers: Int) -> SimulatedCluster {
    var cluster = SimulatedCluster(workers: workers)
    cluster.stragglers = 0.5
    cluster.dropProbability = 0.02
    cluster.lossProbability = 0.002
    cluster.dispatchLatency = 0.125
    cluster.checkpointCost = 0.25
    return cluster
  }

  @Test func decisionsAndTimesAreThoseOfANaiveSimulation() throws {
    for seed in 0..<150 {
      let algorithm = ["asha", "asha", "sha", "random"][seed % 4]
      let promotion = seed % 8 == 1 ? ", promotion: delayed" : ""
      let study = try makeStudy(
        "algorithm: \(algorithm)\(promotion), \(Self.ladder)", budget: "configurations: \(1 + seed % 60)", seed: seed)
      let workers = 1 + seed % 13
      let (_, journal) = try simulateWithJournal(study, LuckyTrainer(), SimulatedCluster(workers: workers))
      let expected = try naiveRecords(study, LuckyTrainer(), workers: workers)
      var text = JournalText()
      for event in expected { text.append(event) }
      let records = journal.split(separator: UInt8(ascii: "\n"), maxSplits: 1)[1]
      #expect(records.elementsEqual(text.lines.bytes), "seed \(seed)")
    }
  }

  @Test func equalStudiesOnEqualClustersHaveEqualJournals() throws {
    let make = { (seed: Int) in try makeStudy(Self.ladder, budget: "configurations: 300", seed: seed) }
    let first = try simulateWithJournal(make(7), LuckyTrainer(), Self.troubled(12)).journal
    let second = try simulateWithJournal(make(7), LuckyTrainer(), Self.troubled(12)).journal
    #expect(first == second && first.count > 10_000)
    #expect(try simulateWithJournal(make(8), LuckyTrainer(), Self.troubled(12)).journal != first)
    var calmer = Self.troubled(12)
    calmer.stragglers = 0.4
    #expect(try simulateWithJournal(make(7), LuckyTrainer(), calmer).journal != first)
  }

  @Test func withoutAJournalTheDecisionsAreTheSame() throws {
    let study = try makeStudy(Self.ladder, budget: "configurations: 200")
    let kept = try simulateWithJournal(study, LuckyTrainer(), Self.troubled(9)).outcome
    let bare = try simulate(study, LuckyTrainer(), Self.troubled(9))
    #expect(kept.tuner.brackets == bare.tuner.brackets && kept.tuner.incumbent == bare.tuner.incumbent)
    #expect(kept.time == bare.time && kept.figures == bare.figures && kept.tuner.counts == bare.tuner.counts)
  }

  /// With random search job *i* is trial *i*, whoever gets it and when.
  @Test func aJobsLuckDoesNotDependOnTheOrderOfEvents() throws {
    let study = try makeStudy(
      "algorithm: random, max_resource: 3", budget: "configurations: 200", extra: "retries: 1000")
    var seconds: [[Double]] = []
    for workers in [1, 7, 200] {
      var cluster = SimulatedCluster(workers: workers)
      cluster.stragglers = 1
      cluster.dropProbability = 0.1
      let (outcome, journal) = try simulateWithJournal(study, SteadyTrainer(), cluster)
      #expect(outcome.figures.dropped > 10)
      seconds.append(try results(in: journal).sorted { $0.job < $1.job }.map(\.seconds))
    }
    #expect(seconds[0] == seconds[1] && seconds[1] == seconds[2] && Set(seconds[0]).count == 200)
  }

  @Test(arguments: [
    ("algorithm: asha, \(ladder)", "configurations: 250"),
    ("algorithm: asha, promotion: delayed, early_stopping_rate: 1, \(ladder)", "configurations: 250"),
    ("algorithm: asha, reduction_factor: 2, min_resource: 1", "configurations: 100"),
    ("algorithm: asha, \(ladder)", "time: 100"), ("algorithm: asha, \(ladder)", "configurations: 250, target: 3"),
    ("algorithm: sha, \(ladder)", "configurations: 100"), ("algorithm: random, max_resource: 3", "configurations: 100"),
    ("algorithm: hyperband, \(ladder)", "configurations: 250"),
    ("algorithm: sync_hyperband, \(ladder)", "configurations: 250"),
    ("algorithm: parallel_sha, \(ladder)", "configurations: 250"),
    ("algorithm: stopping, \(ladder)", "configurations: 150"),
    ("algorithm: pasha, \(ladder)", "configurations: 250"),
    ("algorithm: median, max_resource: 9", "configurations: 100"),
    ("algorithm: curve, max_resource: 9", "configurations: 100"),
    ("algorithm: top_k, max_resource: 9", "configurations: 100"),
  ]) func theIndependentCheckerFindsTheJournalLegal(scheduler: String, budget: String) async throws {
    var troubled = Self.troubled(16)
    // A worker that is lost while it waits leaves no trace in the journal, and the checker would take it for one that
    // could have had a job's next try. Where workers wait for each other, that happens.
    if ["sync_", ": sha", "parallel"].contains(where: { scheduler.contains($0) }) { troubled.lossProbability = 0 }
    for (seed, cluster) in [Self.troubled(1), troubled, SimulatedCluster(workers: 5)].enumerated() {
      let study = try makeStudy(scheduler, budget: budget, seed: seed)
      let folder = try TemporaryFolder()
      let path = folder.path + "/journal.jsonl"
      let outcome = try simulate(study, LuckyTrainer(), cluster, journal: path)
      #expect(outcome.tuner.counts.jobs > 10 || cluster.workers == 1)
      let checker = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "JournalChecker/check_journal.py")
      let verdict = try await Launch.program(
        Launch.path(ofCommand: "python3"), arguments: [checker.path(percentEncoded: false), path])
      #expect(verdict.isSuccess, "\(scheduler), \(cluster): \(verdict)")
    }
  }

  // MARK: Ends

  @Test func aBudgetOfTimeEndsTheStudyAtItsTime() throws {
    let study = try makeStudy(Self.ladder, budget: "time: 50")
    let outcome = try simulate(study, SteadyTrainer(), SimulatedCluster(workers: 10))
    #expect(outcome.reason == .time && outcome.time == 50)
    #expect(outcome.busyShare == 1, "those that were cut short worked as well")
    #expect(outcome.tuner.counts.trainingSeconds < 500)
    #expect(outcome.tuner.runningCount == 0)
  }

  /// What once was a call a job, each inside the last, must not end with the stack.
  @Test func theJobsOfAHundredThousandWorkersStopAtOnce() throws {
    let study = try makeStudy(Self.ladder, budget: "time: 0.5s")
    let outcome = try simulate(study, SteadyTrainer(), SimulatedCluster(workers: 100_000))
    #expect(outcome.reason == .time && outcome.time == 0.5)
    #expect(outcome.tuner.counts.jobs == 100_000 && outcome.tuner.counts.results == 0)
  }

  @Test func aClusterThatLosesAllItsWorkersStops() throws {
    var cluster = SimulatedCluster(workers: 4)
    cluster.lossProbability = 0.5
    let observer = Observer()
    let outcome = try Simulation(
      makeStudy(Self.ladder, budget: "configurations: 1000").plan, trainer: SteadyTrainer(), cluster: cluster,
      observer: observer
    ).run()
    #expect(outcome.reason == .workers && outcome.tuner.workersInService == 0)
    #expect(observer.warnings.contains("all 4 simulated workers are lost; the study stops"))
    #expect(observer.isOver)
  }

  @Test func aStudyWhoseJobsTakeNoTimeAndWhichOnlyTimeWouldEndIsRefused() throws {
    let study = try makeStudy("algorithm: random, max_resource: 1", budget: "time: 50")
    #expect(throws: SimulationError.self) {
      _ = try simulate(study, SteadyTrainer(secondsPerResource: 0), SimulatedCluster(workers: 3))
    }
  }

  private final class Observer: StudyObserver {
    var warnings: [String] = []
    var isOver = false
    func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) { self.isOver = isOver }
    func warn(_ message: String) { warnings.append(message) }
  }
}
