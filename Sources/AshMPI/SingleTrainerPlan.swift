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
    try study.expectObjective(in: metricNames, of: "the trainer")
  }

  func makeTrainer(sharedData: SharedBytes) -> any Trainer { trainer }
}
