import TestSupport
import Journal
import Search
import SearchSpace
import StudyFile
import SuccessiveHalving
import Testing
import Text
import TuningTypes

/// Study files, sound and not. `study.yaml` is what messages call the file.
@Suite struct StudyDecodingTests {
  /// Line by line, so that a test can replace one and know its number.
  static let sound = [
    "name: digits-mlp",
    "seed: 42",
    "objective: {metric: validation_error, mode: min}",
    "search_space:",
    "  learning_rate: {type: float, min: 1.0e-4, max: 1.0, scale: log}",
    "  hidden_units:  {type: int, min: 8, max: 256, scale: log}",
    "  batch_size:    {type: categorical, values: [16, 32, 64, 128]}",
    "  dropout:       {type: float, min: 0, max: 0.6, step: 0.1}",
    "scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64, early_stopping_rate: 0}",
    "sampler: {kind: random}",
    "budget: {configurations: 256, time: 30m, target: 0.05}",
    "retries: 2",
    "start_with: [{learning_rate: 0.1, hidden_units: 64, batch_size: 32, dropout: 0.0}]",
    "trainer: {kind: mlp, dataset: Datasets/digits.csv, target: target, validation_fraction: 0.2, test_fraction: 0.2}",
  ]

  /// The sound study with some lines replaced; numbers count from 1.
  static func study(_ replacements: [Int: String]) -> String {
    sound.enumerated().map { replacements[$0 + 1] ?? $1 }.joined(separator: "\n") + "\n"
  }

  private static let options: [(scheduler: String, options: SchedulerOptions)] = [
    ("hyperband, max_resource: 64", [.brackets: .integers([0, 1, 2, 3])]),
    ("sync_hyperband, max_resource: 64, brackets: [1, 3]", [.brackets: .integers([1, 3])]),
    ("parallel_sha, max_resource: 64", [.bracketSize: .integer(64)]),
    ("parallel_sha, max_resource: 64, bracket_size: 9", [.bracketSize: .integer(9)]),
    ("top_k, max_resource: 64", [.topCount: .integer(64)]),
    ("top_k, max_resource: 64, top_k: 3", [.topCount: .integer(3)]),
    ("median, max_resource: 64", [.minTrials: .integer(5)]),
    ("curve, max_resource: 64, min_trials: 2", [.minTrials: .integer(2), .stopProbability: .number(0.05)]),
    ("stopping, max_resource: 64", [:]), ("pasha", [:]),
  ]

  @Test(arguments: options) func everySchedulerHasItsOptions(scheduler: String, options: SchedulerOptions) throws {
    let study = try decodedStudy(Self.study([9: "scheduler: {algorithm: \(scheduler)}"]))
    #expect(study.plan.scheduler.algorithm.name == scheduler.split(separator: ",")[0])
    #expect(study.plan.scheduler.options == options)
    let header = try #require(study.journalHeader(started: "", workers: 1)["scheduler"])
    #expect(header["brackets"]?.elements?.compactMap(\.integer) == options[.brackets]?.integers)
    #expect(header["bracket_size"]?.integer == options[.bracketSize]?.integer)
    #expect(header["top_k"]?.integer == options[.topCount]?.integer)
    #expect(header["min_trials"]?.integer == options[.minTrials]?.integer)
    #expect(header["stop_probability"]?.number == options[.stopProbability]?.number)
  }

  @Test(arguments: [
    ("", CheckpointRule.promotable), ("checkpoints: {}", .promotable), ("checkpoints: {keep: promotable}", .promotable),
    ("checkpoints: {keep: all}", .all), ("checkpoints: {keep: best 1}", .best(1)),
    ("checkpoints: {keep: 'best  12'}", .best(12)),
  ])
  func checkpointsAreKeptByARule(line: String, rule: CheckpointRule) throws {
    let study = try decodedStudy(Self.study([12: "retries: 2\n\(line)"]))
    #expect(study.plan.checkpoints == rule)
    #expect(CheckpointRule(rule.description) == rule)
    let header = study.journalHeader(started: "", workers: 1)["checkpoints"]
    #expect((header == nil) == line.isEmpty)
  }

  @Test func theStudyOfTheDesignIsRead() throws {
    let study = try decodedStudy(Self.study([:]))
    #expect(study.name == "digits-mlp")
    #expect(study.plan.seed == 42)
    #expect(study.plan.objective == Objective(metric: "validation_error", mode: .min))
    #expect(study.plan.space.parameters.map(\.name) == ["learning_rate", "hidden_units", "batch_size", "dropout"])
    #expect(study.plan.space.parameters[0].domain == .float(try FloatDomain(min: 1e-4, max: 1, scale: .log)))
    #expect(study.plan.space.parameters[1].domain == .integer(try IntegerDomain(min: 8, max: 256, scale: .log)))
    #expect(study.plan.space.parameters[2].domain == .categorical([16, 32, 64, 128]))
    #expect(study.plan.space.parameters[3].domain == .float(try FloatDomain(min: 0, max: 0.6, step: 0.1)))
    #expect(study.plan.scheduler.algorithm == .asynchronousSuccessiveHalving)
    #expect(study.plan.scheduler.ladder.resources == [1, 4, 16, 64])
    #expect(study.plan.sampler == .random)
    #expect(study.plan.budget == SearchBudget(configurations: 256, time: 1800, target: 0.05))
    #expect(study.plan.retries == 2)
    #expect(
      study.plan.startWith == [["learning_rate": 0.1, "hidden_units": 64, "batch_size": 32, "dropout": 0.0]])
    #expect(try study.trainer.file("dataset") == "/data/Datasets/digits.csv")
  }

  @Test func whatIsLeftOutHasTheDesignsDefaults() throws {
    let study = try decodedStudy(
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {}
      budget: {configurations: 3}
      trainer: {kind: none}
      """)
    #expect(study.name == "study")
    #expect(study.plan.seed == 0)
    #expect(study.plan.objective == Objective(metric: "validation_loss", mode: .min))
    #expect(study.plan.retries == 2)
    #expect(study.plan.scheduler.ladder.reductionFactor == 4)
    #expect(!study.plan.scheduler.ladder.isBounded)
    #expect(study.plan.scheduler.promotion == .eager)
    #expect(study.plan.startWith == [])
    #expect(study.worker == WorkerSpecification())
  }

  @Test func aWorkersThreadsAreReadAndStayInTheStudysText() throws {
    let text = Self.study([2: "worker: {threads: 4}"])
    #expect(try decodedStudy(text).worker.threads == 4)
    let study = try Study(yaml: text, source: "", directory: "/data", overrides: ["worker.threads=1024"])
    #expect(study.worker.threads == 1024)
    let again = try Study(yaml: study.text(for: "/data/out", from: text), source: "", directory: "/data/out")
    #expect(again.worker.threads == 1024)
    #expect(again.journalHeader(started: "", workers: 1)["worker"] == ["threads": 1024])
  }

  @Test func aDocumentThatNeverEndsALineIsRead() throws {
    let flow = Self.study([:]).split(separator: "\n").filter { !$0.contains("search_space:") && !$0.hasPrefix("  ") }
    let text = "{\(flow.joined(separator: ", ")), search_space: {x: {type: int, min: 1, max: 2}}}"
    #expect(complaint(text).contains("start_with[0]"))
    #expect(throws: Never.self) {
      try decodedStudy(
        text.replacing("[{learning_rate: 0.1, hidden_units: 64, batch_size: 32, dropout: 0.0}]", with: "[{x: 1}]"))
    }
  }

  @Test(arguments: badLines) func aBadLineIsRefusedWithItsNumberAndTheWayOut(line: Int, text: String, message: String) {
    #expect(complaint(Self.study([line: text])) == message)
  }

  @Test(arguments: badDocuments) func aBadDocumentIsRefused(text: String, message: String) {
    #expect(complaint(text) == message)
  }

  // MARK: Values

  static func space(_ values: String) -> String {
    "search_space: {x: {type: categorical, values: \(values)}}\nscheduler: {}\nbudget: {time: 1}\ntrainer: {kind: none}"
  }

  /// A few hundred bytes that stand for more values than any memory holds.
  @Test func aliasesThatGrowWithoutEndAreTold() {
    var text = "l0: &l0 [x]\n"
    for level in 1...12 {
      let nine = Array(repeating: "*l\(level - 1)", count: 9).joined(separator: ",")
      text += "l\(level): &l\(level) [\(nine)]\n"
    }
    let error = #expect(throws: StudyError.self) { try decodedStudy(text) }
    #expect(error?.problem.hasPrefix("the file has more than 1000000 values once its aliases") == true)
  }

  /// Linear in what a study lists: quadratic, these would take hours.
  @Test func longListsAreRead() throws {
    let count = 200_000
    let values = (0..<count).map(String.init).joined(separator: ", ")
    let starts = (0..<20_000).map { "{x: \($0)}" }.joined(separator: ", ")
    let study = try decodedStudy(
      """
      search_space: {x: {type: categorical, values: [\(values)]}}
      scheduler: {max_resource: 4}
      budget: {configurations: 4}
      start_with: [\(starts)]
      trainer: {kind: none}
      """)
    #expect(study.plan.startWith.count == 20_000)
    let many = (0..<10_001).map { "p\($0): {type: float, min: 0, max: 1}" }.joined(separator: ", ")
    let error = #expect(throws: StudyError.self) {
      try decodedStudy(
        "search_space: {\(many)}\nscheduler: {max_resource: 4}\nbudget: {configurations: 4}\ntrainer: {kind: none}")
    }
    #expect(error?.problem.contains("10001 hyperparameters") == true)
  }

  @Test func aConfigurationThatStandsTwiceUnderStartWithIsRefused() {
    let error = #expect(throws: StudyError.self) {
      try decodedStudy(
        """
        search_space: {x: {type: float, min: 0, max: 1}}
        scheduler: {max_resource: 4}
        budget: {configurations: 4}
        start_with: [{x: 0.5}, {x: 0.25}, {x: 5e-1}]
        trainer: {kind: none}
        """)
    }
    #expect(error?.description.contains("start_with[2]: is the same configuration as start_with[0]") == true)
  }

  /// The study as it was run is the same study, whatever its values are.
  @Test func theTextOfAStudyIsTheStudy() throws {
    let text = """
      name: x   # a comment
      search_space:
        rate: {type: float, min: 1.0e-4, max: 1, scale: log}
        kind: {type: categorical, values: [a, "b c", "1", 1, true, "true", "", "null", 'it''s "so"', "-", "x: y", "#z", "é\\n"]}
        optimizer.lr: {type: int, min: 0x10, max: 0o77, when: {kind: [a, "1"]}}
      scheduler: {max_resource: 4}
      budget: {configurations: 4, time: 1h30m}
      start_with: [{rate: 0.5, kind: b c}]
      worker: {threads: 2}
      trainer: {kind: none, file: data.csv}
      """
    let study = try Study(yaml: text, source: "study.yaml", directory: "/home/me/project", overrides: ["seed=7"])
    for folder in ["/home/me/project/out", "/home/me/project", "/elsewhere/out"] {
      for overrides in [[], ["seed=7"], ["seed=7", "search_space.optimizer.lr.max=40"]] {
        let given = try Study(yaml: text, source: "study.yaml", directory: "/home/me/project", overrides: overrides)
        let file = given.text(for: folder, from: text)
        let again = try Study(yaml: file, source: "study.yaml", directory: folder)
        #expect(file.hasPrefix("name: x   # a comment") == overrides.isEmpty)
        let header = given.journalHeader(started: "", workers: 1).members?.filter { $0.key != "overrides" }
        #expect(again.journalHeader(started: "", workers: 1).members == header, "\(file)")
        #expect(try again.trainer.file("file") == "/home/me/project/data.csv")
        // And of that file once more, as a run of it writes it.
        #expect(
          try Study(yaml: again.text(for: "/third", from: file), source: "", directory: "/third").journalHeader(
            started: "", workers: 1
          ).members == header)
      }
    }
    #expect(study.plan.seed == 7)
  }

  @Test(arguments: [
    ("[yes, no, on, off, Yes, true_, NULL_]", ["yes", "no", "on", "off", "Yes", "true_", "NULL_"] as [ParameterValue]),
    ("[true, false]", [true, false]), ("[TRUE, False]", [true, false]),
    ("[0x10, 0o10, 010, 0xfF]", [16, 8, 10, 255]),
    ("[0x, 0o8, 0b1, 0x1p3, -0x10]", ["0x", "0o8", "0b1", "0x1p3", "-0x10"]),
    ("[9007199254740993, 9007199254740992]", [9_007_199_254_740_993, 9_007_199_254_740_992]),
    ("[5., 1E5]", [5.0, 1e5]),
    ("['true', \"1\", '2.5']", ["true", "1", "2.5"]),
    ("[1, -2, +3, 0]", [1, -2, 3, 0]), ("[1.5, .5, -1e-3, 1e3]", [1.5, 0.5, -0.001, 1000.0]),
    ("[1_000, 12abc, 1e, nan, inf, 2026-01-02]", ["1_000", "12abc", "1e", "nan", "inf", "2026-01-02"]),
    ("5", [5]), ("relu", ["relu"]), ("[' a ', 'é', \"a\\nb\"]", [" a ", "é", "a\nb"]),
  ]) func scalarsHaveTheTypesOfYAML12(values: String, expected: [ParameterValue]) throws {
    let study = try decodedStudy(Self.space(values))
    #expect(study.plan.space.parameters[0].domain == .categorical(expected))
  }

  @Test(arguments: [
    ("90", 90), ("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("1h30m", 5400), ("1d2h3m4s", 93_784),
    ("1.5h", 5400), ("0.25", 0.25), ("'45m'", 2700), ("1e3", 1000),
  ]) func lengthsOfTimeAreRead(text: String, seconds: Double) throws {
    #expect(try decodedStudy(Self.study([11: "budget: {time: \(text)}"])).plan.budget.time == seconds)
  }

  @Test(arguments: [
    "0", "-5", "5 m", "1h-30m", "h", "30x", "''", "1h30", "nan", "inf", "-1s", "1e999", "tomorrow", "30:00", "m30",
  ]) func whatIsNoLengthOfTimeIsRefused(text: String) {
    let shown = text == "''" ? "" : text
    #expect(
      complaint(Self.study([11: "budget: {time: \(text)}"]))
        == "study.yaml:11: budget.time: is '\(shown)', expected a length of time. Give one such as 90s, 30m, 2h or 1h30m."
    )
  }

  @Test func rungsCanBeNamedOneByOne() throws {
    let study = try decodedStudy(Self.study([9: "scheduler: {resources: [1, 3, 9, 27], reduction_factor: 3}"]))
    #expect(study.plan.scheduler.ladder.resources == [1, 3, 9, 27])
    #expect(study.plan.scheduler.ladder.isBounded)
  }

  @Test func gridsTakeLevelsForAllOrByName() throws {
    let all = try decodedStudy(Self.study([10: "sampler: {kind: grid, levels: 4}", 11: "budget: {}"]))
    #expect(all.plan.configurationLimit(of: try all.plan.makeSampler()) == 4 * 4 * 4 * 7 + 1)
    let named = "sampler: {kind: grid, levels: {learning_rate: 2, default: 3}}"
    let some = try decodedStudy(Self.study([10: named, 11: "budget: {}"]))
    #expect(some.plan.sampler == .grid(levels: ["learning_rate": 2], default: 3, isShuffled: true))
    #expect(some.plan.configurationLimit(of: try some.plan.makeSampler()) == 2 * 3 * 4 * 7 + 1)
    let limited = try decodedStudy(Self.study([10: named, 11: "budget: {configurations: 5}"]))
    #expect(limited.plan.configurationLimit(of: try limited.plan.makeSampler()) == 5)
  }

  @Test func conditionsAreRead() throws {
    let study = try decodedStudy(
      """
      search_space:
        momentum: {type: float, min: 0, max: 1, when: {optimizer: sgd}}
        optimizer: {type: categorical, values: [sgd, adam]}
        beta: {type: float, min: 0, max: 1, when: {optimizer: [adam], layers: 2}}
        layers: {type: int, min: 1, max: 3}
      scheduler: {max_resource: 4}
      budget: {configurations: 3}
      start_with: [{optimizer: sgd, momentum: 0.5, layers: 2}]
      trainer: {kind: none}
      """)
    #expect(study.plan.space.parameters[0].condition == Condition([.init("optimizer", in: ["sgd"])]))
    #expect(
      study.plan.space.parameters[2].condition
        == Condition([.init("optimizer", in: ["adam"]), .init("layers", in: [2])]))
    #expect(study.plan.startWith == [["momentum": 0.5, "optimizer": "sgd", "layers": 2]])
  }

  // MARK: Overrides

  @Test func overridesReplaceAndAdd() throws {
    let study = try decodedStudy(
      Self.study([:]),
      set: [
        "seed=7", "budget.time=1h", "search_space.learning_rate.max=0.5",
        "search_space.layers={type: int, min: 1, max: 3}",
        "start_with=[]", "trainer.dataset=other=1.csv", "seed=8", "objective.metric='a.b'",
      ])
    #expect(study.plan.seed == 8)
    #expect(study.plan.budget == SearchBudget(configurations: 256, time: 3600, target: 0.05))
    #expect(study.plan.space.parameters[0].domain == .float(try FloatDomain(min: 1e-4, max: 0.5, scale: .log)))
    #expect(study.plan.space.parameters.map(\.name).last == "layers")
    #expect(study.plan.startWith == [])
    #expect(try study.trainer.file("dataset") == "/data/other=1.csv")
    #expect(study.plan.objective.metric == "a.b")
  }

  @Test func overridesMakeTheSectionsThatAreMissing() throws {
    let text = Self.sound.filter { !$0.hasPrefix("budget") }.joined(separator: "\n")
    #expect(try decodedStudy(text, set: ["budget.configurations=9"]).plan.budget.configurations == 9)
  }

  @Test(arguments: badOverrides) func aBadOverrideIsRefusedAndNamed(override: String, message: String) {
    #expect(complaint(Self.study([:]), set: [override]) == message)
  }
}
