public import Search

/// A study as its file describes it, complete and checked.
public struct Study: Sendable {
  public var name: String
  /// What the search goes by.
  public var plan: SearchPlan
  /// The folders of earlier studies that it learns from, absolute; see ``learning(from:)``.
  public var learnFrom: [String]
  /// What trains one trial.
  public var worker: WorkerSpecification
  /// The trainer's section, for the module that knows trainers.
  public var trainer: StudySection
  /// The whole study as it stands in the file, overrides applied.
  public var document: StudySection
  /// The `key=value` pairs that replaced values of the file.
  public var overrides: [String]
}
