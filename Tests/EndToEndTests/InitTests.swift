import Foundation
import LaunchSupport
import Testing
import Text

/// What `init` writes is a study that works as it is, in a folder with nothing else.
@Suite struct InitTests {
  /// The variables of a user who has installed the Python client.
  private static let client: [String: String?] = ["PYTHONPATH": Repository.path("clients/python/src")]

  private func shell(_ line: String, in scratch: Scratch) async throws -> Outcome {
    try await AshMPI.shell(line, environment: Self.client, in: scratch)
  }

  private func names(_ scratch: Scratch) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.url.path(percentEncoded: false)).sorted()
  }

  @Test(arguments: [
    ("", "digits.csv", 6, 64), ("--mlp", "digits.csv", 6, 64), ("--xgboost", "digits.csv", 6, 81),
    ("--command", "train.py", 6, 27), ("--python", "train.py", 6, 27),
  ])
  func aStudyThatWorksAsItIs(option: String, companion: String, configurations: Int, resource: Int) async throws {
    let scratch = try Scratch()
    let written = try await shell(#""$ASH" init \#(option)"#, in: scratch)
    #expect(written.isSuccess && written.stdout.contains("study.yaml and \(companion) are written"), "\(written)")
    #expect(written.stdout.contains("pip install ") == (option == "--python"), "\(written)")
    #expect(try names(scratch) == [companion, "study.yaml"].sorted())
    // The two may go anywhere together.
    let study = try scratch.text("study.yaml")
    #expect(
      !study.contains(scratch.url.path(percentEncoded: false)) && !study.contains(Repository.path("")), "\(study)")

    let check = try await shell(#""$ASH" validate study.yaml --workers 16"#, in: scratch)
    #expect(check.isSuccess && check.stdout.contains("the study is sound") && check.stderr.isEmpty, "\(check)")
    #expect(check.stdout.contains("16 workers") && !check.stdout.contains(" units"), "\(check)")
    let run = try await shell(
      #""$ASH" run study.yaml -o out --set budget.configurations=\#(configurations)"#, in: scratch)
    #expect(run.isSuccess && run.stderr.isEmpty, "\(run)")
    let summary = try scratch.json("out/summary.json")
    #expect(summary["failed_jobs"]?.integer == 0 && summary["best"]?["loss"]?.number?.isFinite == true)
    try await expectLegal(scratch.path("out/journal.jsonl"), option)
  }

  /// The search earns its time: the best of the whole study is far better than the middle of the first rung.
  @Test(arguments: ["--command", "--python"])
  func theScriptsLearn(option: String) async throws {
    let scratch = try Scratch()
    let run = try await shell(
      #""$ASH" init \#(option) >/dev/null && "$ASH" run study.yaml -o out --quiet"#, in: scratch)
    #expect(run.isSuccess, "\(run)")
    let best = try #require(try scratch.json("out/summary.json")["best"]?["loss"]?.number)
    #expect(best < 0.05, "\(run)")
  }

  @Test func theClientsScriptContinuesBitForBit() async throws {
    let scratch = try Scratch()
    let outcome = try await shell(
      #"""
      "$ASH" init --python >/dev/null && python3 train.py --resource 6 --check-resume \
        --configuration '{"learning_rate": 0.1, "hidden": 8, "momentum": 0.5}'
      """#, in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
  }

  @Test func nothingIsOverwritten() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", "mine")
    for option in ["", "--command"] {
      let refused = try await shell(#""$ASH" init \#(option)"#, in: scratch)
      #expect(refused.exitCode == 73 && refused.stderr.contains("study.yaml is there already"), "\(refused)")
    }
    try scratch.write("digits.csv", "mine")
    let refused = try await shell(#""$ASH" init other.yaml"#, in: scratch)
    #expect(refused.exitCode == 73 && refused.stderr.contains("digits.csv is there already"), "\(refused)")
    #expect(try names(scratch) == ["digits.csv", "study.yaml"])
    #expect(try scratch.text("study.yaml") == "mine" && scratch.text("digits.csv") == "mine")
  }

  @Test func aScriptThatIsThereStaysAsItIs() async throws {
    let scratch = try Scratch()
    try scratch.write("train.py", "mine")
    for option in ["--command", "--python"] {
      let outcome = try await shell(#""$ASH" init \#(option) study\#(option).yaml"#, in: scratch)
      #expect(outcome.isSuccess && outcome.stdout.contains("train.py is there already and stays"), "\(outcome)")
    }
    #expect(try scratch.text("train.py") == "mine")
    #expect(try names(scratch) == ["study--command.yaml", "study--python.yaml", "train.py"])
  }

  @Test func theCompanionLiesBesideTheStudy() async throws {
    let scratch = try Scratch()
    let outcome = try await shell(
      #"mkdir a && "$ASH" init a/one.yaml && "$ASH" init --xgboost a/two.yaml && "$ASH" validate a/two.yaml"#,
      in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("a/two.yaml is written"), "\(outcome)")
    #expect(try names(scratch) == ["a"])
    #expect(FileManager.default.fileExists(atPath: scratch.path("a/digits.csv")))
  }

  @Test func oneTemplateAtATime() async throws {
    let outcome = try await AshMPI.run(["init", "--command", "--python"], in: Scratch())
    #expect(outcome.exitCode == 64, "\(outcome)")
  }
}
