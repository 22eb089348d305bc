internal import StudyFile
public import Training

extension TrainerKind {
  /// Feed-forward networks on a table.
  public static let mlp = TrainerKind("mlp") { study throws(StudyError) in
    try TablePlan<NetworkHyperparameters>(study: study)
  }

  /// Gradient-boosted trees, random forests and single trees on a table.
  public static let xgboost = TrainerKind("xgboost") { study throws(StudyError) in
    try TablePlan<TreeHyperparameters>(study: study)
  }

  /// A made-up loss surface, for trying out.
  public static let synthetic = TrainerKind("synthetic") { study throws(StudyError) in
    try SyntheticTrainerPlan(study: study)
  }

  /// Learning curves that were recorded before.
  public static let curves = TrainerKind("curves") { study throws(StudyError) in try CurvesTrainerPlan(study: study) }
}
