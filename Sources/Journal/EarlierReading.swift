internal import Files
internal import Search
public import SearchSpace
public import StudyFile
internal import Text
internal import TuningTypes

/// What reading the folder of an earlier study came to.
public struct EarlierReading: Sendable {
  /// Absolute.
  public let folder: String
  public let study: EarlierStudy
  /// How many trials it began.
  public let trials: Int
  /// How many trials have a value outside the new search space, by the hyperparameter that has it, those with most first.
  public let outside: [(parameter: String, trials: Int)]
  /// How many trials say nothing of the new search space.
  public let unrelated: Int
}

extension Study {
  /// Reads the earlier studies that this one learns from.
  ///
  /// - Parameter own: the study's own folder, where it has one already.
  /// - Returns: the study with what it has learned, and what was read.
  /// - Throws: `StudyError` where one of the folders has nothing to learn from.
  public func learningFromFolders(own: String? = nil) throws(StudyError) -> (study: Study, readings: [EarlierReading]) {
    var readings: [EarlierReading] = []
    for folder in learnFrom { readings.append(try reading(of: folder, own: own)) }
    return (try learning(from: readings.map(\.study)), readings)
  }

  private func reading(of path: String, own: String?) throws(StudyError) -> EarlierReading {
    func fault(_ problem: String, _ advice: String) -> StudyError {
      document.error(Self.learnFromKey, "\(path) \(problem)", advice)
    }
    guard Disk.isFolder(path) else {
      throw fault("is no folder", "Give the folder of a study that was run before.")
    }
    if let own, own == path || Disk.Identity(own) == Disk.Identity(path) {
      throw fault(
        "is the folder of this very study", "Name earlier ones; what a study finds itself, it learns from anyway.")
    }
    var trials = EarlierTrials(in: plan.space)
    let name: String
    do {
      let journal = try JournalReader(path: StudyFolder(path: path).journal)
      name = try journal.header()["name"]?.text ?? "study"
      trials.take(try StudyHistory(journal, in: nil, keeping: .configurations))
    } catch {
      throw fault("can't be learned from: \(error)", "Give the folder of a study that was run, with its journal.jsonl.")
    }
    let outside = trials.outside.map { (parameter: $0.key, trials: $0.value) }
      .sorted { ($1.trials, $0.parameter) < ($0.trials, $1.parameter) }
    guard
      let learned = trials.learned(
        named: name, goodFraction: plan.sampler.goodFraction, studies: learnFrom.count)
    else {
      let most = outside.first.map { "; \($0.parameter) is outside its domain in \($0.trials)" } ?? ""
      throw fault(
        "has too little to learn from: \(trials.usable) of its \(trials.count) trials lie in this search space, and \(trials.mostResults) "
          + "have a result of the same resource\(most)",
        "\(trials.fewestResults) such results are needed; leave it out, or widen the search space.")
    }
    return EarlierReading(
      folder: path, study: learned, trials: trials.count, outside: outside, unrelated: trials.unrelated)
  }
}

extension EarlierTrials {
  /// Takes what a journal holds: each trial's loss at each rung that it has completed.
  fileprivate mutating func take(_ history: StudyHistory) {
    for trial in history.trials {
      guard let configuration = history.configuration(of: trial.id) else { continue }
      begin(trial.id, configuration)
      if trial.isInvalid || trial.hasFailed { noteFailure(of: trial.id) }
      for job in history.jobsBackwards(of: trial) where job.status == .completed {
        note(trial.id, at: history.rungs[job.key]?.resource ?? job.resource, job.loss)
      }
      for passed in history.passedBackwards(of: trial) {
        let key = StudyHistory.RungKey(bracket: trial.bracket, rung: passed.rung)
        note(trial.id, at: history.rungs[key]?.resource ?? passed.resource, passed.loss)
      }
    }
  }
}
