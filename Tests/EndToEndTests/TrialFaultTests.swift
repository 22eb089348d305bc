import Foundation
import LaunchSupport
import Testing
import Text

/// Trials that go wrong while a study runs on three ranks: failed, invalid, diverged, and a worker set aside.
@Suite struct TrialFaultTests {
  private static func journal(_ scratch: Scratch) throws -> [JSONValue] {
    try scratch.text("out/journal.jsonl").split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
  }

  private func run(_ study: String, in scratch: Scratch) async throws -> Outcome {
    try scratch.write("study.yaml", study)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: 3, in: scratch)
    #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "on three ranks")
    return outcome
  }

  private func faulty(_ faults: String, configurations: Int = 120, extra: String = "") -> String {
    syntheticStudy(configurations: configurations, extra: extra)
      .replacing("seconds_per_resource: 0.0}", with: "seconds_per_resource: 0.0005, \(faults)}")
  }

  @Test func failedJobsAreTriedAgainElsewhereInvalidTrialsReplacedDivergedOnesKept() async throws {
    let scratch = try Scratch()
    let outcome = try await run(
      faulty("failure_probability: 0.3, invalid_probability: 0.2, diverge_probability: 0.2"), in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("all 120 configurations tried"), "\(outcome)")
    let journal = try Self.journal(scratch)
    let failures = journal.filter { $0["event"]?.text == "failure" }
    #expect(failures.contains { $0["kind"]?.text == "invalid" && $0["final"]?.flag == true })
    #expect(failures.contains { $0["kind"]?.text == "failed" && $0["final"]?.flag == false })
    #expect(failures.contains { $0["kind"]?.text == "failed" && $0["final"]?.flag == true })
    #expect(journal.contains { $0["event"]?.text == "result" && $0["loss"]?.text == "nan" })

    // Whoever was tried again was so on another worker than the one before, where there was one: not all are there from the
    // beginning, and some may have been set aside.
    let staying = (0..<3).filter { !outcome.stderr.contains("worker \($0) is set aside") }
    var failedOn: [Int: Int] = [:]
    var seen: Set<Int> = []
    var again = 0
    for event in journal {
      guard let job = event["job"]?.integer, let worker = event["worker"]?.integer else { continue }
      if event["event"]?.text == "failure" { failedOn[job] = worker }
      guard event["event"]?.text == "dispatch" else { continue }
      if let before = failedOn[job], staying.contains(where: { $0 != before && seen.contains($0) }) {
        again += 1
        #expect(before != worker, "job \(job) goes back to worker \(worker)")
      }
      seen.insert(worker)
    }
    #expect(again > 20)

    // Each trial is what the journal says of it: the invalid ones don't count.
    let summary = try scratch.json("out/summary.json")
    #expect(summary["configurations"]?.integer == 120)
    #expect(summary["failed_jobs"]?.integer == failures.count { $0["kind"]?.text == "failed" })
    #expect(summary["invalid_configurations"]?.integer == failures.count { $0["kind"]?.text == "invalid" })
    let table = try scratch.text("out/results.csv").split(separator: "\n").dropFirst()
    let invalid = Set(failures.filter { $0["kind"]?.text == "invalid" }.compactMap { $0["trial"]?.integer })
    #expect(table.count { $0.contains(",invalid,") } == invalid.count)
    #expect(table.count == 120 + invalid.count)
    #expect(table.contains { $0.contains(",failed,") })
  }

  @Test func aWorkerOnWhichEverythingFailsIsSetAsideAndTheStudyEndsWell() async throws {
    let scratch = try Scratch()
    let outcome = try await run(faulty("failing_worker: 1", configurations: 300), in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("all 300 configurations tried"), "\(outcome)")
    let notes = outcome.stderr.components(separatedBy: "worker 1 is set aside: its last 5 jobs failed").count - 1
    #expect(notes == 1, "\(outcome)")
    let journal = try Self.journal(scratch)
    let failures = journal.indices.filter { journal[$0]["event"]?.text == "failure" }
    // Five jobs, all on that worker, and none of them for good.
    #expect(failures.count == 5)
    #expect(failures.allSatisfy { journal[$0]["worker"]?.integer == 1 && journal[$0]["final"]?.flag == false })
    let last = try #require(failures.last)
    #expect(!journal[(last + 1)...].contains { $0["event"]?.text == "dispatch" && $0["worker"]?.integer == 1 })
  }

  /// The first reason at once, the last one at the end.
  @Test(arguments: [("", 3, 1), ("stop_after_failures: 5", 5, 1), ("stop_after_failures: never", 18, 2)])
  func aStudyInWhichEveryJobFailsEnds(extra: String, failures: Int, lastAttempt: Int) async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml", faulty("failure_probability: 1", configurations: 9, extra: "retries: 1\n\(extra)"))
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    try await expectLegal(scratch.path("out/journal.jsonl"), extra)
    #expect(outcome.exitCode == 65, "\(outcome)")
    let count = { (text: String) in outcome.stderr.components(separatedBy: text).count - 1 }
    #expect(count("not one job has succeeded; the last one: attempt \(lastAttempt) fails") == 1, "\(outcome)")
    #expect(count("trial 0 failed on worker 0: attempt 1 fails by failure_probability") == 1, "\(outcome)")
    #expect(outcome.stdout.contains("\(failures) × attempt 1 fails by failure_probability"), "\(outcome)")
    let journal = try Self.journal(scratch)
    #expect(journal.count { $0["event"]?.text == "failure" } == failures)
    let table = try String(contentsOfFile: scratch.path("out/results.csv"), encoding: .utf8)
    #expect(table.contains(",attempt 2 fails by failure_probability\n"), "\(table)")
    // What is mended goes on.
    let resumed = try await AshMPI.run(["resume", "out"], in: scratch)
    #expect(resumed.exitCode == 65, "\(resumed)")
  }

  /// The faults follow from the study alone: whoever resumes meets the same ones.
  @Test func faultsAndInterruptionsGoTogether() async throws {
    let scratch = try Scratch()
    let faults = "failure_probability: 0.3, invalid_probability: 0.2, diverge_probability: 0.2"
    try scratch.write("study.yaml", faulty(faults, extra: "retries: 5"))
    var outcome: Outcome
    var (runs, limit) = (0, 0.1)
    repeat {
      outcome = try await AshMPI.run(
        ["run", "study.yaml", "-o", "out", "--resume", "--time-limit", "\(limit)s"], ranks: 1 + runs % 3, in: scratch)
      #expect(outcome.exitCode == 0 || outcome.exitCode == 75, "\(outcome)")
      limit *= 1.5
      runs += 1
    } while outcome.exitCode == 75
    #expect(runs > 1)
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(runs) runs")
    let whole = try await AshMPI.run(["run", "study.yaml", "-o", "whole"], in: scratch)
    #expect(whole.isSuccess, "\(whole)")
    // With other ranks other trials are promoted; which are invalid is the same.
    let invalid = try ["out", "whole"].map { name in
      try scratch.text("\(name)/results.csv").split(separator: "\n").filter { $0.contains(",invalid,") }
    }
    #expect(invalid[0] == invalid[1] && invalid[0].count > 10)
  }

  @Test func networksDivergeAndAreInvalidAndWhatLiesInTheirPlacesIsReplaced() async throws {
    let scratch = try Scratch()
    // In the places of these trials' checkpoints are folders: they are no checkpoints, and no reason to fail.
    let hindered = 5..<12
    for trial in hindered {
      let obstacle = scratch.path("out/checkpoints/0/\(trial)/obstacle")
      try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: true)
    }
    let outcome = try await run(
      """
      name: networks
      search_space:
        learning_rate: {type: categorical, values: [0.01, 0.1, 1.0e+30]}
        # Nesterov's momentum needs one.
        momentum: {type: categorical, values: [0, 0.5, 0.9]}
        weight_decay: {type: float, min: 0, max: 1.0e-6}
      scheduler: {min_resource: 1, max_resource: 16}
      budget: {configurations: 40}
      trainer:
        {kind: mlp, dataset: \(Repository.path("Datasets/iris.csv")), target: target, optimizer: sgd, nesterov: true}

      """, in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("all 40 configurations tried"), "\(outcome)")
    let journal = try Self.journal(scratch)
    let failures = journal.filter { $0["event"]?.text == "failure" }
    #expect(failures.contains { $0["kind"]?.text == "invalid" && $0["reason"]?.text?.contains("nesterov") == true })
    #expect(journal.contains { $0["event"]?.text == "result" && $0["loss"]?.text == "nan" })
    #expect(!failures.contains { $0["kind"]?.text == "failed" }, "\(failures)")
    for trial in hindered {
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out/checkpoints/0/\(trial)/obstacle")))
    }
    #expect(try scratch.json("out/summary.json")["best"]?["loss"]?.number ?? .infinity < 1)
  }
}
