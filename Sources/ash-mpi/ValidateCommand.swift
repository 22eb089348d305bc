internal import ArgumentParser
internal import AshMPI
internal import Foundation
internal import Reporting
internal import Trainers
internal import Tuning

struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate", abstract: "Check a study and its data, and show its ladder and what it costs.")

  @Argument(help: "The study file (YAML).")
  var study: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Replace a value of the study: --set budget.configurations=64.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "How many workers to reckon with.")
  var workers: Int = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard workers >= 1 else { throw ValidationError("--workers is \(workers); give at least 1.") }
  }

  func run() throws {
    let study = try StudyRequest(path: study, overrides: overrides).study()
    let plan = try TrainerCatalog.plan(for: study)
    _ = try plan.loadSharedData()
    Console.write(try LadderReport(study: study, resourceUnit: plan.resourceUnit, workers: workers).text)
  }
}
