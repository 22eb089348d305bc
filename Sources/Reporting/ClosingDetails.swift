internal import Files
public import Journal
public import SearchSpace
internal import TuningTypes

/// What the closing report says that only the journal tells: time by rung, and which hyperparameters decide.
public struct ClosingDetails {
  let importance: ImportanceReport.Most?
  private let seconds: [StudyHistory.RungKey: Double]

  /// A journal that is longer is not read again for its configurations, in bytes.
  private static let longestJournal = 64 << 20

  /// Reads a journal.
  ///
  /// - Parameter results: made from the same journal.
  /// - Complexity: O(length of the journal).
  /// - Throws: `JournalError`.
  public init(_ results: ResultsTable, journal: JournalReader, space: SearchSpace) throws {
    seconds = results.secondsByRung
    importance =
      journal.length <= Self.longestJournal
      ? try ImportanceReport(journal: journal, space: space).mostImportant(3) : nil
  }

  /// The seconds of training behind the results of a rung.
  func seconds(in rung: RungIndex, of bracket: BracketIndex) -> Double {
    seconds[StudyHistory.RungKey(bracket: bracket, rung: rung)] ?? 0
  }
}
