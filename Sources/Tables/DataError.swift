public import TuningTypes

/// What is wrong with a table of data, where, and what to do about it.
public struct DataError: UserError, Hashable, Sendable {
  /// The file, as it was named; nil for data that came from memory.
  public var file: String?
  /// The line of the file, counted from 1 (the header is line 1).
  public var row: Int?
  /// The column's name, or its number where it has none.
  public var column: String?
  /// What is wrong.
  public var problem: String
  /// What to do.
  public var advice: String

  public init(file: String?, row: Int? = nil, column: String? = nil, problem: String, advice: String) {
    self.file = file
    self.row = row
    self.column = column
    self.problem = problem
    self.advice = advice
  }

  public var description: String {
    let place = [file, row.map { "row \($0)" }, column.map { "column \"\($0)\"" }].compactMap { $0 }
    let location = place.isEmpty ? "" : place.joined(separator: ", ") + ": "
    return "\(location)\(problem). \(advice)."
  }
}
