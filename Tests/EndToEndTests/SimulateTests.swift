import Foundation
import LaunchSupport
import Journal
import Search
import Testing
import Text
import TuningTypes

@Suite struct SimulateTests {
  @Test func aSimulationLeavesWhatARealRunLeaves() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 200, seconds: 60))
    let arguments = [
      "simulate", "study.yaml", "--workers", "500", "--stragglers", "0.3", "--drop", "0.001", "--worker-loss", "0.0001",
      "--latency", "2", "--checkpoint-cost", "1",
    ]
    let outcome = try await AshMPI.run(arguments + ["-o", "out"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(
      outcome.stdout.contains(#/synthetic: all 200 configurations tried after [0-9:]+, simulated\./#), "\(outcome)")
    #expect(outcome.stdout.contains("jobs on 500 workers"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "simulated")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["workers"]?.integer == 500 && summary["configurations"]?.integer == 200)
    #expect(summary["simulated"]?["stragglers"]?.number == 0.3)
    #expect(try scratch.text("out/results.csv").split(separator: "\n").count == 201)
    #expect(try scratch.json("out/best/configuration.json")["configuration"] != nil)
    #expect(try scratch.text("out/study.yaml").hasPrefix(scratch.text("study.yaml")))

    #expect(try await AshMPI.run(arguments + ["-o", "again"], in: scratch).isSuccess)
    for file in ["journal.jsonl", "summary.json", "results.csv"] {
      #expect(try scratch.text("out/\(file)") == scratch.text("again/\(file)"), "\(file)")
    }
    let resumed = try await AshMPI.run(["resume", "out"], in: scratch)
    #expect(resumed.exitCode == 65 && resumed.stderr.contains("only simulated"), "\(resumed)")
  }

  /// Ahead where configurations decide, no worse where they don't; over nine seeds, six times the time of a full training.
  @Test(arguments: [("hartmann6", 7), ("mixed", 7), ("conditional", 6)])
  func aModelIsAheadOfChanceOnMostSeeds(study: String, wins: Int) async throws {
    var ahead = 0
    for seed in 0..<9 {
      ahead += try await best(study, "kde", seed) < best(study, "random", seed) ? 1 : 0
    }
    #expect(ahead >= wins, "\(study): \(ahead) of 9")
  }

  /// What a Gaussian process is for: few configurations, each trained to the end.
  @Test(arguments: ["gp", "auto"]) func aGaussianProcessIsFarAheadOfChanceOnFewConfigurations(sampler: String)
    async throws
  {
    let few = ["scheduler={algorithm: random, max_resource: 256}", "budget={configurations: 60}"]
    var ahead = 0
    for seed in 0..<5 {
      let (model, random) = try await (
        best("hartmann6", sampler, seed, few, workers: 2), best("hartmann6", "random", seed, few, workers: 2)
      )
      ahead += model < 0.6 * random ? 1 : 0
    }
    #expect(ahead >= 4, "\(ahead) of 5")
  }

  @Test func whereTheConfigurationDecidesNothingAModelDoesNoHarm() async throws {
    var (model, random): ([Double], [Double]) = ([], [])
    for seed in 0..<9 {
      model.append(try await best("chance", "kde", seed))
      random.append(try await best("chance", "random", seed))
    }
    #expect(model.sorted()[4] <= 1.2 * random.sorted()[4], "\(model) \(random)")
  }

  /// The best loss of a configuration that was trained to the end.
  private func best(
    _ study: String, _ sampler: String, _ seed: Int, _ settings: [String] = ["budget.time=1536s"],
    workers: Int = 16
  ) async throws -> Double {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(
      [
        "simulate", Repository.path("Benchmarks/samplers/studies/\(study).yaml"), "--workers", "\(workers)",
        "--no-journal", "--seed", "\(seed)", "--set", "sampler={kind: \(sampler)}", "-o", "out",
      ] + settings.flatMap { ["--set", $0] }, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    return try #require(scratch.json("out/summary.json")["best_fully_trained"]?["loss"]?.number)
  }

  /// What was decided, and what it was decided on, without the times.
  private func decisions(_ scratch: Scratch, _ folder: String) throws -> [SearchRecord] {
    let lines = try scratch.text("\(folder)/journal.jsonl").split(separator: "\n").dropFirst()
    return try lines.compactMap { line in
      switch SearchRecord(json: try JSONValue(parsing: Array(line.utf8))) {
      case .dispatch(let job, let worker, _): return .dispatch(job, worker: worker, time: 0)
      case .result(var result):
        (result.time, result.seconds) = (0, 0)
        return .result(result)
      case .stop(let reason, _): return .stop(reason, time: 0)
      case let other: return other
      }
    }
  }

  @Test(arguments: [
    "{min_resource: 1, max_resource: 64}", "{algorithm: sha, reduction_factor: 3, max_resource: 27}",
    "{algorithm: random, max_resource: 4}",
  ]) func onOneWorkerASimulatedStudyDecidesAsARealOne(scheduler: String) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 120, scheduler: scheduler))
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "real"], in: scratch).isSuccess)
    let outcome = try await AshMPI.run(["simulate", "study.yaml", "--workers", "1", "-o", "simulated"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    let (real, simulated) = (try decisions(scratch, "real"), try decisions(scratch, "simulated"))
    #expect(real == simulated && real.count > 240)
  }

  /// With delayed promotion the rungs' populations do not depend on who answers first.
  @Test func aSimulatedStudyFillsTheRungsThatARealOneOnSleepingTrainersDoes() async throws {
    let scratch = try Scratch()
    let scheduler = "{promotion: delayed, max_resource: 16}"
    try scratch.write("study.yaml", syntheticStudy(configurations: 200, seconds: 0.02, scheduler: scheduler))
    let real = try await AshMPI.run(["run", "study.yaml", "-o", "real", "--dedicated-driver"], ranks: 9, in: scratch)
    #expect(real.isSuccess, "\(real)")
    let simulated = try await AshMPI.run(["simulate", "study.yaml", "--workers", "8", "-o", "simulated"], in: scratch)
    #expect(simulated.isSuccess, "\(simulated)")
    let (ours, theirs) = (try scratch.json("simulated/summary.json"), try scratch.json("real/summary.json"))
    #expect(ours["brackets"] != nil && ours["brackets"] == theirs["brackets"])
    #expect(ours["jobs"] == theirs["jobs"] && ours["workers"] == theirs["workers"])
    // A sleep is never shorter than asked for.
    let (virtual, wall) = (ours["training_seconds"]?.number ?? 0, theirs["training_seconds"]?.number ?? 0)
    #expect(virtual > 0 && virtual <= wall, "\(virtual), \(wall)")
  }

  @Test func theBundledCurvesCanBeSimulated() async throws {
    let scratch = try Scratch()
    let study = Repository.path("Examples/curves/study.yaml")
    let outcome = try await AshMPI.run(["simulate", study, "--workers", "25", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("50 epochs"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "curves")
    let trials = try scratch.text("out/results.csv").split(separator: "\n").dropFirst()
    #expect(Set(trials.map { $0.split(separator: ",")[2] }).count == 1000, "each row once")
  }

  @Test func withoutAJournalOnlyTheSummaryIsLeft() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy())
    let outcome = try await AshMPI.run(
      ["simulate", "study.yaml", "--workers", "3", "--no-journal", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess && !outcome.stdout.contains("journal.jsonl"), "\(outcome)")
    #expect(try scratch.json("out/summary.json")["status"]?.text == "finished")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/journal.jsonl")))
  }

  struct Bad: Sendable, CustomTestStringConvertible {
    var arguments: [String]
    var code: Int
    var message: String
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(arguments: [
    Bad(arguments: [], code: 64, message: "--workers"),
    Bad(arguments: ["--workers", "0"], code: 64, message: "--workers is 0; give a number from 1 to 1000000."),
    Bad(arguments: ["--workers", "many"], code: 64, message: "--workers"),
    Bad(arguments: ["--workers", "4", "--drop", "1"], code: 64, message: "--drop is 1.0; give a probability"),
    Bad(arguments: ["--workers", "4", "--drop", "nan"], code: 64, message: "--drop is nan"),
    Bad(arguments: ["--workers", "4", "--stragglers", "-0.1"], code: 64, message: "--stragglers"),
    Bad(arguments: ["--workers", "4", "--latency", "inf"], code: 64, message: "--latency is inf"),
    Bad(arguments: ["--workers", "4", "-o", "full"], code: 73, message: "full: a study has been here"),
    Bad(arguments: ["--workers", "4", "--set", "budget.configuration=4"], code: 65, message: "Did you mean"),
    Bad(
      arguments: ["--workers", "4", "--set", "budget={time: 1h}", "--set", "trainer.seconds_per_resource=0"], code: 65,
      message: "only time would end it"),
    Bad(
      arguments: ["--workers", "4", "--set", "trainer={kind: curves, table: nowhere.csv}"], code: 65,
      message: "has 4 hyperparameters, and a row of a table is one"),
  ]) func badInputGetsOneMessageAndItsCode(bad: Bad) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy())
    try FileManager.default.createDirectory(atPath: scratch.path("full"), withIntermediateDirectories: true)
    try scratch.write("full/journal.jsonl", "")
    let outcome = try await AshMPI.run(
      ["simulate", "study.yaml"] + (bad.arguments.contains("-o") ? [] : ["-o", "out"]) + bad.arguments, in: scratch)
    #expect(outcome.exitCode == bad.code && outcome.stderr.contains(bad.message), "\(outcome)")
  }

  @Test func aTrainerThatOnlyTrainingCanTellIsRefusedWithAdvice() async throws {
    let scratch = try Scratch()
    let study = Repository.path("Examples/iris/study.yaml")
    let outcome = try await AshMPI.run(["simulate", study, "--workers", "4", "-o", "out"], in: scratch)
    #expect(outcome.exitCode == 65 && outcome.stderr.contains("--set 'trainer={kind: synthetic"), "\(outcome)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
    let advised = try await AshMPI.run(
      [
        "simulate", study, "--workers", "4", "-o", "out", "--set", "trainer={kind: synthetic, seconds_per_resource: 2}",
        "--set", "objective={}",
      ],
      in: scratch)
    #expect(advised.isSuccess, "\(advised)")
  }

  @Test func validateTellsWhatAPlanComesToAndWarnsOfAWasteOfWorkers() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 1024, scheduler: "{max_resource: 256}"))
    let wasteful = try await AshMPI.run(["validate", "study.yaml", "--workers", "64"], in: scratch)
    #expect(wasteful.isSuccess && wasteful.stdout.contains("On 64 workers, simulated:"), "\(wasteful)")
    #expect(wasteful.stdout.contains("this plan wastes the machine"), "\(wasteful)")
    #expect(wasteful.stdout.contains("trainings to 256 units"), "\(wasteful)")
    let sound = try await AshMPI.run(["validate", "study.yaml", "--workers", "2"], in: scratch)
    #expect(sound.isSuccess && !sound.stdout.contains("wastes"), "\(sound)")
    let timed = try await AshMPI.run(
      [
        "validate", "study.yaml", "--workers", "64", "--set", "budget={time: 2h}", "--set",
        "trainer.seconds_per_resource=5",
      ],
      in: scratch)
    #expect(timed.stdout.contains("It takes 2:00:00, with 100 % of the workers busy."), "\(timed)")
  }
}
