/// How a job ended without a loss.
public enum FailureKind: String, Hashable, Sendable, CaseIterable {
  /// Something broke; the job is tried again while tries are left.
  case failed
  /// The configuration makes no sense to the trainer; another takes its place.
  case invalid
}
