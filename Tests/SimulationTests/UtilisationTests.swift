import Search
import Simulation
import StudyFile
import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct UtilisationTests {
  /// The forecast goes by what the study goes by, whatever that is called, and ends whatever the budget.
  @Test(arguments: ["validation_loss", "validation_error", "accuracy"], ["min", "max"])
  func aForecastKnowsTheObjective(metric: String, mode: String) throws {
    let study = try Study(
      yaml: """
        search_space: {x: {type: float, min: 0, max: 1}}
        objective: {metric: \(metric), mode: \(mode)}
        scheduler: {reduction_factor: 4, max_resource: 16}
        budget: {configurations: 64}
        trainer: {kind: none}
        """, source: "study.yaml", directory: "/")
    let forecast = try PlanForecast(study.plan, trainer: nil, workers: 2)
    #expect(forecast.brackets[0].rungs.map(\.completed)[0] == 64)
    #expect(forecast.brackets[0].rungs.dropFirst().allSatisfy { $0.completed > 0 })
    #expect(forecast.firstFullyTrained != nil)
  }

  @Test func jobsThatFailEndAForecastTooHoweverManyThereAre() throws {
    let study = try Study(
      yaml: """
        search_space: {x: {type: float, min: 0, max: 1}}
        objective: {metric: accuracy, mode: max}
        scheduler: {reduction_factor: 4, max_resource: 16}
        budget: {configurations: 100000000}
        trainer: {kind: none}
        """, source: "study.yaml", directory: "/")
    // It reports no accuracy: every job fails.
    #expect(try PlanForecast(study.plan, trainer: SteadyTrainer(), workers: 2).isCut)
  }

  @Test func oneWorkerIsAlwaysBusy() throws {
    let study = try makeStudy("reduction_factor: 2, max_resource: 8", budget: "configurations: 40")
    let outcome = try simulate(study, SteadyTrainer(), SimulatedCluster(workers: 1))
    #expect(outcome.busyShare == 1 && outcome.time == outcome.tuner.counts.trainingSeconds)
  }

  /// Six jobs of 4 s on two workers, 1 s before each: three rounds of 5 s.
  @Test func latencyIsTimeInWhichAWorkerIdles() throws {
    var cluster = SimulatedCluster(workers: 2)
    cluster.dispatchLatency = 1
    let study = try makeStudy("algorithm: random, max_resource: 4", budget: "configurations: 6")
    let outcome = try simulate(study, SteadyTrainer(), cluster)
    #expect(outcome.time == 15 && outcome.busyShare == 0.8)
  }

  /// 1 s to write, 1 s to read where there is something to read: 2·(1 + 1) s in rung 0, and 1 + 2 s in rung 1.
  @Test func checkpointsCostTime() throws {
    var cluster = SimulatedCluster(workers: 1)
    cluster.checkpointCost = 1
    let study = try makeStudy("reduction_factor: 2, max_resource: 2", budget: "configurations: 2")
    let outcome = try simulate(study, SteadyTrainer(), cluster)
    #expect(outcome.time == 2 * 2 + 3 && outcome.tuner.counts.trainingSeconds == 7)
  }

  @Test func aForecastIsInUnitsOfFullTrainingWhereNothingIsKnownOfTheTrainer() throws {
    let study = try makeStudy("algorithm: random, max_resource: 50", budget: "configurations: 12")
    let forecast = try PlanForecast(study.plan, trainer: nil, workers: 4)
    #expect(forecast.unit == .fullTraining(resource: 50))
    #expect(abs(forecast.time - 3) < 1e-9 && abs((forecast.firstFullyTrained ?? 0) - 1) < 1e-9)
    #expect(forecast.busyShare > 0.999 && forecast.advisedConfigurations == nil)
    let known = try PlanForecast(study.plan, trainer: SteadyTrainer(), workers: 4)
    #expect(known.unit == .seconds && known.time == 150)
    let timeless = try PlanForecast(study.plan, trainer: SteadyTrainer(secondsPerResource: 0), workers: 4)
    #expect(timeless.unit == forecast.unit && timeless.time == forecast.time)
  }

  @Test func aStudyThatOnlyItsTimeEndsIsForecastForTenFullTrainings() throws {
    let study = try makeStudy("max_resource: 64", budget: "time: 2h")
    let forecast = try PlanForecast(study.plan, trainer: nil, workers: 100)
    #expect(forecast.time == 10 && forecast.busyShare > 0.999 && !forecast.endsByConfigurations)
    #expect(forecast.advisedConfigurations == nil)
    let endless = try PlanForecast(makeStudy("min_resource: 1", budget: "time: 2h").plan, trainer: nil, workers: 3)
    #expect(endless.unit == .resourceUnit && endless.firstFullyTrained == nil)
  }

  /// The example: R/r = 256, η = 4.
  @Test func aFiniteNumberOfConfigurationsStarvesTheTopOfTheLadder() throws {
    let plan = { (configurations: Int) in
      try makeStudy("reduction_factor: 4, max_resource: 256", budget: "configurations: \(configurations)")
    }
    let forecast = try PlanForecast(plan(1024).plan, trainer: nil, workers: 64)
    #expect(forecast.busyShare > 0.15 && forecast.busyShare < 0.3, "\(forecast.busyShare)")
    let more = try #require(forecast.advisedConfigurations)
    #expect(more > 2048)
    let better = try PlanForecast(plan(more).plan, trainer: nil, workers: 64)
    #expect(better.busyShare > 0.7 && better.advisedConfigurations == nil, "\(more): \(better.busyShare)")
  }

  /// With hindsight of all trials' losses nobody would finish sooner: the ladder's own work over the workers, and the time
  /// of one full training, are bounds from below.
  @Test func noStudyIsFasterThanItsWork() throws {
    for seed in 0..<40 {
      let workers = 1 + seed % 9
      let study = try makeStudy(
        "reduction_factor: 3, max_resource: 27", budget: "configurations: \(9 + seed)", seed: seed)
      let outcome = try simulate(study, SteadyTrainer(), SimulatedCluster(workers: workers))
      #expect(outcome.time >= outcome.tuner.counts.trainingSeconds / Double(workers) - 1e-9)
      #expect(outcome.figures.busySeconds == outcome.tuner.counts.trainingSeconds && outcome.busyShare <= 1)
      if let first = outcome.figures.firstFullyTrained { #expect(first >= 27 && first <= outcome.time) }
    }
  }
}
