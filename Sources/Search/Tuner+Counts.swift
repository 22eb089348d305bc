extension Tuner {
  /// How much has happened.
  public struct Counts: Hashable, Sendable {
    /// Trials started, without those whose configuration was invalid.
    public internal(set) var configurations = 0
    /// Jobs dispatched, tries again included.
    public internal(set) var jobs = 0
    public internal(set) var results = 0
    /// Jobs that ended without a result, each try counted.
    public internal(set) var failures = 0
    /// Of those, the jobs that ended since the trainer refuses the configuration.
    public internal(set) var invalid = 0
    /// Seconds of training behind the results, over all workers.
    public internal(set) var trainingSeconds = 0.0
    /// Units of resource behind the results.
    public internal(set) var trainedUnits = 0.0
    /// Why the last failed job failed.
    public internal(set) var lastFailure: String?
  }
}
