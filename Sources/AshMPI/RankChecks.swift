internal import Cluster
internal import StudyFile
internal import Training

extension TrainerPlan {
  /// Whether the study's workers are such that this trainer can be one.
  ///
  /// - Throws: `StudyError` where a worker is of several ranks, and the trainer trains on one.
  func expectOneRank(in study: Study) throws {
    guard study.worker.ranks > 1, useOfRanks == .one else { return }
    let section = try study.document.section("worker") ?? study.document
    let kind = try study.trainer.text("kind").map { "kind: \($0)" } ?? "this trainer"
    throw section.error(
      "ranks", "is \(study.worker.ranks), and \(kind) trains a trial on one rank",
      "Take it out; more threads for each trial are worker: {threads: \(study.worker.ranks)}.")
  }
}

extension Study {
  /// - Throws: `TooFewRanks` where not even one worker comes together.
  func expectRanks(_ ranks: Int) throws {
    if worker.ranks > ranks { throw TooFewRanks(ranks: ranks, needed: worker.ranks) }
  }
}
