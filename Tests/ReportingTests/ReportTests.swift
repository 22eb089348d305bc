import Reporting
import Simulation
import StudyFile
import Testing
import Text
import TuningTypes

@Suite struct ReportTests {
  private func summary(reason: StopReason = .configurations, set overrides: [String] = []) throws -> Summary {
    Summary(
      name: "flowers", tuner: try finishedTuner(set: overrides), reason: reason, wallSeconds: 8, workers: 1,
      finalMetrics: [.init("test_error", 0.03125)])
  }

  @Test func theClosingReportTellsTheStory() throws {
    let text = ClosingReport(try summary(), folder: "ash-runs/flowers-1", resourceUnit: "epochs").text
    #expect(
      text == """

        flowers: all 8 configurations tried after 8.0 s.

          rung  epochs  completed  promoted  failed
             0       1          7         4       1
             1       2          4         2       0
             2       4          2         0       0

        Best configuration: trial 1, 4 epochs, validation_loss 0.2500
          learning_rate  0.1250
          optimizer      adam
          units          64
          error 0.0250, test_error 0.0313

        Failures:
          1 × out of luck

        13 jobs on 1 worker, 1.6 jobs/s, 81 % of their time in training; 1 failed job.
        Everything lies in ash-runs/flowers-1: summary.json, results.csv, journal.jsonl, best/.

        """)
  }

  @Test(arguments: [
    (StopReason.time, "flowers: the time is used up after 8.0 s."),
    (.target, "flowers: the target is reached after 8.0 s."),
    (.signal, "flowers: stopped on request after 8.0 s."),
  ]) func theClosingReportSaysWhyTheStudyEnded(reason: StopReason, line: String) throws {
    let text = ClosingReport(try summary(reason: reason), folder: "f", resourceUnit: "epochs").text
    #expect(text.split(separator: "\n").first.map(String.init) == line)
  }

  @Test func theClosingReportOfAStudyWithoutAResultSaysSo() throws {
    let tuner = try finishedTuner(jobs: 0)
    let summary = Summary(name: "flowers", tuner: tuner, reason: .signal, wallSeconds: 0, workers: 0)
    let text = ClosingReport(summary, folder: "f", resourceUnit: "epochs").text
    #expect(text.contains("No trial has given a finite loss."))
    #expect(text.contains("0 jobs on 0 workers, 0.0 jobs/s, 0 % of their time in training."))
  }

  /// What `resume` can't change has to be changed first.
  @Test func theClosingReportOfAStudyInWhichNothingWorksSaysWhatToDo() throws {
    let text = ClosingReport(try summary(reason: .failures), folder: "f", resourceUnit: "epochs").text
    #expect(
      text.hasSuffix(
        """
        If the study is wrong: mend it, train one configuration with ash-mpi validate STUDY --try, and run it again.
        If only a module, a file or the script was wrong: ash-mpi resume f

        """))
    #expect(!text.contains("To go on"))
  }

  @Test func maximisedMetricsAreShownAsTheTrainerReportedThem() throws {
    let text = ClosingReport(
      try summary(set: ["objective={metric: error, mode: max}"]), folder: "f", resourceUnit: "epochs"
    ).text
    #expect(text.contains("error 0.1875\n"), "\(text)")
    #expect(!text.contains("-"), "\(text)")
  }

  /// DESIGN.md section 6.
  @Test func theSummaryHasEveryKeyOfTheDesign() throws {
    let json = try summary().json
    #expect(try JSONValue(parsing: json.formatted().utf8) == json)
    for key in [
      "name", "status", "configurations", "jobs", "failed_jobs", "wall_seconds", "training_seconds", "workers",
      "utilisation", "jobs_per_second", "best", "brackets",
    ] { #expect(json[key] != nil, "\(key)") }
    #expect(json["name"] == "flowers")
    #expect(json["status"] == "finished")
    #expect(json["configurations"] == 8)
    let jobs = try #require(json["jobs"]?.integer)
    #expect(json["failed_jobs"] == 1)
    #expect(json["training_seconds"] == .number(Double(jobs) * 0.5))
    #expect(json["utilisation"] == .number(Double(jobs) * 0.5 / 8))
    #expect(json["jobs_per_second"] == .number(Double(jobs) / 8))
    for key in ["trial", "loss", "rung", "resource", "configuration"] { #expect(json["best"]?[key] != nil, "\(key)") }
    let configuration = json["best"]?["configuration"]
    #expect(configuration?.members?.map(\.key) == ["learning_rate", "optimizer", "units"])
    #expect(configuration?["learning_rate"]?.number.map { (0.125..<0.1250001).contains($0) } == true)
    #expect(configuration?["optimizer"] == "adam" && configuration?["units"] == 64)
    #expect(json["best"]?["test_error"] == 0.03125)
    let rungs = try #require(json["brackets"]?.elements?.first?["rungs"]?.elements)
    #expect(rungs.map { $0["completed"]?.integer } == [7, 4, 2])
    #expect(rungs.map { $0["failed"]?.integer } == [1, 0, 0])
    #expect(rungs.map { $0["promoted"]?.integer } == [4, 2, 0])
    #expect(try summary(reason: .signal).json["status"] == "stopped")
  }

  @Test func theSummaryOfAStudyWithoutAResultHasNoBest() throws {
    let summary = Summary(
      name: "flowers", tuner: try finishedTuner(jobs: 0), reason: .signal, wallSeconds: 0, workers: 0)
    #expect(summary.json["best"] == .null)
    #expect(summary.json["utilisation"]?.number == 0)
    #expect(try JSONValue(parsing: summary.json.formatted().utf8) == summary.json)
  }

  @Test func theLadderIsShownWithItsCost() throws {
    let study = try Study(yaml: flowersStudy, source: "study.yaml", directory: "/", overrides: ["budget.time=90m"])
    #expect(
      try LadderReport(study: study, resourceUnit: "epochs", workers: 3).text == """
        flowers: the study is sound.

        search space: learning_rate, optimizer, units
        scheduler: asha, 8 configurations

          rung  epochs  configurations  epochs in all
             0       1               8              8
             1       2               4              4
             2       4               2              4

        In all about 16 epochs, or 6 for each of 3 workers if all are always busy.
        The study ends after 1:30:00 at the latest.

        """)
  }

  @Test(arguments: [
    ["scheduler={max_resource: 9223372036854775807}", "budget={configurations: 9223372036854775807, time: 1.0e300}"],
    ["scheduler={}", "budget={configurations: 9223372036854775807}"], ["scheduler={}", "budget={time: 5}"],
    ["scheduler={algorithm: random, max_resource: 9}", "budget={time: 5}"],
    ["scheduler={resources: [1, 2, 9223372036854775807]}"], ["scheduler={algorithm: sha, max_resource: 100}"],
  ]) func everyLadderCanBeShown(overrides: [String]) throws {
    let study = try Study(yaml: flowersStudy, source: "study.yaml", directory: "/", overrides: overrides)
    let text = try LadderReport(study: study, resourceUnit: "epochs", workers: 3).text
    #expect(text.hasPrefix("flowers: the study is sound.\n"))
  }
}

@Suite struct BracketReportTests {
  private static let hyperband = "scheduler={algorithm: hyperband, reduction_factor: 2, max_resource: 4}"

  private func ladder(_ scheduler: String, configurations: Int) throws -> String {
    let study = try Study(
      yaml: flowersStudy, source: "study.yaml", directory: "/",
      overrides: ["scheduler={algorithm: \(scheduler)}", "budget.configurations=\(configurations)"])
    return try LadderReport(study: study, resourceUnit: "epochs", workers: 3).text
  }

  /// A configuration costs 1 + 1/2 + 2/4 = 2, 2 + 2/2 = 3, and 4: of 52, 24, 16 and 12 take 48 epochs each.
  @Test func validateShowsEveryBracketOfHyperband() throws {
    let text = try ladder("hyperband, reduction_factor: 2, max_resource: 4", configurations: 52)
    #expect(
      text.hasSuffix(
        """
        bracket 0
          rung  epochs  configurations  epochs in all
             0       1              24             24
             1       2              12             12
             2       4               6             12

        bracket 1
          rung  epochs  configurations  epochs in all
             0       2              16             32
             1       4               8             16

        bracket 2
          rung  epochs  configurations  epochs in all
             0       4              12             48

        In all about 144 epochs, or 48 for each of 3 workers if all are always busy.

        """), "\(text)")
  }

  @Test(arguments: [
    ("sync_hyperband, reduction_factor: 3, max_resource: 9", 20, "about 74"),
    ("parallel_sha, reduction_factor: 3, max_resource: 9, bracket_size: 9", 21, "about 47"),
    ("top_k, max_resource: 16, top_k: 2", 20, "about 50"),
    ("median, resources: [1, 2, 3]", 20, "about 35"),
    ("stopping, max_resource: 16", 32, "about 80"),
    ("pasha, max_resource: 16", 32, "at most 80"),
    ("curve, resources: [1, 2, 3]", 20, "at most 60"),
    ("hyperband, max_resource: 64", .max, "about "), ("parallel_sha, max_resource: 64", .max, "about "),
    ("sync_hyperband, max_resource: 64", .max, "about "),
  ])
  func validateSaysWhatEachSchedulerTakes(scheduler: String, configurations: Int, cost: String) throws {
    let text = try ladder(scheduler, configurations: configurations)
    #expect(text.contains("In all \(cost)"), "\(text)")
  }

  @Test func aStudyWithSeveralBracketsShowsThemAll() throws {
    let tuner = try finishedTuner(set: [Self.hyperband, "budget.configurations=12"])
    let summary = Summary(name: "flowers", tuner: tuner, reason: .configurations, wallSeconds: 8, workers: 1)
    let brackets = try #require(summary.json["brackets"]?.elements)
    #expect(brackets.map { $0["bracket"]?.integer } == [0, 1, 2])
    #expect(brackets.map { $0["rungs"]?.elements?.count } == [3, 2, 1])

    let progress = ProgressText(study: "flowers", tuner: tuner, elapsed: 12, resourceUnit: "epochs")
    let counts = brackets.map { bracket in
      (bracket["rungs"]?.elements ?? []).map { "\($0["completed"]?.integer ?? -1)" }.joined(separator: " › ")
    }
    #expect(progress.line.contains("rungs \(counts.joined(separator: " | ")) ·"))
    let block = progress.block(columns: 200)
    #expect(block.contains { $0.hasPrefix("  bracket  rung  epochs") })
    #expect(block.count { $0.split(separator: " ").count == 6 } >= 3)
    let closing = ClosingReport(summary, folder: "f", resourceUnit: "epochs").text
    #expect(closing.contains("\nbracket 0\n") && closing.contains("\nbracket 2\n"))
  }
}

@Suite struct ForecastReportTests {
  @Test func aPlanThatStarvesTheTopOfTheLadderIsToldWithAdvice() throws {
    let study = try Study(
      yaml: """
        search_space: {x: {type: float, min: 0, max: 1}}
        scheduler: {algorithm: sha, reduction_factor: 4, max_resource: 64}
        budget: {configurations: 64}
        trainer: {kind: none}
        """, source: "study.yaml", directory: "/")
    // Two rounds of 1, then 3 and 12 and 48 units on fewer and fewer workers: 65 in all, of 64 + 16·3 + 4·12 + 48 = 208.
    let text = ForecastReport(try PlanForecast(study.plan, trainer: nil, workers: 32), resourceUnit: "epochs").text
    #expect(
      text == """

        On 32 workers, simulated:

          rung  epochs  configurations
             0       1              64
             1       4              16
             2      16               4
             3      64               1

        It takes the time of 1.02 trainings to 64 epochs, with 10 % of the workers busy. The first configuration is \
        trained to the end after the time of 1.02 trainings to 64 epochs.

        Warning: this plan wastes the machine. Its 64 configurations are soon started, and while the last of them climb \
        the ladder, most of the 32 workers have nothing to do. Limit the study by time instead (budget: {time: 2h}), or \
        start more: about 2400 would keep 80 % of the workers busy.

        """)
  }
}
