import Foundation
import LaunchSupport
import Testing
import Text
import Training
import TuningTypes

@Suite struct CleanTests {
  /// Trials 0 to 19 with checkpoints, of a study that has stopped or, with nil, finished.
  private func study(in scratch: Scratch, stopsAfter limit: String?, keep: String, scheduler: String) async throws
    -> CheckpointStore
  {
    try scratch.write(
      "study.yaml",
      syntheticStudy(
        configurations: limit == nil ? 20 : 4000, seconds: limit == nil ? 0 : 0.005, scheduler: scheduler,
        extra: "checkpoints: {keep: \(keep)}"))
    let run = try await AshMPI.run(
      ["run", "study.yaml", "-o", "out"] + (limit.map { ["--time-limit", $0] } ?? []), in: scratch)
    #expect(run.exitCode == (limit == nil ? 0 : 75), "\(run)")
    let store = CheckpointStore(folder: scratch.path("out/checkpoints"))
    for trial in 0..<20 { try store.slot(for: TrialID(trial)).write(Array(repeating: 1, count: 1024)) }
    return store
  }

  @Test func aFinishedStudyNeedsNoCheckpoint() async throws {
    let scratch = try Scratch()
    let store = try await study(
      in: scratch, stopsAfter: nil, keep: "best 2", scheduler: "{algorithm: random, max_resource: 1}")
    try FileManager.default.createDirectory(atPath: scratch.path("out/logs/0"), withIntermediateDirectories: true)
    try scratch.write("out/logs/0/job-0.log", "a program's words")
    let before = try scratch.text("out/journal.jsonl")
    let dry = try await AshMPI.run(["clean", "out", "--dry-run", "--logs"], in: scratch)
    #expect(dry.stdout == "Would delete 18 checkpoints and 1 log, 18 KiB to be freed; 2 checkpoints stay.\n", "\(dry)")
    #expect(store.trials().count == 20)
    let clean = try await AshMPI.run(["clean", "out"], in: scratch)
    #expect(clean.isSuccess)
    #expect(clean.stdout == "Deleted 18 checkpoints, 18 KiB freed; 2 checkpoints stay.\n", "\(clean)")
    let best = try #require(try scratch.json("out/summary.json")["best"]?["trial"]?.integer)
    #expect(store.trials().count == 2 && store.trials().contains(TrialID(best)))
    let status = try await AshMPI.run(["status", "out"], in: scratch)
    #expect(status.stdout.contains("On disk: checkpoints/ 2.0 KiB in 2 files, best/ "), "\(status)")
    let all = try await AshMPI.run(["clean", "out", "--all", "--logs"], in: scratch)
    #expect(all.stdout == "Deleted 2 checkpoints and 1 log, 2.0 KiB freed.\n", "\(all)")
    #expect(store.trials() == [] && !FileManager.default.fileExists(atPath: scratch.path("out/logs/0")))
    #expect(try scratch.text("out/journal.jsonl") == before)
    #expect(FileManager.default.fileExists(atPath: scratch.path("out/best/configuration.json")))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/lock")))
  }

  /// The best model's file has a name in best/ as well: `status` counts it in both folders, and deleting one of them frees nothing.
  @Test func whatIsFreedAndWhatBestKeepsAreAllThatThereIs() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {learning_rate: {type: float, min: 0.001, max: 0.1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 8}
      checkpoints: {keep: best 3}
      trainer: {kind: mlp, dataset: \(Repository.path("Datasets/iris.csv")), target: target, hidden_units: 8}
      """)
    #expect(try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch).isSuccess)
    let clean = try await AshMPI.run(["clean", "out", "--all"], in: scratch)
    let size = try #require(
      try FileManager.default.attributesOfItem(atPath: scratch.path("out/best/checkpoint"))[.size] as? Int)
    let text = { (bytes: Int) in String(format: "%.1f KiB", Double(bytes) / 1024) }
    #expect(
      clean.stdout == "Deleted 3 checkpoints, \(text(2 * size)) freed; \(text(size)) more are kept by best/.\n",
      "\(clean)")
  }

  @Test func aStoppedStudyKeepsWhatItNeedsToGoOn() async throws {
    let scratch = try Scratch()
    let store = try await study(
      in: scratch, stopsAfter: "0.5s", keep: "promotable", scheduler: "{min_resource: 1, max_resource: 4}")
    // A trial that has not begun will begin anew.
    try store.slot(for: 123_456).write([1])
    let clean = try await AshMPI.run(["clean", "out"], in: scratch)
    #expect(clean.isSuccess, "\(clean)")
    let left = store.trials()
    #expect(!left.isEmpty && !left.contains(123_456))
    #expect(!clean.stdout.contains("from scratch"))
    let all = try await AshMPI.run(["clean", "out", "--all"], in: scratch)
    #expect(all.stdout.contains("Deleted \(left.count) checkpoints"), "\(all)")
    #expect(all.stdout.contains("trained from scratch"), "\(all)")
    #expect(store.trials() == [])
    let resumed = try await AshMPI.run(
      ["resume", "out", "--set", "budget.time=1.2s", "--set", "checkpoints.keep=best 3"], ranks: 2, in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(store.trials().count <= 3)
    try await expectLegal(scratch.path("out/journal.jsonl"), "cleaned and resumed")
  }

  @Test func aRunningStudyIsNotTouched() async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 1_000_000, seconds: 0.01))
    // In one launch: a program that waits for another's turn would keep a turn itself.
    let outcome = try await AshMPI.shell(
      """
      "$ASH" run study.yaml -o out >run.txt 2>&1 &
      until grep -q '"result"' out/journal.jsonl 2>/dev/null; do sleep 0.05; done
      for option in --all --dry-run; do "$ASH" clean out $option; echo "clean: $?"; done
      kill -TERM $!; wait $!; echo "run: $?"
      "$ASH" clean out; echo "clean: $?"
      """, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    let codes = outcome.lines.filter { $0.hasPrefix("clean: ") || $0.hasPrefix("run: ") }
    #expect(codes == ["clean: 73", "clean: 73", "run: 75", "clean: 0"], "\(outcome)")
    #expect(outcome.stderr.components(separatedBy: "is in use by another run").count == 3, "\(outcome)")
  }

  @Test func whatIsNoStudyIsRefused() async throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.path("folder/checkpoints/0"), withIntermediateDirectories: true)
    try scratch.write("folder/checkpoints/0/1", "mine")
    let clean = try await AshMPI.run(["clean", "folder", "--all"], in: scratch)
    #expect(clean.exitCode == 65 && clean.stderr.contains("no study has been run here"), "\(clean)")
    #expect(try scratch.text("folder/checkpoints/0/1") == "mine")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("folder/lock")))
  }
}
