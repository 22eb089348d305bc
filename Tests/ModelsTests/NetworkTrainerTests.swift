import Files
import Foundation
import Models
import StudyFile
import TestSupport
import Testing
import TrainerSupport
import Trainers
import Training
import TuningTypes

@Suite struct NetworkTrainerTests {
  static let section = "{kind: mlp, dataset: data.csv, target: kind, hidden_units: 8, batch_size: 16"
  static let space = "learning_rate: {type: float, min: 1.0e-6, max: 1.0e30}"

  /// The rest of the trainer's section, and where the training stops on its way.
  static let cases: [(options: String, stops: [Int])] = [
    ("}", [1, 2, 5]), (", optimizer: sgd, momentum: 0.9, nesterov: true}", [3, 4]),
    (", optimizer: adamw, weight_decay: 0.01, dropout: 0.3, schedule: cosine}", [1, 4, 16]),
    (", hidden_layers: 2, activation: tanh, schedule: step, schedule_epochs: 2}", [2, 3]),
    (", resource: records}", [10, 100, 333, 700]), (", resource: records, dropout: 0.5, beta1: 0.8}", [1, 72, 73]),
  ]

  @Test(arguments: cases) func goingOnGivesBitForBitWhatTrainingInOneGoGives(options: String, stops: [Int]) throws {
    let bench = try Workbench(trainer: Self.section + options, space: Self.space)
    try bench.expectNoTraceOfStops(at: stops, ["learning_rate": 0.01])
  }

  @Test func theReportHasWhatThePlanPromises() throws {
    let bench = try Workbench(trainer: Self.section + "}", space: Self.space)
    let report = try bench.train(bench.job(["learning_rate": 0.01], to: 2), in: "a")
    #expect(report.metrics.map(\.name) == bench.plan.metricNames)
    #expect(report.metrics[0].value == report.loss)
    #expect(bench.plan.resourceUnit == "epochs")
    let other = try bench.train(bench.job(["learning_rate": 0.01], to: 2, seed: 100), in: "b")
    #expect(other.loss != report.loss, "the seed has no influence")
  }

  @Test(arguments: ["missing", "empty", "torn", "flipped", "text", "of another seed", "of another configuration"])
  func aCheckpointThatIsNoUseMeansAFreshStartWithOneWarning(damage: String) throws {
    let bench = try Workbench(trainer: Self.section + "}", space: Self.space)
    let configuration: Configuration = ["learning_rate": 0.01]
    let expected = try bench.train(bench.job(configuration, to: 5), in: "whole")
    _ = try bench.train(bench.job(configuration, to: 2), in: "trial")
    let slot = bench.slot("trial")
    var bytes = try #require(try slot.read())
    switch damage {
    case "missing": slot.remove()
    case "empty": try slot.write([])
    case "torn": try slot.write(Array(bytes.dropLast(100)))
    case "flipped":
      bytes[bytes.count / 2] ^= 4
      try slot.write(bytes)
    case "text": try slot.write(Array("not a checkpoint at all".utf8))
    case "of another seed": _ = try bench.train(bench.job(configuration, to: 2, seed: 5), in: "other")
    default: _ = try bench.train(bench.job(["learning_rate": 0.02], to: 2), in: "other")
    }
    if damage.hasPrefix("of another") { try slot.write(try #require(try bench.slot("other").read())) }
    #expect(bench.warnings.all.isEmpty)
    let report = try bench.train(bench.job(configuration, to: 5, from: 2), in: "trial")
    #expect(isSame(report, expected))
    #expect(bench.warnings.all.count == 1)
    #expect(bench.warnings.all.first?.contains("trained from scratch") == true)
    #expect(try slot.read() == bench.slot("whole").read())
  }

  @Test func aFreshTrialWithoutACheckpointIsNoReasonForAWarning() throws {
    let bench = try Workbench(trainer: Self.section + "}", space: Self.space)
    _ = try bench.train(bench.job(["learning_rate": 0.01], to: 1), in: "new")
    #expect(bench.warnings.all.isEmpty)
  }

  @Test func whatIsInterruptedGoesOnFromWhereItStopped() throws {
    let bench = try Workbench(trainer: Self.section + "}", space: Self.space)
    let configuration: Configuration = ["learning_rate": 0.01]
    let expected = try bench.train(bench.job(configuration, to: 6), in: "whole")
    for looks in 1...3 {
      let counter = Warnings()
      #expect(throws: TrainingFailure.interrupted) {
        try bench.train(bench.job(configuration, to: 6), in: "interrupted") {
          counter.add("")
          return counter.all.count == looks
        }
      }
      #expect(try bench.slot("interrupted").read() != nil)
    }
    let report = try bench.train(bench.job(configuration, to: 6), in: "interrupted")
    #expect(isSame(report, expected))
    #expect(bench.warnings.all.isEmpty)
  }

  @Test func aDivergingConfigurationGivesNaNAndNoCheckpoint() throws {
    let bench = try Workbench(
      trainer: "{kind: mlp, dataset: data.csv, target: y, optimizer: sgd}", table: slopes, space: Self.space)
    let report = try bench.train(bench.job(["learning_rate": 1e30], to: 8), in: "a")
    #expect(report.loss.isNaN)
    #expect(report.metrics.map(\.name) == bench.plan.metricNames)
    #expect(try bench.slot("a").read() == nil)
  }

  @Test func valuesThatDoNotGoTogetherAreInvalid() throws {
    let bench = try Workbench(
      trainer: "{kind: mlp, dataset: data.csv, target: kind, optimizer: sgd}",
      space: "momentum: {type: float, min: 0, max: 0.9}, nesterov: {type: categorical, values: [true, false]}")
    #expect(throws: TrainingFailure.invalid("nesterov is true: it must be false where the momentum is 0.")) {
      try bench.train(bench.job(["momentum": 0.0, "nesterov": true], to: 1), in: "a")
    }
    _ = try bench.train(bench.job(["momentum": 0.5, "nesterov": true], to: 1), in: "a")
  }

  // MARK: The trainer's section

  private static func complaint(_ section: String, space: String = space, ladder: String = "{max_resource: 64}")
    -> String
  {
    do {
      _ = try Workbench(trainer: section, space: space, ladder: ladder)
      return "sound"
    } catch let error as StudyError {
      return error.description
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("{kind: mpl}", "kind: is 'mpl'. Did you mean 'mlp'? Choose one of: mlp, xgboost, command, synthetic, curves."),
    ("{}", "kind: is missing. Choose one of: mlp, xgboost, command, synthetic, curves."),
    ("{kind: mlp, target: kind}", "dataset: is missing. Name a CSV file: dataset: data.csv."),
    ("{kind: mlp, dataset: data.csv}", "target: is missing. Name the column to predict."),
    (section + ", hiden_units_2: 3}", "hiden_units_2: unknown key. Did you mean 'hidden_units_2'?"),
    (section + ", task: guess}", "task: is 'guess'. Choose one of: automatic, classification, regression."),
    (section + ", missing: ignore}", "missing: is 'ignore'. Choose one of: error, mean, drop."),
    (section + ", resource: steps}", "resource: is 'steps'. Choose one of: epochs, records."),
    (
      section + ", validation_fraction: 0}",
      "validation_fraction: is 0.0. Give a share of the rows, above 0 to below 1."
    ),
    (section + ", test_fraction: 1}", "test_fraction: is 1.0. Give a share of the rows, from 0 to below 1."),
    (section + ", dropout: 1}", "dropout: is 1.0. It must be from 0 to below 1."),
    (section + ", dropout: [0.1, 0.2]}", "dropout: is a list, expected a value. Give a value."),
    (section + ", momentum: much}", "momentum: is much. It must be a number."),
    (section + ", activation: swish}", "activation: is swish. It must be one of relu, tanh, sigmoid, gelu."),
    (section + ", optimizer: sgd, nesterov: true}", "nesterov: is true. It must be false where the momentum is 0."),
    (section + ", nesterov: 1}", "nesterov: is 1. It must be true or false."),
    (section + ", hidden_layers: 9}", "hidden_layers: is 9. It must be a whole number from 0 to 8."),
    (section + ", hidden_units_1: 0}", "hidden_units: is 0. It must be a whole number from 1 to 65536."),
    (section + ", schedule: linear}", "schedule: is linear. It must be one of constant, cosine, step."),
    (
      section + ", schedule: cosine, resource: records}",
      "schedule: schedule_epochs is missing. It must be given where max_resource is not."
    ), (section + ", schedule: cosine, resource: records, schedule_epochs: 10}", "sound"),
    (section + ", hidden_layers: 0}", "sound"), (section + ", hidden_layers: 2, hidden_units_2: 5}", "sound"),
  ]) func aBadTrainerSectionIsAStudyErrorWithItsLine(section: String, message: String) {
    let expected = message == "sound" ? message : "study.yaml:5: trainer.\(message)"
    #expect(Self.complaint(section) == expected)
  }

  @Test(arguments: [
    (
      "layers: {type: int, min: 1, max: 2}",
      "search_space.layers: a network has no such hyperparameter. Known: learning_rate, hidden_layers, hidden_units, "
        + "activation, dropout, weight_decay, batch_size, optimizer, momentum, nesterov, beta1, beta2, epsilon, "
        + "initialization, schedule, schedule_epochs, schedule_final, schedule_factor."
    ),
    (
      "learning_rat: {type: float, min: 1, max: 2}",
      "search_space.learning_rat: a network has no such hyperparameter. Did you mean 'learning_rate'? Known: "
        + "learning_rate, hidden_layers, hidden_units, activation, dropout, weight_decay, batch_size, optimizer, momentum, "
        + "nesterov, beta1, beta2, epsilon, initialization, schedule, schedule_epochs, schedule_final, schedule_factor."
    ),
    ("dropout: {type: float, min: 0, max: 1}", "search_space.dropout: may become 1.0. It must be from 0 to below 1."),
    (
      "hidden_units_1: {type: int, min: 0, max: 9}",
      "search_space.hidden_units_1: may become 0. It must be a whole number from 1 to 65536."
    ),
    (
      "optimizer: {type: categorical, values: [sgd, lion]}, momentum: {type: float, min: 0, max: 0.9}",
      "search_space.optimizer: may become lion. It must be one of sgd, adam, adamw."
    ),
    (
      "hidden_units: {type: float, min: 8, max: 256}",
      "search_space.hidden_units: may become 102.727568. It must be a whole number."
    ),
    (
      "optimizer: {type: categorical, values: [sgd, lion]}",
      "search_space.optimizer: may become lion. It must be one of sgd, adam, adamw."
    ),
    ("batch_size: {type: categorical, values: [16, 32.0]}", "sound"),
    ("schedule: {type: categorical, values: [constant, cosine]}", "sound"),
  ]) func aSearchSpaceThatNoNetworkHasIsAStudyErrorWithItsLine(space: String, message: String) {
    let expected = message == "sound" ? message : "study.yaml:2: \(message)"
    #expect(Self.complaint("{kind: mlp, dataset: data.csv, target: kind}", space: space) == expected)
  }

  @Test func whatIsFixedIsNotSearchedAsWell() {
    let complaint = Self.complaint("{kind: mlp, dataset: data.csv, target: kind, learning_rate: 0.1}")
    #expect(
      complaint
        == "study.yaml:5: trainer.learning_rate: is fixed here, and searched as well. Take it out here, or out of the "
        + "search_space.")
  }

  @Test func fixedValuesMayDependOnThoseOfTheSearchSpace() {
    let nesterov = "{kind: mlp, dataset: data.csv, target: kind, optimizer: sgd, nesterov: true}"
    #expect(Self.complaint(nesterov, space: "momentum: {type: float, min: 0.1, max: 0.9}") == "sound")
    let cosine = "{kind: mlp, dataset: data.csv, target: kind, schedule: cosine}"
    #expect(Self.complaint(cosine, space: "schedule_epochs: {type: int, min: 1, max: 9}", ladder: "{}") == "sound")
  }

  @Test func aMetricThatNobodyReportsIsAStudyError() throws {
    let study = try Study(
      yaml: """
        objective: {metric: f1}
        search_space: {x: {type: float, min: 0, max: 1}}
        scheduler: {}
        budget: {configurations: 4}
        trainer: {kind: synthetic}
        """, source: "study.yaml", directory: "/")
    #expect {
      _ = try TrainerCatalog.standard.plan(for: study)
    } throws: {
      "\($0)"
        == "study.yaml:1: objective.metric: is 'f1', which synthetic does not report. Choose one of: validation_loss."
    }
  }

  // MARK: The end of a study

  @Test func theBestModelPredictsWhatWasReported() throws {
    let bench = try Workbench(trainer: Self.section + ", test_fraction: 0.3}", space: Self.space)
    let job = bench.job(["learning_rate": 0.05], to: 40)
    let report = try bench.train(job, in: "best")
    #expect(report.metrics.first { $0.name == "validation_error" }?.value == 0)
    let checkpoint = try #require(try bench.slot("best").read())
    let metrics = try bench.plan.conclude(
      best: job, checkpoint: checkpoint, sharedData: bench.data, folder: bench.temporary.path)
    #expect(metrics.map(\.name) == ["test_loss", "test_error"])
    #expect(metrics[1].value == 0)
    #expect(metrics[0].value > 0 && metrics[0].value < 0.5)
    let model = try TrainedModel(folder: bench.temporary.path)
    let lines = try model.predictions(forTableAt: bench.temporary.path + "/data.csv").split(separator: "\n")
    #expect(lines.first?.hasPrefix("prediction,") == true)
    #expect(lines.count == 121)
    for (row, line) in lines.dropFirst().enumerated() {
      let expected = ["a,", "\"b,c\",", "\"\"\"d\"\"\","][row % 3]
      #expect(line.hasPrefix(expected), "row \(row): \(line)")
      let probabilities = line.dropFirst(expected.count).split(separator: ",").compactMap { Double($0) }
      #expect(probabilities.count == 3 && abs(probabilities.reduce(0, +) - 1) < 1e-5, "row \(row): \(line)")
    }
  }

  @Test func aRegressionModelPredictsNumbers() throws {
    let bench = try Workbench(
      trainer: "{kind: mlp, dataset: data.csv, target: y, hidden_layers: 0, test_fraction: 0}", table: slopes,
      space: Self.space)
    let job = bench.job(["learning_rate": 0.05], to: 60)
    _ = try bench.train(job, in: "best")
    let checkpoint = try #require(try bench.slot("best").read())
    let metrics = try bench.plan.conclude(
      best: job, checkpoint: checkpoint, sharedData: bench.data, folder: bench.temporary.path)
    #expect(metrics.isEmpty, "there is no test part")
    let model = try TrainedModel(folder: bench.temporary.path)
    let lines = try model.predictions(forTableAt: bench.temporary.path + "/data.csv").split(separator: "\n")
    #expect(lines.first == "prediction")
    for (row, line) in lines.dropFirst().enumerated() {
      #expect(abs((Double(line) ?? .nan) - Double(3 * row - 50)) < 3, "row \(row): \(line)")
    }
  }

  @Test func aFolderWithoutAModelIsAnErrorForThePerson() throws {
    let folder = try TemporaryFolder()
    #expect(throws: (any Error).self) { try TrainedModel(folder: folder.path) }
    try Disk.writeAtomically([1, 2, 3], to: folder.path + "/model.bin")
    #expect {
      try TrainedModel(folder: folder.path)
    } throws: {
      $0 is any UserError
    }
  }

  /// Large enough to be divided; with stops, and a resource in records as well.
  @Test(arguments: ["epochs", "records"])
  func aWorkersThreadsDoNotShowInAnyReport(resource: String) throws {
    let section =
      "{kind: mlp, dataset: data.csv, target: y, hidden_units: [500, 300], batch_size: 64, resource: \(resource)}"
    let configuration: Configuration = ["learning_rate": 0.001]
    let benches = try [1, 2, 4].map { threads in
      try Workbench(trainer: section, table: slopes, space: Self.space, worker: "{threads: \(threads)}")
    }
    for (from, to) in [(0, 2), (2, 5)] {
      let reports = try benches.map { try $0.train($0.job(configuration, to: to, from: from), in: "trial") }
      let checkpoints = try benches.map { try $0.slot("trial").read() }
      #expect(isSame(reports[0], reports[1]) && isSame(reports[0], reports[2]))
      let areSame = checkpoints[0] == checkpoints[1] && checkpoints[0] == checkpoints[2]
      #expect(areSame)
    }
    #expect(benches.flatMap(\.warnings.all) == [])
  }
}
