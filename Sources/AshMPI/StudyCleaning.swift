/// What can be deleted in a study's folder.
struct StudyCleaning {
  private let folder: StudyFolder
  /// Whose checkpoints go.
  private let trials: [TrialID]
  /// How many stay.
  private let kept: Int
  private let checkpoints: TreeSize
  /// Nil: they stay.
  private let logs: TreeSize?
  /// Whether a trial that would train on from its checkpoint loses it.
  private let losesTraining: Bool

  /// Looks at the folder, which is locked.
  ///
  /// - Parameters:
  ///   - all: whether all checkpoints go.
  ///   - logs: whether the logs of trainers' programs go.
  /// - Throws: ``JobsAreOut``; what reading the study and its journal throws.
  init(of folder: StudyFolder, all: Bool, logs: Bool) throws {
    self.folder = folder
    let study = try StudySource(runIn: folder).study()
    let journal = try JournalReader(path: folder.journal)
    let recovery = try StudyRecovery(study, journal: journal, isAsked: journal.isAsked)
    let tuner = recovery.tuner
    if all, tuner.runningCount > 0 { throw JobsAreOut(folder: folder.path, count: tuner.runningCount) }
    let present = folder.checkpoints.trials()
    // A study that is over needs none; one that keeps all has a reason to.
    let rest = recovery.ending == nil ? nil : tuner.checkpointsKeptAtEnd
    let trials = present.filter { trial in
      if all || !tuner.hasStarted(trial) { return true }
      if let rest { return !rest.contains(trial) }
      return !tuner.needsCheckpoint(of: trial) && (study.plan.checkpoints == .all || !tuner.keepsCheckpoint(of: trial))
    }
    losesTraining = trials.contains { tuner.hasStarted($0) && tuner.needsCheckpoint(of: $0) }
    kept = present.count - trials.count
    var size = TreeSize()
    for trial in trials {
      Disk.measure(folder.checkpoints.slot(for: trial).path, below: folder.path, into: &size)
    }
    checkpoints = size
    var logSize = TreeSize()
    if logs { Disk.measure(folder.logs, below: folder.path, into: &logSize) }
    self.logs = logs ? logSize : nil
    self.trials = trials
  }

  /// Deletes it.
  func carryOut() {
    var trials = trials[...]
    folder.checkpoints.remove(&trials)
    guard logs != nil else { return }
    for name in Disk.names(in: folder.logs, below: folder.path) {
      try? Disk.removeTree("\(folder.logs)/\(name)", below: folder.path)
    }
  }

  func text(isDone: Bool) -> String {
    let (verb, gain) = isDone ? ("Deleted", "freed") : ("Would delete", "to be freed")
    var parts = [Wording.count(trials.count, "checkpoint")]
    if let logs { parts.append(Wording.count(logs.files, "log")) }
    let freed = checkpoints.unsharedBytes + (logs?.unsharedBytes ?? 0)
    let rest = kept > 0 ? "; \(Wording.count(kept, "checkpoint")) \(kept == 1 ? "stays" : "stay")" : ""
    // best/ has the best trial's files under names of its own, so that deleting these frees nothing.
    let shared = checkpoints.bytes - checkpoints.unsharedBytes
    let other = shared > 0 ? "; \(Wording.bytes(shared)) more \(isDone ? "are" : "will be") kept by best/" : ""
    var lines = ["\(verb) \(parts.joined(separator: " and ")), \(Wording.bytes(freed)) \(gain)\(other)\(rest)."]
    if losesTraining {
      lines.append(
        "If the study is resumed, trials that it trains further \(isDone ? "are" : "will be") trained from scratch.")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// Jobs that were asked for may be writing to their checkpoints at this moment.
struct JobsAreOut: UserError {
  var exitStatus: ExitStatus { .badFolder }

  let folder: String
  let count: Int

  var description: String {
    "\(Wording.count(count, "job")) of \(folder) \(count == 1 ? "is" : "are") out, and may be using \(count == 1 ? "its checkpoint" : "their checkpoints"). "
      + "Tell their results first, or leave out --all"
  }
}
