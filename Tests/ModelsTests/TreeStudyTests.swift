import Files
import Models
import StudyFile
import TestSupport
import Testing
import Text
import TrainerSupport
import Training
import TuningTypes

@Suite struct TreeStudyTests {
  static let section = "{kind: xgboost, dataset: data.csv, target: kind"
  static let space = "learning_rate: {type: float, min: 0.01, max: 1}"
  static let forests = "subsample: {type: float, min: 0.3, max: 1}"

  /// The rest of the trainer's section, the search space, and where training stops on its way.
  static let cases: [(options: String, space: String, value: String, stops: [Int])] = [
    ("}", space, "learning_rate", [1, 2, 5]),
    (", subsample: 0.5, colsample_bynode: 0.5, booster: dart, rate_drop: 0.2}", space, "learning_rate", [1, 4, 16]),
    (", forest: true}", forests, "subsample", [1, 4, 16]),
    (", resource: records, rounds: 3}", space, "learning_rate", [20, 60, 500]),
  ]

  @Test(arguments: cases) func goingOnGivesBitForBitWhatTrainingInOneGoGives(
    options: String, space: String, value: String, stops: [Int]
  ) throws {
    let bench = try Workbench(trainer: Self.section + options, space: space)
    try bench.expectNoTraceOfStops(at: stops, Configuration(dictionaryLiteral: (value, .real(0.5))))
  }

  @Test(arguments: [
    ("}", "rounds"), (", resource: records}", "records"), (", forest: true}", "trees"),
  ]) func aUnitOfResourceIsNamed(options: String, unit: String) throws {
    let space = options.contains("forest") ? Self.forests : Self.space
    #expect(try Workbench(trainer: Self.section + options, space: space).plan.resourceUnit == unit)
  }

  private static func complaint(_ section: String, space: String = space) -> String {
    message { _ = try Workbench(trainer: section, space: space) }
  }

  @Test(arguments: [
    (section + ", missing: ignore}", "missing: is 'ignore'. Choose one of: keep, error, mean, drop."),
    (section + ", resource: epochs}", "resource: is 'epochs'. Choose one of: rounds, records."),
    (section + ", max_dept: 3}", "max_dept: unknown key. Did you mean 'max_depth'?"),
    (section + ", rounds: 3}", "rounds: unknown key."),
    (section + ", subsample: 0}", "subsample: is 0.0. It must be above 0 and at most 1."),
    (section + ", booster: gblinear}", "booster: is gblinear. It must be one of gbtree, dart."),
    (section + ", max_depth: 0}", "max_depth: is 0. It must be above 0 where max_leaves is 0."),
    (section + ", max_depth: 0, max_leaves: 8}", ""),
    (
      section + ", tree_method: exact, max_leaves: 8}",
      "max_leaves: is 8. It must be 0 where tree_method is exact."
    ),
  ]) func aBadTrainerSectionIsAStudyErrorWithItsLine(section: String, problem: String) {
    let complaint = Self.complaint(section)
    #expect(
      problem.isEmpty ? complaint.isEmpty : complaint.hasPrefix("study.yaml:5: trainer.\(problem)"), "\(complaint)")
  }

  @Test func aForestHasNoHyperparametersOfBoosting() {
    let complaint = Self.complaint(Self.section + ", forest: true, learning_rate: 0.1}", space: Self.forests)
    #expect(complaint.hasPrefix("study.yaml:5: trainer.learning_rate: unknown key."), "\(complaint)")
    let searched = Self.complaint(Self.section + ", forest: true}")
    #expect(searched.contains("learning_rate: a model of trees has no such hyperparameter"), "\(searched)")
  }

  @Test func whatDoesNotGoTogetherIsInvalid() throws {
    let bench = try Workbench(
      trainer: Self.section + "}",
      space: "max_depth: {type: int, min: 0, max: 4}, max_leaves: {type: int, min: 0, max: 8}")
    #expect(throws: TrainingFailure.invalid("max_depth is 0: it must be above 0 where max_leaves is 0.")) {
      try bench.train(bench.job(["max_depth": 0, "max_leaves": 0], to: 1), in: "a")
    }
    _ = try bench.train(bench.job(["max_depth": 0, "max_leaves": 4], to: 1), in: "b")
  }

  @Test func theBestModelPredictsAndIsThereForOthers() throws {
    for options in [", test_fraction: 0.3}", ", test_fraction: 0.3, forest: true}"] {
      let space = options.contains("forest") ? Self.forests : Self.space
      let bench = try Workbench(trainer: Self.section + options, space: space)
      let job = bench.job(options.contains("forest") ? ["subsample": 0.8] : ["learning_rate": 0.5], to: 16)
      _ = try bench.train(job, in: "best")
      let checkpoint = try #require(try bench.slot("best").read())
      let metrics = try bench.plan.conclude(
        best: job, checkpoint: checkpoint, sharedData: bench.data, folder: bench.temporary.path)
      #expect(metrics.map(\.name) == ["test_loss", "test_error"] && metrics[1].value < 0.1)
      let json = try #require(try Disk.read(bench.temporary.path + "/xgboost.json"))
      #expect(try JSONValue(parsing: json)["learner"] != nil)
      let lines = try TrainedModel(folder: bench.temporary.path).predictions(
        forTableAt: bench.temporary.path + "/data.csv"
      ).split(separator: "\n")
      #expect(lines.count == 121 && lines[0] == "prediction,\"p_\"\"d\"\"\",p_a,\"p_b,c\"", "\(lines[0])")
    }
  }

  @Test func moreRecordsThanThereAreIsTold() throws {
    let bench = try Workbench(
      trainer: Self.section + ", resource: records}", space: Self.space, ladder: "{max_resource: 500}")
    var notes: [String] = []
    _ = try bench.plan.loadSharedData { notes.append($0) }
    #expect(notes.count == 1 && notes[0].contains("72 records"), "\(notes)")
  }
}
