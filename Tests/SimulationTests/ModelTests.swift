import Reporting
import Search
import SearchSpace
import Simulation
import StudyFile
import Testing
import TuningTypes

/// A sampler with a model on a simulated cluster.
@Suite struct ModelTests {
  private static let space = "x: {type: float, min: 0, max: 1}, y: {type: categorical, values: [a, b]}"

  private func study(
    _ algorithm: String = "asha", kind: String = "kde", seed: Int = 1, budget: String = "configurations: 200"
  ) throws -> Study {
    try makeStudy(
      "algorithm: \(algorithm), reduction_factor: 3, max_resource: 27", budget: budget, seed: seed,
      extra: "sampler: {kind: \(kind)}", space: Self.space)
  }

  @Test(arguments: ["asha", "hyperband", "stopping", "sha", "random"])
  func equalStudiesHaveEqualJournals(algorithm: String) throws {
    var cluster = SimulatedCluster(workers: 7)
    cluster.stragglers = 0.5
    cluster.dropProbability = 0.01
    let first = try simulateWithJournal(study(algorithm), LuckyTrainer(), cluster).journal
    #expect(try simulateWithJournal(study(algorithm), LuckyTrainer(), cluster).journal == first)
    #expect(try simulateWithJournal(study(algorithm, seed: 2), LuckyTrainer(), cluster).journal != first)
  }

  /// A Gaussian process is made while the workers train on, and its time is virtual time.
  @Test(arguments: ["asha", "random", "curve"])
  func studiesWithAModelBesideTheSearchRepeatAndReplay(algorithm: String) throws {
    let cluster = SimulatedCluster(workers: 5)
    let study = try study(algorithm, kind: "gp", budget: "configurations: 40")
    let (outcome, journal) = try simulateWithJournal(study, LuckyTrainer(), cluster)
    #expect(try simulateWithJournal(study, LuckyTrainer(), cluster).journal == journal)
    let records = try events(in: journal)
    #expect(records.contains { if case .model = $0 { true } else { false } })
    var tuner = try Tuner(plan: study.plan)
    for event in records { try tuner.replay(event) }
    #expect(tuner.counts == outcome.tuner.counts)
  }

  @Test func aJournalOfManyWorkersReplays() throws {
    let study = try study(budget: "configurations: 3000")
    let (outcome, journal) = try simulateWithJournal(study, LuckyTrainer(), SimulatedCluster(workers: 500))
    var tuner = try Tuner(plan: study.plan)
    for event in try events(in: journal) { try tuner.replay(event) }
    #expect(tuner.brackets == outcome.tuner.brackets && tuner.counts == outcome.tuner.counts)
  }

  /// The driver makes one suggestion after the other.
  @Test func whatSuggestionsTakeIsVirtualTime() throws {
    let study = try study(budget: "configurations: 500")
    let each = study.plan.sampler.secondsPerSuggestion(in: study.plan.space)
    let short = try simulate(study, SteadyTrainer(secondsPerResource: 1e-7), SimulatedCluster(workers: 64))
    #expect(short.time >= 500 * each && short.time < 520 * each)
    let long = try simulate(study, SteadyTrainer(), SimulatedCluster(workers: 64))
    #expect(long.busyShare > 0.3)
  }

  @Test func aForecastSaysThatWorkersWouldWaitForTheModel() throws {
    let text = { (seconds: Double, workers: Int) in
      ForecastReport(
        try PlanForecast(self.study().plan, trainer: SteadyTrainer(secondsPerResource: seconds), workers: workers),
        resourceUnit: "units"
      ).text
    }
    let warning = "would wait for the model"
    #expect(try text(1e-5, 500).contains(warning))
    #expect(try text(0, 16).contains("their jobs take no time"))
    #expect(try !text(1, 500).contains(warning))
    #expect(try !text(1e-5, 1).contains(warning))
    // What nobody knows nobody is warned of.
    let blind = try PlanForecast(study().plan, trainer: nil, workers: 500)
    #expect(!blind.isHeldUpByModel)
  }
}
