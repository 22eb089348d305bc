import Foundation
import Search
import Simulation
import SuccessiveHalving
import Testing
import TuningTypes

/// What chance does in a simulated cluster, over many jobs and seeds. The bounds are four standard errors wide.
@Suite struct StatisticsTests {
  @Test(arguments: [0.1, 0.24, 0.56, 1.33])
  func stragglersTakeOnePlusAHalfNormalTimesAsLong(deviation: Double) throws {
    var cluster = SimulatedCluster(workers: 50)
    cluster.stragglers = deviation
    var factors: [Double] = []
    for seed in 0..<10 {
      let study = try makeStudy("algorithm: random, max_resource: 5", budget: "configurations: 1000", seed: seed)
      factors += try results(in: simulateWithJournal(study, SteadyTrainer(), cluster).journal).map { $0.seconds / 5 }
    }
    let count = Double(factors.count)
    #expect(factors.allSatisfy { $0 >= 1 })
    // |z| has mean σ·√(2/π) and variance σ²·(1 − 2/π).
    let mean = factors.reduce(0, +) / count
    let expected = 1 + deviation * (2 / Double.pi).squareRoot()
    #expect(abs(mean - expected) < 4 * deviation * ((1 - 2 / Double.pi) / count).squareRoot(), "\(mean), \(expected)")
    let withinOne = Double(factors.count { $0 < 1 + deviation }) / count
    #expect(abs(withinOne - 0.6827) < 4 * (0.6827 * 0.3173 / count).squareRoot(), "\(withinOne)")
  }

  @Test(arguments: [(0.001, 10), (0.01, 10), (0.01, 100), (0.3, 2)])
  func jobsAreDroppedWithTheProbabilityOfEachUnitOfTime(probability: Double, units: Int) throws {
    var cluster = SimulatedCluster(workers: 20)
    cluster.dropProbability = probability
    var (dropped, busy) = (0, 0.0)
    let (seeds, jobs) = (10, 1000)
    for seed in 0..<seeds {
      let study = try makeStudy(
        "algorithm: random, max_resource: \(units)", budget: "configurations: \(jobs)", seed: seed, extra: "retries: 0")
      let outcome = try simulate(study, SteadyTrainer(), cluster)
      #expect(outcome.tuner.counts.failures == outcome.figures.dropped)
      #expect(outcome.figures.fullyTrained == jobs - outcome.figures.dropped)
      dropped += outcome.figures.dropped
      busy += outcome.figures.busySeconds
    }
    let count = Double(seeds * jobs)
    let expected = 1 - pow(1 - probability, Double(units))
    let share = Double(dropped) / count
    #expect(abs(share - expected) < 4 * (expected * (1 - expected) / count).squareRoot(), "\(share), \(expected)")
    // A job is dropped on its way, not at its end: the mean of an exponential time cut off at the job's length.
    let length = expected / -log(1 - probability)
    #expect(abs(busy / count - length) < 4 * Double(units) / count.squareRoot(), "\(busy / count), \(length)")
  }

  @Test func aDroppedJobIsTriedAgainAndItsWorkerIsNotToBlame() throws {
    var cluster = SimulatedCluster(workers: 10)
    cluster.dropProbability = 0.2
    let study = try makeStudy(
      "algorithm: random, max_resource: 10", budget: "configurations: 300", extra: "retries: 1000")
    let outcome = try simulate(study, SteadyTrainer(), cluster)
    #expect(outcome.tuner.counts.results == 300 && outcome.tuner.brackets[0].rungs[0].completed == 300)
    #expect(outcome.figures.fullyTrained == 300)
    // Nine of ten tries fail, so that runs of five failures are the rule; nobody is set aside for them.
    #expect(outcome.tuner.counts.failures > 1000 && outcome.tuner.workersInService == 10)
  }

  @Test func workersAreLostWithTheProbabilityOfEachUnitOfTime() throws {
    var cluster = SimulatedCluster(workers: 500)
    cluster.lossProbability = 0.01
    var left = 0
    for seed in 0..<10 {
      let study = try makeStudy("algorithm: random, max_resource: 1", budget: "time: 50", seed: seed)
      left += try simulate(study, SteadyTrainer(), cluster).tuner.workersInService
    }
    let expected: Double = pow(0.99, 50)
    #expect(abs(Double(left) / 5000 - expected) < 4 * (expected * (1 - expected) / 5000).squareRoot(), "\(left)")
  }
}
