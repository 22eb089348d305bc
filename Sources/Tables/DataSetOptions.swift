/// How a table becomes a data set.
public struct DataSetOptions: Hashable, Codable, Sendable {
  /// What is to be predicted.
  public enum Task: String, Hashable, Codable, Sendable, CaseIterable {
    /// Classification where the target is text, or whole numbers of at most 32 different values; else regression.
    case automatic
    case classification
    case regression
  }

  /// What to do with a missing cell: an empty one, or `?`, `NA`, `N/A`, `NaN`, `null`.
  public enum Missing: String, Hashable, Codable, Sendable, CaseIterable {
    /// It is an error.
    case error
    /// A number becomes its column's mean over the training part; a text becomes its own kind of one-hot: all zero. A
    /// missing target is still an error.
    case mean
    /// The whole row is left out.
    case drop
    /// It stays missing: its features are NaN. For models that treat missing values themselves; a missing target is still
    /// an error.
    case keep
  }

  /// The name of the column to predict.
  public var target: String
  public var task: Task
  public var missing: Missing
  /// The share of the rows in the validation part, in [0, 1).
  public var validationFraction: Double
  /// The share of the rows in the test part, in [0, 1).
  public var testFraction: Double
  /// Which rows fall into which part is a function of this and the table.
  public var splitSeed: UInt64
  /// Columns that are not used.
  public var ignoredColumns: [String]
  /// Whether numbers are standardised, features and target; else a model sees them as the table has them.
  public var standardizes: Bool

  public init(
    target: String, task: Task = .automatic, missing: Missing = .error, validationFraction: Double = 0.2,
    testFraction: Double = 0.2, splitSeed: UInt64 = 0, ignoredColumns: [String] = [],
    standardizes: Bool = true
  ) {
    self.target = target
    self.task = task
    self.missing = missing
    self.validationFraction = validationFraction
    self.testFraction = testFraction
    self.splitSeed = splitSeed
    self.ignoredColumns = ignoredColumns
    self.standardizes = standardizes
  }

  /// The most values that a column of text, or a whole-numbered target of a classification, may have.
  public static let mostCategories = 64
  /// The most values that a column of whole numbers may have for ``Task/automatic`` to take it for classes.
  public static let mostNumericClasses = 32
}
