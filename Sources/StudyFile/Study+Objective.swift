internal import Search
internal import TuningTypes

extension Study {
  /// Checks that the objective is something that a trainer reports.
  ///
  /// - Parameters:
  ///   - metrics: what it reports besides the loss; nil where only running it can tell.
  ///   - trainer: what to call it.
  /// - Throws: `StudyError` with the objective's line.
  package func expectObjective(in metrics: [String]?, of trainer: String) throws(StudyError) {
    guard let metrics, !plan.objective.isLoss, !metrics.contains(plan.objective.metric),
      let section = try document.section("objective")
    else { return }
    let names = metrics.contains("validation_loss") ? metrics : ["validation_loss"] + metrics
    throw section.error(
      "metric", "is '\(plan.objective.metric)', which \(trainer) does not report",
      "Choose one of: \(names.joined(separator: ", ")).")
  }
}
