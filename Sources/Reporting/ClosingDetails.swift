internal import Files
public import Journal
public import SearchSpace
internal import TuningTypes

/// What the closing report says that only the journal tells: time by rung, and which hyperparameters decide.
public struct ClosingDetails {
  let importance: ImportanceReport.Most?
  private let seconds: [StudyHistory.RungKey: Double]

  /// Of a journal that is longer, in bytes, it is not looked for what decides.
  private static let longestJournal = 64 << 20

  /// Reads a journal, unless the results were made from a history that has all.
  ///
  /// - Parameter results: made from the same journal.
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  public init(_ results: ResultsTable, journal: JournalReader, space: SearchSpace) throws {
    seconds = results.secondsByRung
    guard journal.length <= Self.longestJournal else {
      importance = nil
      return
    }
    let report =
      results.history.keepsConfigurations
      ? ImportanceReport(results.history, space: space) : try ImportanceReport(journal: journal, space: space)
    importance = report.mostImportant(3)
  }

  /// The seconds of training behind the results of a rung.
  func seconds(in rung: RungIndex, of bracket: BracketIndex) -> Double {
    seconds[StudyHistory.RungKey(bracket: bracket, rung: rung)] ?? 0
  }
}
