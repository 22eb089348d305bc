import Testing
import Trainers
import Tuning
import TuningTypes

@Suite struct SyntheticTrainerTests {
  private static let space = """
    a: {type: float, min: 1.0e-4, max: 1, scale: log}, b: {type: int, min: 1, max: 9}, \
    c: {type: categorical, values: [x, y, z]}, d: {type: float, min: 0, max: 1, when: {c: x}}
    """

  private func configuration(_ number: Int, of study: Study) throws -> Configuration {
    try #require(try Tuner(study: study).configuration(at: number))
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

  /// How one job goes wrong, if it does.
  private func fate(_ bench: Workbench, seed: Int, resource: Int = 1, attempt: Int = 1) throws -> String {
    var job = bench.job(["x": 0.5], to: resource, seed: UInt64(seed))
    job.attempt = attempt
    do {
      return try bench.train(job, in: "a").loss.isNaN ? "diverged" : "sound"
    } catch let failure as TrainingFailure {
      switch failure {
      case .invalid: return "invalid"
      case .failed: return "failed"
      case .interrupted: return "interrupted"
      }
    }
  }

  @Test func faultsComeAsOftenAsTheyAreAskedFor() throws {
    for (key, fate) in [
      ("invalid_probability", "invalid"), ("failure_probability", "failed"), ("diverge_probability", "diverged"),
    ] {
      for probability in [0, 0.25, 1] {
        let bench = try Workbench(trainer: "{kind: synthetic, \(key): \(probability)}")
        let fates = try (0..<2000).map { try self.fate(bench, seed: $0) }
        #expect(abs(Double(fates.count { $0 == fate }) / 2000 - probability) < 0.04, "\(key) \(probability)")
        #expect(fates.count { $0 == fate } + fates.count { $0 == "sound" } == 2000)
      }
    }
  }

  @Test func faultsFollowFromTheTrialItsResourceAndItsAttempt() throws {
    let section = "{kind: synthetic, invalid_probability: 0.2, failure_probability: 0.3, diverge_probability: 0.3}"
    let (bench, other) = try (Workbench(trainer: section), Workbench(trainer: section))
    var (recovered, divergedLater) = (0, 0)
    for seed in 0..<1000 {
      let first = try fate(bench, seed: seed)
      #expect(try fate(other, seed: seed) == first)
      // An invalid trial is so at any resource and any attempt.
      for (resource, attempt) in [(1, 2), (4, 1), (64, 3)] {
        let later = try fate(bench, seed: seed, resource: resource, attempt: attempt)
        #expect((first == "invalid") == (later == "invalid"), "trial \(seed)")
        if first == "failed", later == "sound" { recovered += 1 }
        if first == "sound", later == "diverged" { divergedLater += 1 }
      }
    }
    #expect(recovered > 100 && divergedLater > 100)
  }

  @Test func aFailingWorkerFailsWhateverItGets() throws {
    for (worker, fate) in [(0, "failed"), (1, "sound")] {
      let bench = try Workbench(trainer: "{kind: synthetic, failing_worker: \(worker)}")
      // The workbench is worker 0.
      #expect(try (0..<50).allSatisfy { try self.fate(bench, seed: $0) == fate })
    }
  }

  @Test(arguments: [
    (
      "{kind: synthetic, seconds: 1}",
      "seconds: unknown key. Known here: kind, seconds_per_resource, noise, invalid_probability, failure_probability, "
        + "diverge_probability, failing_worker."
    ),
    (
      "{kind: synthetic, seconds_per_resource: -1}",
      "seconds_per_resource: is -1.0. Give seconds from 0 to 86400."
    ), ("{kind: synthetic, noise: 11}", "noise: is 11.0. Give a number from 0 to 10."),
    ("{kind: synthetic, noise: loud}", "noise: is 'loud', expected a number. Give a number such as 0.1 or 1.0e-4."),
  ]) func aBadSectionIsAStudyErrorWithItsLine(section: String, message: String) {
    #expect {
      _ = try Workbench(trainer: section)
    } throws: {
      "\($0)" == "study.yaml:5: trainer.\(message)"
    }
  }
}
