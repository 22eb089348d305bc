internal import HTMLReport

/// What is written into a study's folder when the study ends.
///
/// With a report the journal is read once, for all of it. Without one it is read twice, and less of it is kept in memory.
struct StudyEnding {
  let summary: Summary
  let study: Study
  /// What a unit of resource is, in the plural.
  let resourceUnit: String
  let writesReport: Bool

  struct Written {
    /// What the journal tells to a closing report.
    let details: ClosingDetails
    /// The path of the report; nil where there is none.
    let page: String?
    /// Why the report could not be written, which is no reason for a study to fail.
    let problem: String?
  }

  /// Writes `summary.json`, `results.csv` and the report.
  ///
  /// - Parameter progress: told now and then which share of the table's rows is written.
  func write(to folder: StudyFolder, progress: (Double) -> Void = { _ in }) throws -> Written {
    try Disk.writeAtomically(Array(summary.json.formatted().utf8), to: folder.summary, durable: true)
    let (journal, space) = (try JournalReader(path: folder.journal), summary.tuner.plan.space)
    let reported = writesReport ? try folder.reported(study, resourceUnit: resourceUnit) : nil
    let results =
      if let reported { ResultsTable(reported.history, space: space) } else {
        try ResultsTable(journal: journal, space: space)
      }
    try Disk.writeAtomically(to: folder.results, durable: true) { write in
      try results.write(progress: progress, write)
    }
    for path in [folder.bestConfiguration, folder.bestCheckpoint] { Disk.synchronizeFile(path) }
    Disk.synchronizeFolder(folder.best)
    let details = try ClosingDetails(results, journal: journal, space: space)
    let problem = reported.flatMap { folder.writeReport($0) }
    return Written(details: details, page: reported != nil && problem == nil ? folder.report : nil, problem: problem)
  }
}
