package import ArgumentParser
internal import Foundation

package struct ValidateCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Check a study and its data, show its ladder and what it costs, and how busy it keeps some workers.")

  @Argument(help: "The study file (YAML).")
  var study: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Replace a value of the study: --set budget.configurations=64.", valueName: "key=value"))
  var overrides: [StudyOverride] = []

  @Option(help: "How many workers to reckon with.")
  var workers: Int = ProcessInfo.processInfo.activeProcessorCount

  @Flag(
    name: .customLong("try"),
    help: "Train one configuration to the lowest rung, and on to the next, and show what a study would meet.")
  var tries = false

  package func validate() throws {
    guard (1...SimulateCommand.mostWorkers).contains(workers) else {
      throw ValidationError("--workers is \(workers); give a number from 1 to \(SimulateCommand.mostWorkers).")
    }
  }

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let (study, readings) = try StudyRequest(path: study, overrides: overrides.map(\.text)).study()
      .learningFromFolders()
    let plan = try program.makePlan(study)
    var notes: [String] = []
    let data = try plan.loadSharedData { notes.append($0) }
    for note in notes { Console.complain(note) }
    let trainer = try plan.makeSimulatedTrainer(sharedData: SharedBytes(data))
    if !readings.isEmpty, let warning = study.warningOfLearning { Console.complain(warning) }
    let learning = LearningReport(readings).text
    let ladder = try LadderReport(study: study, resourceUnit: plan.resourceUnit, workers: workers)
    guard !tries else {
      Console.write(ladder.text + learning)
      let tryout = try Tryout(study, plan: plan, sharedData: SharedBytes(data), tell: Console.complain)
      Console.write(
        tryout.text(
          objective: study.plan.objective, resourceUnit: plan.resourceUnit,
          isStoppingType: study.plan.scheduler.algorithm.isStoppingType))
      let forecast = try PlanForecast(
        study.plan, secondsPerUnit: tryout.pace.secondsPerUnit, secondsPerJob: tryout.pace.secondsPerJob,
        workers: workers)
      Console.write(ForecastReport(forecast, resourceUnit: plan.resourceUnit, planned: ladder.units).text)
      return .success
    }
    // A study may be checked elsewhere than it runs.
    do {
      _ = try plan.makeTrainer(sharedData: SharedBytes(data))
    } catch {
      Console.complain("warning: on this machine no trial could be trained: \(error)")
    }
    let forecast = try PlanForecast(study.plan, trainer: trainer, workers: workers)
    Console.write(
      ladder.text + learning + ForecastReport(forecast, resourceUnit: plan.resourceUnit, planned: ladder.units).text)
    return .success
  }
}
