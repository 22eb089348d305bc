import Search
import Simulation
import StudyFile
import SuccessiveHalving
import Testing
import TuningTypes

/// Section 3 of Li et al., *A System for Massively Parallel Hyperparameter Tuning*, by hand: r = 1, R = 9, η = 3, nine
/// configurations; time(R) is 9.
@Suite struct ToyBracketTests {
  private static func cluster(_ workers: Int, fromScratch: Bool) -> SimulatedCluster {
    var cluster = SimulatedCluster(workers: workers)
    cluster.resumesFromCheckpoints = !fromScratch
    return cluster
  }

  private static func study(_ algorithm: String) throws -> Study {
    try makeStudy(
      "algorithm: \(algorithm), reduction_factor: 3, min_resource: 1, max_resource: 9", budget: "configurations: 9")
  }

  /// 1 + 3 + 9 units without checkpoints, 1 + 2 + 6 with them.
  @Test(arguments: [(true, 13.0), (false, 9.0)])
  func asynchronousOnNineWorkers(fromScratch: Bool, time: Double) throws {
    let outcome = try simulate(
      Self.study("asha"), SteadyTrainer(), Self.cluster(9, fromScratch: fromScratch))
    #expect(outcome.figures.firstFullyTrained == time)
    #expect(outcome.tuner.brackets[0].rungs.map(\.completed)[0] == 9)
  }

  /// One machine trains each rung for time(R) from scratch, three in all; from checkpoints 9·1 + 3·2 + 1·6 units.
  @Test(arguments: [(true, 27.0), (false, 21.0)])
  func synchronousOnOneWorker(fromScratch: Bool, time: Double) throws {
    let outcome = try simulate(
      Self.study("sha"), SteadyTrainer(), Self.cluster(1, fromScratch: fromScratch))
    #expect(outcome.time == time && outcome.figures.firstFullyTrained == time)
    #expect(outcome.tuner.brackets[0].rungs.map(\.completed) == [9, 3, 1])
    #expect(outcome.busyShare == 1)
  }

  /// Nine machines train a rung at once: 1 + 3 + 9 units, of 9, 3 and 1 configurations.
  @Test func synchronousOnNineWorkersWaitsForNobodyHere() throws {
    let outcome = try simulate(Self.study("sha"), SteadyTrainer(), Self.cluster(9, fromScratch: true))
    #expect(outcome.time == 13)
    #expect(outcome.figures.busySeconds == 9 + 9 + 9)
    #expect(abs(outcome.busyShare - 27.0 / (13 * 9)) < 1e-12)
  }

  /// The lowest trials are the best, so that the promotions are known: 3 of 9 at once, then the best of the three.
  @Test func aSingleWorkerTakesTheJobsInThePublishedOrder() throws {
    let (_, journal) = try simulateWithJournal(
      Self.study("asha"), SteadyTrainer(), Self.cluster(1, fromScratch: false))
    let order = try results(in: journal).map { [$0.trial.rawValue, $0.rung.rawValue, Int($0.time)] }
    #expect(
      order == [
        [0, 0, 1], [1, 0, 2], [2, 0, 3], [0, 1, 5], [3, 0, 6], [4, 0, 7], [5, 0, 8], [1, 1, 10], [6, 0, 11],
        [7, 0, 12], [8, 0, 13], [2, 1, 15], [0, 2, 21],
      ])
  }
}
