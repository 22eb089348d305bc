public import Files
public import Search
internal import StudyFile
public import Text
public import Training
public import TuningTypes

/// The folder that one study owns, and what lies where in it.
public struct StudyFolder: Hashable, Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  public var study: String { "\(path)/study.yaml" }
  public var journal: String { "\(path)/journal.jsonl" }
  public var summary: String { "\(path)/summary.json" }
  public var results: String { "\(path)/results.csv" }
  /// What runs at the moment; there only while a run is alive, or where one was killed.
  public var status: String { "\(path)/status.json" }
  /// Pictures of what it came to.
  public var report: String { "\(path)/report.html" }
  /// Warnings and failures of its runs.
  public var runLog: String { "\(path)/run.log" }
  public var best: String { "\(path)/best" }
  /// The checkpoint of the best trial as it was when it was the best, for as long as the study runs.
  public var bestCheckpoint: String { "\(best)/checkpoint" }
  public var bestConfiguration: String { "\(best)/configuration.json" }

  /// What the trainers of its jobs have written, where they are other programs.
  public var logs: String { "\(path)/logs" }

  /// What a job's trainer has written, where it is another program.
  ///
  /// - Parameter rank: which of its worker's ranks says it.
  public func log(of job: Job, rank: Int = 0) -> String {
    "\(logs)/\(job.trial.rawValue / 1000)/trial-\(job.trial)-rung-\(job.rung)"
      + "\(job.attempt > 1 ? "-try-\(job.attempt)" : "")\(rank > 0 ? "-rank-\(rank)" : "").log"
  }

  public var checkpointsFolder: String { "\(path)/checkpoints" }
  public var checkpoints: CheckpointStore { CheckpointStore(folder: checkpointsFolder, below: path) }

  /// Makes the folder for a new study.
  ///
  /// - Parameter isBegun: whether what is there is known to be of a study, whose first run was ended before it had written a line.
  /// - Throws: ``DiskError``; `FolderInUse` where a study has been here; `FolderOfOthers` where something would be written over that is of
  ///   no study.
  public func create(study text: String, isBegun: Bool = false) throws {
    try Disk.makeFolder(path, durable: true)
    if Disk.exists(journal) { throw FolderInUse(path: path, header: try? JournalReader(path: journal).header()) }
    if !isBegun { try expectNothingOfOthers() }
    // First: it tells a run that comes after a kill that the rest is of a study.
    try Disk.writeAtomically(Array(text.utf8), to: study, durable: true)
    try Disk.makeFolder(best, below: path, durable: true)
  }

  private func expectNothingOfOthers() throws {
    if let present = try Disk.read(study) {
      guard Study.wasWritten(String(decoding: present, as: UTF8.self)) else { throw FolderOfOthers(path: study) }
      return
    }
    if let other = [summary, results].first(where: Disk.exists) {
      throw FolderOfOthers(path: other)
    }
  }

  /// The first folder `ash-runs/NAME-N` below another that is not there yet, made.
  public static func next(for name: String, in folder: String) throws(DiskError) -> StudyFolder {
    let runs = "\(folder)/ash-runs"
    try Disk.makeFolder(runs, durable: true)
    var number = 1
    while try !Disk.makeNewFolder("\(runs)/\(name)-\(number)") { number += 1 }
    return StudyFolder(path: "\(runs)/\(name)-\(number)")
  }

  /// Tries whether the folder would take another checkpoint or two.
  ///
  /// - Throws: ``DiskError`` with what is in the way.
  public func expectRoom() throws(DiskError) {
    let checkpoints = checkpointsFolder
    try Disk.expectRoom(
      for: max(1 << 20, 2 * Disk.size(bestCheckpoint)), in: Disk.isFolder(checkpoints) ? checkpoints : path,
      below: Disk.isFolder(checkpoints) ? path : nil)
  }

  /// Keeps the incumbent's configuration, and its checkpoint where it has one, whatever its trial does next.
  ///
  /// - Parameters:
  ///   - isTraining: its trial trains on, so that its checkpoint can't be kept yet.
  ///   - instructions: how a person trains it by hand; see ``TrainerPlan/instructions(for:)``.
  public func keepBest(_ incumbent: Incumbent, isTraining: Bool = false, instructions: [JSONValue.Member]? = nil)
    throws(DiskError)
  {
    // Somebody may have taken it away.
    try Disk.makeFolder(best, below: path)
    let isKept = isTraining ? false : try checkpoints.slot(for: incumbent.job.trial).keep(as: bestCheckpoint)
    if !isKept {
      try Disk.removeTree(bestCheckpoint, below: path)
    }
    try Disk.writeAtomically(
      Array(incumbent.json(instructions: instructions).formatted().utf8), to: bestConfiguration, below: path)
  }
}
