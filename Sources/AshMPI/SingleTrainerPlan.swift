internal import Tuning

/// The plan of a program that has one trainer and nothing to share.
struct SingleTrainerPlan: TrainerPlan {
  let metricNames: [String]?
  let resourceUnit: String
  /// A process has one worker at most, and its trainer is made before anything begins, so that a bad section is found then.
  private let trainer: any Trainer

  /// - Throws: `StudyError` where the study's objective is no metric of the trainer's.
  init(_ study: Study, metricNames: [String]?, resourceUnit: String, trainer: any Trainer) throws(StudyError) {
    self.metricNames = metricNames
    self.resourceUnit = resourceUnit
    self.trainer = trainer
    if let metricNames, !(metricNames + ["loss", "validation_loss"]).contains(study.objective.metric),
      let objective = try study.document.section("objective")
    {
      throw objective.error(
        "metric", "is '\(study.objective.metric)', which the trainer does not report",
        "Choose one of: \((["validation_loss"] + metricNames).joined(separator: ", ")).")
    }
  }

  func makeTrainer(sharedData: SharedMemory) -> any Trainer { trainer }
}
