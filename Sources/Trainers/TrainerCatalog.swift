public import StudyFile
public import Training

/// The trainers that come with the program, by the name that a study gives as `kind`.
public enum TrainerCatalog {
  public static let kinds = ["mlp", "command", "synthetic", "curves"]

  /// The plan for a study's trainer.
  ///
  /// - Throws: `StudyError` where the trainer's section, or the search space beside it, makes no sense.
  public static func plan(for study: Study) throws(StudyError) -> any TrainerPlan {
    let section = study.trainer
    if try section.text("kind") == "asked" {
      throw section.error(
        "kind", "is 'asked': a study for 'ash-mpi ask', whose jobs are trained elsewhere",
        "To see its ladder, validate it with --set 'trainer={kind: synthetic}'.")
    }
    guard let kind = try section.choice("kind", kinds) else {
      throw section.missing("kind", "Choose one of: \(kinds.joined(separator: ", ")).")
    }
    let plan: any TrainerPlan =
      switch kind {
      case "mlp": try NetworkTrainerPlan(study: study)
      case "command": try CommandTrainerPlan(study: study)
      case "curves": try CurvesTrainerPlan(study: study)
      default: try SyntheticTrainerPlan(study: study)
      }
    try study.expectObjective(in: plan.metricNames, of: kind)
    return plan
  }
}
