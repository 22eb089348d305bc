import Testing
import TrainerSupport
import Training
import TuningTypes

/// Synthetic studies in which things go wrong on purpose.
@Suite struct SyntheticFaultTests {
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

  /// Divergence is a loss like any other; that jobs fail, a simulated cluster has its own knobs for.
  @Test func simulatedTrialsDivergeAsRealOnesDo() throws {
    let bench = try Workbench(trainer: "{kind: synthetic, diverge_probability: 0.5}")
    let simulated = try #require(try bench.plan.makeSimulatedTrainer(sharedData: bench.data))
    for seed in 0..<100 {
      let job = bench.job(["x": 0.5], to: 4, seed: UInt64(seed))
      #expect(isSame(try bench.train(job, in: "a"), simulated.simulate(job).report), "trial \(seed)")
    }
  }

  @Test(arguments: [
    ("failure_probability: 1.5", "failure_probability: is 1.5. Give a number from 0 to 1."),
    ("failing_worker: -1", "failing_worker: is -1. Give the number of a worker; they count from 0."),
  ]) func aBadFaultIsAStudyErrorWithItsLine(key: String, message: String) {
    #expect {
      _ = try Workbench(trainer: "{kind: synthetic, \(key)}")
    } throws: {
      "\($0)" == "study.yaml:5: trainer.\(message)"
    }
  }
}
