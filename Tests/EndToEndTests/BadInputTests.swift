import Foundation
import LaunchSupport
import Testing
import Text

/// What bad input gets: one message that says what, where and what to do, and one exit code, on any number of ranks.
@Suite struct BadInputTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var study: String
    var files: [String: String] = [:]
    /// What the message has to hold.
    var message: [String]
    var testDescription: String { name }
  }

  static let studies: [Case] = [
    Case(name: "bad YAML", study: "name: [a\nseed: 1\n", message: ["study.yaml:", "not valid YAML"]),
    Case(
      name: "unknown key", study: syntheticStudy().replacing("scheduler:", with: "sheduler:"),
      message: ["study.yaml:8: sheduler: unknown key", "Did you mean 'scheduler'?"]),
    Case(
      name: "min above max", study: syntheticStudy().replacing("min: 1, max: 100}", with: "min: 100, max: 1}"),
      message: ["study.yaml:5: search_space.units"]),
    Case(
      name: "log scale from zero", study: syntheticStudy().replacing("min: 1.0e-4", with: "min: 0"),
      message: ["study.yaml:4: search_space.rate", "log"]),
    Case(
      name: "empty categorical", study: syntheticStudy().replacing("[a, b, c]", with: "[]"),
      message: ["study.yaml:6: search_space.kind"]),
    Case(
      name: "reduction factor of one",
      study: syntheticStudy(scheduler: "{reduction_factor: 1, min_resource: 1, max_resource: 4}"),
      message: ["study.yaml:8: scheduler.reduction_factor", "at least 2"]),
    Case(
      name: "r above R", study: syntheticStudy(scheduler: "{min_resource: 10, max_resource: 4}"),
      message: ["study.yaml:8: scheduler."]),
    Case(
      name: "missing CSV", study: networkStudy, message: ["data.csv", "file"]),
    Case(
      name: "empty CSV", study: networkStudy, files: ["data.csv": ""], message: ["data.csv", "empty"]),
    Case(
      name: "ragged CSV", study: networkStudy, files: ["data.csv": rows + "1,2\n"], message: ["data.csv, row 42"]),
    Case(
      name: "a class seen once", study: networkStudy, files: ["data.csv": rows + "1,2,lonely\n"],
      message: ["data.csv, row 42", "lonely"]),
    Case(
      name: "missing cell", study: networkStudy, files: ["data.csv": rows + "1,,a\n"],
      message: ["data.csv, row 42", "column \"y\"", "missing: mean"]),
    Case(
      name: "NaN cell", study: networkStudy, files: ["data.csv": rows + "NaN,2,a\n"],
      message: ["data.csv, row 42", "column \"x\""]),
    Case(
      name: "unknown hyperparameter",
      study: networkStudy.replacing("learning_rate", with: "lerning_rate"), files: ["data.csv": rows],
      message: ["study.yaml:2: search_space.lerning_rate", "Did you mean 'learning_rate'?"]),
  ]

  static let rows = "x,y,class\n" + (0..<40).map { "\($0),\($0 % 7),\($0 % 2 == 0 ? "a" : "b")\n" }.joined()

  static let networkStudy = """
    search_space:
      learning_rate: {type: float, min: 0.001, max: 0.1}
    scheduler: {min_resource: 1, max_resource: 4}
    budget: {configurations: 4}
    trainer: {kind: mlp, dataset: data.csv, target: class}

    """

  @Test(arguments: studies, [nil, 8])
  func aBadStudyGetsOneMessageAndCode65(bad: Case, ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", bad.study)
    for (name, text) in bad.files { try scratch.write(name, text) }
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out"], ranks: ranks, in: scratch, timeLimit: .seconds(30))
    #expect(outcome.exitCode == 65 && !outcome.timedOut, "\(outcome)")
    let complaints = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("ash-mpi: ") }
    #expect(complaints.count == 1, "\(outcome)")
    for part in bad.message { #expect(complaints.first?.contains(part) == true, "'\(part)' is missing: \(outcome)") }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out")), "a folder was made for nothing")
  }

  @Test func aLauncherThatDoesNotFitGetsCode64() async throws {
    let scratch = try Scratch()
    let outcome = try await Launch.program(
      "ash-mpi", arguments: ["run", "study.yaml"],
      environment: ["SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"], directory: scratch.url)
    #expect(outcome.exitCode == 64 && outcome.stderr.contains("srun --mpi=pmix"), "\(outcome)")
  }

  /// A trainer of somebody's own that can't be made on one rank: with a word about the study, and without.
  @Test(arguments: [("told", 65, "is not on this node"), ("untold", 70, "this node has no data")], [0, 2])
  func aTrainerThatOneRankCannotMakeEndsAllRanks(bad: (name: String, code: Int, text: String), rank: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      name: \(bad.name)
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {max_resource: 4}
      budget: {configurations: 4}
      trainer: {kind: own, data: here}

      """)
    let outcome = try await Launch.mpirun(
      ranks: 3, program: "uneven-trainer", arguments: ["run", "study.yaml", "-o", "out"],
      environment: ["UNEVEN_RANK": "\(rank)"], directory: scratch.url, launcherArguments: ["--oversubscribe"],
      timeLimit: .seconds(60))
    #expect(outcome.exitCode == bad.code && !outcome.timedOut && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: bad.text).count == 2, "\(outcome)")
  }

  @Test(arguments: [nil, 8])
  func aMissingStudyGetsCode65(ranks: Int?) async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(["run", "nowhere.yaml"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.stderr.contains("nowhere.yaml: no such study file"), "\(outcome)")
  }

  @Test(arguments: [nil, 8])
  func wrongUsageGetsCode64AndOneMessage(ranks: Int?) async throws {
    let scratch = try Scratch()
    let outcome = try await AshMPI.run(["run", "--sed", "3"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 64, "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "--sed").count - 1 <= 2, "\(outcome)")
  }

  @Test(arguments: [nil, 8])
  func aFolderWithAStudyInItGetsCode73(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    let first = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(first.isSuccess, "\(first)")
    let journal = try scratch.text("out/journal.jsonl")
    let second = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: ranks, in: scratch)
    #expect(second.exitCode == 73, "\(second)")
    #expect(second.stderr.contains("a study has been here"), "\(second)")
    #expect(try scratch.text("out/journal.jsonl") == journal)
  }

  @Test(arguments: [nil, 8])
  func aFolderThatCannotBeMadeGetsCode73(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 4))
    try scratch.write("file", "no folder")
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "file/out"], ranks: ranks, in: scratch)
    #expect(outcome.exitCode == 73, "\(outcome)")
    #expect(outcome.stderr.contains("file/out"), "\(outcome)")
  }

  @Test func trainingThatDivergesIsRankedLastAndTheStudyGoesOn() async throws {
    let scratch = try Scratch()
    try scratch.write("data.csv", Self.rows)
    try scratch.write(
      "study.yaml",
      Self.networkStudy.replacing(
        "{type: float, min: 0.001, max: 0.1}", with: "{type: categorical, values: [1.0e+30, 0.01]}"
      )
      .replacing("target: class", with: "target: class, optimizer: sgd, activation: relu"))
    let outcome = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out", "--set", "budget.configurations=12"], in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
    #expect(try scratch.text("out/journal.jsonl").contains(#""loss":"nan""#))
    #expect(try scratch.json("out/summary.json")["best"]?["configuration"]?["learning_rate"]?.number == 0.01)
    try await expectLegal(scratch.path("out/journal.jsonl"), "diverging trials")
  }

  @Test func whatNeverWorksIsToldOnce() async throws {
    let scratch = try Scratch()
    try scratch.write("data.csv", Self.rows)
    // Nesterov's momentum needs a momentum: every configuration is invalid, and the grid has no others.
    try scratch.write(
      "study.yaml",
      Self.networkStudy.replacing("budget: {configurations: 4}", with: "sampler: {kind: grid, levels: 3}")
        .replacing("target: class", with: "target: class, optimizer: sgd")
        .replacing("scheduler:", with: "  nesterov: {type: categorical, values: [true]}\nscheduler:"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.stderr.contains("not one job has succeeded"), "\(outcome)")
  }
}
