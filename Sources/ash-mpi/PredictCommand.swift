internal import ArgumentParser
internal import Journal
internal import Models
internal import Reporting
internal import StudyFile

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the rows of a CSV file with the best model of a study of kind mlp or xgboost.",
    discussion: "Writes CSV to standard output: the prediction, and for classes the probability of each.")

  @Argument(help: "The folder of a study that is over.")
  var folder: String

  @Argument(help: "The data: a CSV file (or .csv.gz) with the study's columns; the target may be missing.")
  var data: String

  func run() throws {
    let best = StudyFolder(path: folder).best
    guard TrainedModel.exists(in: best) else {
      throw StudyError(
        source: folder, problem: "no model lies here (there is no best/model.bin)",
        advice: "Give the folder of a study that is over, and whose trainer is of kind mlp or xgboost.")
    }
    let model = try TrainedModel(folder: best)
    try Console.deliver(try model.predictions(forTableAt: data))
  }
}
