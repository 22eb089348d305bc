internal import Models
internal import Programs
public import Training

extension TrainerCatalog {
  /// The trainers that come with the program, in the order in which messages name them.
  public static let standard = TrainerCatalog([.mlp, .xgboost, .command, .synthetic, .curves])
}
