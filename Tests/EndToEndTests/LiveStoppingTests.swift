import Foundation
import LaunchSupport
import Testing
import Text

/// Trials that are stopped while they train, by what their programs report.
@Suite(.serialized) struct LiveStoppingTests {
  /// Knows nothing of studies, and prints a loss an epoch. It never reads a signal.
  private static let script = """
    import argparse, time
    options = argparse.ArgumentParser()
    options.add_argument("--lr", type=float)
    options.add_argument("--epochs", type=int)
    options.add_argument("--tied", action="store_true")
    options = options.parse_args()
    for epoch in range(1, options.epochs + 1):
        time.sleep(0.03)
        loss = options.lr + 1 / epoch + (0.5 if options.tied else 0)
        print(f"| end of epoch {epoch:3d} | valid loss {loss:5.3f} | accuracy {100 - loss:.1f}%", flush=True)
    """

  private static let study = """
    name: untouched
    search_space:
      lr: {type: float, min: 0, max: 1}
      tied: {type: categorical, values: [true, false]}
    scheduler: {algorithm: stopping, reduction_factor: 3, min_resource: 1, max_resource: 27}
    budget: {configurations: 24}
    trainer:
      kind: command
      command: [python3, main.py, --lr, "{lr}", --epochs, "{resource}", "{tied?--tied}"]
      loss_pattern: 'valid loss +(\\S+)'
      metric_patterns: {accuracy: 'accuracy +(\\S+)'}
      resource_unit: epochs
    """

  private func events(_ scratch: Scratch) throws -> [JSONValue] {
    try scratch.text("out/journal.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  @Test(arguments: [nil, 3] as [Int?]) func anUntouchedScriptIsStoppedWhileItTrains(ranks: Int?) async throws {
    let scratch = try Scratch()
    try scratch.write("main.py", Self.script)
    try scratch.write("study.yaml", Self.study)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], ranks: ranks, in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stdout.contains("  rung  epochs  completed"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "\(ranks ?? 1) ranks")
    let events = try events(scratch)
    let dispatches = events.filter { $0["event"]?.text == "dispatch" }
    // One process a trial.
    #expect(dispatches.count == 24 && dispatches.allSatisfy { $0["resource"]?.integer == 27 })
    let results = events.filter { $0["event"]?.text == "result" }
    #expect(results.count == 24)
    let stopped = results.filter { $0["resource"]?.integer != 27 }
    #expect(stopped.count > 10, "\(stopped.count)")
    for result in results {
      let curve = result["curve"]?.elements ?? []
      #expect(curve.count >= result["resource"]?.integer ?? 0, "\(result)")
      #expect(result["metrics"]?["accuracy"]?.number != nil, "\(result)")
    }
    // What is stopped does not train to the end.
    let furthest = stopped.map { $0["curve"]?.elements?.count ?? 0 }
    #expect(furthest.reduce(0, +) < 27 * stopped.count, "\(furthest)")
    #expect(try scratch.text("out/logs/0/trial-0-rung-3.log").contains("| end of epoch   1 | valid loss"))
    #expect(try scratch.text("out/results.csv").hasPrefix("trial,bracket,lr,tied,status,resource,loss,loss_rung_0,"))
    let curves = try await AshMPI.run(["status", "out"], in: scratch)
    #expect(curves.isSuccess && curves.stdout.contains("24 of 24 configurations"), "\(curves)")
  }

  /// Nothing that a report said is lost, and nothing counts twice.
  @Test func aStudyThatIsKilledGoesOnFromItsReports() async throws {
    let scratch = try Scratch()
    try scratch.write("main.py", Self.script)
    try scratch.write("study.yaml", Self.study)
    for _ in 0..<3 {
      let run = try await AshMPI.start(["run", "study.yaml", "-o", "out", "--resume"], ranks: 3, in: scratch)
      try await scratch.wait { scratch in
        ((try? events(scratch)) ?? []).count { $0["event"]?.text == "report" } >= 3
      }
      try await Task.sleep(for: .milliseconds(Int.random(in: 100...700)))
      run.killEverything()
      #expect(await run.outcome().leftProcesses.isEmpty)
    }
    let outcome = try await AshMPI.run(["resume", "out"], ranks: 2, in: scratch)
    #expect(outcome.isSuccess && outcome.stdout.contains("all 24 configurations tried"), "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "killed three times")
    let rungs = try events(scratch).filter { ["report", "result"].contains($0["event"]?.text) }
      .filter { $0["event"]?.text == "report" || $0["rung"]?.integer == 3 }
      .map { [$0["trial"]?.integer, $0["rung"]?.integer] }
    #expect(Set(rungs).count == rungs.count, "a rung is passed twice")
  }

  /// A process that serves reads which job is to stop, and lives on.
  @Test func aServingProgramLivesOnWhenItsTrialIsStopped() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "train.py",
      """
      import os, time
      import ash_mpi

      @ash_mpi.trainer
      def train(configuration, job):
          for epoch in range(1, job.resource + 1):
              time.sleep(0.03)
              job.report(epoch, configuration["x"] + 1 / epoch, process=os.getpid())

      ash_mpi.serve(train)
      """)
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: stopping, reduction_factor: 3, min_resource: 1, max_resource: 27}
      budget: {configurations: 20}
      trainer:
        kind: command
        command: [python3, train.py]
        protocol: serve
        environment: {PYTHONPATH: \(Repository.path("clients/python/src")), PYTHONDONTWRITEBYTECODE: 1}
      """)
    let outcome = try await AshMPI.run(["run", "study.yaml", "-o", "out"], in: scratch)
    #expect(outcome.isSuccess && outcome.leftProcesses.isEmpty, "\(outcome)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "serve")
    let results = try events(scratch).filter { $0["event"]?.text == "result" }
    let processes = Set(results.compactMap { $0["metrics"]?["process"]?.number })
    #expect(processes.count == 1, "\(processes)")
    // Whether it reports is found out by the first trial, which trains to the lowest rung.
    #expect(results.count == 21)
    #expect(results.count { $0["resource"]?.integer == 27 } < 10)
  }

  /// Reports are told one by one, where jobs are asked for.
  @Test func aJobThatIsAskedForIsToldToStopByWhatItTells() async throws {
    let scratch = try Scratch()
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: stopping, reduction_factor: 2, min_resource: 1, max_resource: 8}
      budget: {configurations: 3}
      trainer: {kind: synthetic}
      """)
    func call(_ arguments: String...) async throws -> JSONValue {
      let outcome = try await AshMPI.run(arguments, in: scratch)
      #expect(outcome.isSuccess, "\(outcome)")
      return try outcome.stdout.isEmpty ? .null : JSONValue(parsing: Array(outcome.lines[0].utf8))
    }
    #expect(try await call("ask", "study.yaml", "-o", "out")["resource"]?.integer == 1)
    #expect(try await call("tell", "out", "--job", "0", "--loss", "0.5", "--progress", "1")["stop"]?.flag == false)
    #expect(try await call("tell", "out", "--job", "0", "--loss", "0.5")["resource"]?.integer == 8)
    #expect(try await call("ask", "study.yaml", "-o", "out")["resource"]?.integer == 8)
    #expect(try await call("tell", "out", "--job", "2", "--loss", "0.9", "--progress", "1")["stop"]?.flag == true)
    #expect(try await call("tell", "out", "--job", "1", "--loss", "0.2", "--progress", "3.5")["stop"]?.flag == false)
    let late = try await AshMPI.run(["tell", "out", "--job", "2", "--loss", "0.1"], in: scratch)
    #expect(late.exitCode == 65 && late.stderr.contains("job 2 is not out"), "\(late)")
    try await expectLegal(scratch.path("out/journal.jsonl"), "asked")
  }

  /// What a study would meet, in seconds; and what is wrong, with the trainer's own words.
  @Test func aTryoutTellsWhatAStudyWouldMeet() async throws {
    let scratch = try Scratch()
    try scratch.write("main.py", Self.script)
    try scratch.write("study.yaml", Self.study)
    let sound = try await AshMPI.run(["validate", "study.yaml", "--try"], in: scratch)
    #expect(sound.isSuccess, "\(sound)")
    for text in [
      "to 1 epoch: validation_loss ", "to 3 epochs: validation_loss ", "1 epoch takes about ", "reports: accuracy",
      "leaves no checkpoint: no trial is paused",
      "reports while it trains: trials are stopped as they lose",
    ] { #expect(sound.stdout.contains(text), "\(text): \(sound)") }
    let noMetric = try await AshMPI.run(
      ["validate", "study.yaml", "--try", "--set", "trainer.loss_pattern=test loss (.*)"], in: scratch)
    #expect(noMetric.exitCode == 65, "\(noMetric)")
    #expect(noMetric.stderr.contains("nothing of what it printed matches the loss_pattern"), "\(noMetric)")
    // Two matches for each epoch; none that is a number; epochs that are counted from 0.
    for (setting, message) in [
      ("trainer.loss_pattern=(?:valid loss|accuracy) +(\\S+)", "trained to 3 epochs, it reported at 6.000"),
      ("trainer.loss_pattern=valid loss +[0-9.]+", "which is no number. Put a group around the number"),
      ("trainer.resource_pattern=end of epoch +([0-9]+)", "trained to 3 epochs, it reported last at 2.000"),
    ] {
      try scratch.write("main.py", Self.script.replacing("{epoch:3d}", with: "{epoch - 1:3d}"))
      let odd = try await AshMPI.run(["validate", "study.yaml", "--try", "--set", setting], in: scratch)
      #expect((odd.stdout + odd.stderr).contains(message), "\(setting): \(odd)")
    }
  }
}
