/// The ways in which a job ends without a loss.
public enum TrainingFailure: Error, Hashable, Sendable {
  /// This configuration makes no sense; it is replaced by another and never tried again.
  case invalid(String)
  /// Something broke; the job is tried again.
  case failed(String)
  /// Stopped because the study asked; the checkpoint holds what was trained.
  case interrupted
}
