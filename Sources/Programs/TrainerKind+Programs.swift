internal import StudyFile
public import Training

extension TrainerKind {
  /// Any program that a shell could start.
  public static let command = TrainerKind("command") { study throws(StudyError) in try CommandTrainerPlan(study: study)
  }
}
