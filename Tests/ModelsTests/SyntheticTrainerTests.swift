import Networks
import Search
import SearchSpace
import StudyFile
import Testing
import TrainerSupport
import Training
import TuningTypes

@Suite struct SyntheticTrainerTests {
  private static let space = """
    a: {type: float, min: 1.0e-4, max: 1, scale: log}, b: {type: int, min: 1, max: 9}, \
    c: {type: categorical, values: [x, y, z]}, d: {type: float, min: 0, max: 1, when: {c: x}}
    """

  private func configuration(_ number: Int, of study: Study) throws -> Configuration {
    var sampler = try study.plan.makeSampler()
    let configuration = sampler.suggest(number)
    return try #require(configuration)
  }

  @Test func theLossIsAFunctionOfConfigurationSeedAndResource() throws {
    let (bench, other) = try (
      Workbench(trainer: "{kind: synthetic}", space: Self.space),
      Workbench(trainer: "{kind: synthetic}", space: Self.space)
    )
    #expect(bench.trainer.finishesInstantly)
    for number in 0..<200 {
      let configuration = try configuration(number, of: bench.study)
      let whole = try bench.train(bench.job(configuration, to: 16, seed: UInt64(number)), in: "a")
      _ = try other.train(other.job(configuration, to: 4, seed: UInt64(number)), in: "a")
      let continued = try other.train(other.job(configuration, to: 16, from: 4, seed: UInt64(number)), in: "a")
      #expect(isSame(whole, continued), "trial \(number)")
      #expect(whole.loss.isFinite)
    }
  }

  @Test func withoutNoiseTheLossFallsWithTheResource() throws {
    let bench = try Workbench(trainer: "{kind: synthetic, noise: 0}", space: Self.space)
    var firsts: Set<Double> = []
    for number in 0..<200 {
      let configuration = try configuration(number, of: bench.study)
      var last = Double.infinity
      for resource in [1, 2, 4, 16, 64, 1024] {
        let loss = try bench.train(bench.job(configuration, to: resource, seed: UInt64(number)), in: "a").loss
        #expect(loss < last && loss >= 0.05, "trial \(number) at \(resource)")
        last = loss
      }
      firsts.insert(last)
    }
    #expect(firsts.count == 200)
  }

  @Test func aSleepEndsWhenTheStudyWantsIt() throws {
    let bench = try Workbench(trainer: "{kind: synthetic, seconds_per_resource: 3600}", space: Self.space)
    #expect(!bench.trainer.finishesInstantly)
    let configuration = try configuration(0, of: bench.study)
    let counter = Warnings()
    // Were it deaf, this would take an hour.
    #expect(throws: TrainingFailure.interrupted) {
      try bench.train(bench.job(configuration, to: 1), in: "a") {
        counter.add("")
        return counter.all.count > 2
      }
    }
  }

  @Test func whetherJobsTakeTimeIsTheStudysChoice() throws {
    for (section, isInstant) in [
      ("seconds_per_resource: 5", false), ("seconds_per_resource: 5, sleep: false", true),
      ("seconds_per_resource: 5, time_scale: 0", true), ("seconds_per_resource: 5, time_scale: 0.001", false),
      ("sleep: true", true),
    ] {
      let bench = try Workbench(trainer: "{kind: synthetic, \(section)}", space: Self.space)
      #expect(bench.trainer.finishesInstantly == isInstant, "\(section)")
      // A simulation sees the time that training is said to take, whether or not it is slept.
      let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
      let job = try bench.job(configuration(0, of: bench.study), to: 16, from: 4)
      #expect(simulated.simulate(job).seconds == (section == "sleep: true" ? 12 : 60), "\(section)")
    }
  }

  @Test func aSimulatedJobReportsWhatTheRealOneDoes() throws {
    for section in ["noise: 0.1", "surface: hartmann6", "time_distribution: heavy_tailed"] {
      let bench = try Workbench(trainer: "{kind: synthetic, \(section)}", space: Self.space)
      let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
      for number in 0..<50 {
        let job = bench.job(try configuration(number, of: bench.study), to: 16, seed: UInt64(number))
        #expect(isSame(try bench.train(job, in: "a"), simulated.simulate(job).report), "\(section), trial \(number)")
      }
    }
  }

  /// The optimum and its value are the literature's (-3.32237 before it is turned round).
  @Test func theHartmannSurfaceIsLowestWhereTheLiteratureSays() throws {
    let optimum = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573]
    let names = ["a", "b", "c", "d", "e", "f"]
    let space = names.map { "\($0): {type: float, min: 0, max: 1}" }.joined(separator: ", ")
    let bench = try Workbench(
      trainer: "{kind: synthetic, noise: 0, surface: hartmann6}", space: space, ladder: "{max_resource: 1000000}")
    let loss = { (place: [Double], resource: Int) in
      let configuration = Configuration(zip(names, place).map { .init($0, .real($1)) })
      return try bench.train(bench.job(configuration, to: resource), in: "a").loss
    }
    let least = try loss(optimum, 1_000_000)
    // What the power law leaves after a million units is at most 0.95 · 10^(-6·0.3).
    #expect(least >= 0.05 && least < 0.05 + 0.95 * 0.016, "\(least)")
    for axis in 0..<6 {
      for step in [-0.05, 0.05] {
        var aside = optimum
        aside[axis] += step
        #expect(try loss(aside, 1_000_000) > least, "axis \(axis)")
      }
    }
    #expect(try loss([1, 1, 0, 1, 1, 0], 1_000_000) > 0.9)
    #expect(try loss(optimum, 1) > 0.5, "a little training shows little")
  }

  @Test(arguments: ["quadratic", "hartmann6"]) func aLittleTrainingTellsSomethingAndNotAll(surface: String) throws {
    let names = ["a", "b", "c", "d", "e", "f"]
    let space = names.map { "\($0): {type: float, min: 0, max: 1}" }.joined(separator: ", ")
    let bench = try Workbench(
      trainer: "{kind: synthetic, surface: \(surface)}", space: space, ladder: "{max_resource: 64}")
    let trials = try (0..<1000).map { number in
      let configuration = try configuration(number, of: bench.study)
      return try [1, 64].map { resource in
        try bench.train(bench.job(configuration, to: resource, seed: UInt64(number)), in: "a").loss
      }
    }
    // Of two trials at random, how often the one that is better at first is better in the end.
    var agreements = 0
    for index in stride(from: 0, to: 1000, by: 2) {
      let (one, other) = (trials[index], trials[index + 1])
      if (one[0] < other[0]) == (one[1] < other[1]) { agreements += 1 }
    }
    #expect(agreements > 300 && agreements < 490, "\(agreements) of 500")
  }

  /// Quantiles of the seconds per epoch of lcbench_real_blood_balerr, divided by their median.
  @Test func timesWithAHeavyTailAreThoseOfLCBench() throws {
    let bench = try Workbench(
      trainer: "{kind: synthetic, time_distribution: heavy_tailed, seconds_per_resource: 2}", space: Self.space)
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    let configuration = try configuration(0, of: bench.study)
    let times = (0..<40_000).map { trial in
      simulated.simulate(bench.job(configuration, to: 4, from: 2, seed: UInt64(trial))).seconds / 4
    }.sorted()
    for (share, low, high) in [
      (0.01, 0.8, 0.9), (0.25, 0.93, 0.98), (0.5, 0.98, 1.02), (0.75, 1.2, 1.45), (0.9, 2.5, 3.1), (0.95, 4, 5.6),
      (0.99, 9, 10.5),
    ] {
      let quantile = times[Int(share * Double(times.count))]
      #expect(quantile > low && quantile < high, "quantile \(share): \(quantile)")
    }
    #expect(times[times.count - 1] < 15 * 1.3)
  }

  @Test(arguments: [
    (
      "{kind: synthetic, seconds: 1}",
      "seconds: unknown key. Known here: kind, seconds_per_resource, noise, surface, time_distribution, reports, sleep, "
        + "time_scale, invalid_probability, failure_probability, diverge_probability, failing_worker."
    ),
    (
      "{kind: synthetic, seconds_per_resource: -1}",
      "seconds_per_resource: is -1.0. Give seconds from 0 to 86400."
    ), ("{kind: synthetic, noise: 11}", "noise: is 11.0. Give a number from 0 to 10."),
    ("{kind: synthetic, surface: flat}", "surface: is 'flat'. Choose one of: quadratic, hartmann6, chance."),
    (
      "{kind: synthetic, time_scale: -1}",
      "time_scale: is -1.0. Give a number from 0 to 1000000; 0.01 is a hundred times as fast."
    ),
    ("{kind: synthetic, noise: loud}", "noise: is 'loud', expected a number. Give a number such as 0.1 or 1.0e-4."),
  ]) func aBadSectionIsAStudyErrorWithItsLine(section: String, message: String) {
    #expect {
      _ = try Workbench(trainer: section)
    } throws: {
      "\($0)" == "study.yaml:5: trainer.\(message)"
    }
  }
}
