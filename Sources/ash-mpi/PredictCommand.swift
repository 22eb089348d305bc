internal import ArgumentParser
internal import Reporting
internal import Trainers
internal import Tuning

struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Predict the rows of a CSV file with a study's best model.",
    discussion: "Writes CSV to standard output: the prediction, and for classes the probability of each.")

  @Argument(help: "The folder of a study that is over.")
  var folder: String

  @Argument(help: "The data: a CSV file (or .csv.gz) with the study's columns; the target may be missing.")
  var data: String

  func run() throws {
    let model = try TrainedModel(folder: StudyFolder(path: folder).best)
    Console.write(try model.predictions(forTableAt: data))
  }
}
