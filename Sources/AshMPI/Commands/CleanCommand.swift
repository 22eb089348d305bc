package import ArgumentParser
internal import Foundation

package struct CleanCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Delete checkpoints that a study does not need any more.",
    discussion: """
      Of a study that has stopped, those stay that it needs to be resumed, and those of the best trials if the study keeps \
      these. Of one that has finished, the latter alone. best/, the journal and the results are never touched. Exit code 73: \
      the study is running.
      """)

  @Argument(help: "The folder of a study that is not running.")
  var folder: String

  @Flag(help: "Delete all checkpoints. Trials that are resumed are then trained from scratch.")
  var all = false

  @Flag(help: "Delete logs/ as well, what trainers' programs printed.")
  var logs = false

  @Flag(help: "Delete nothing; say what would be deleted.")
  var dryRun = false

  @OptionGroup var lock: LockOption

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let place = StudyFolder(path: try Paths.absolute(folder))
    // Otherwise the lock would be the first to find nothing there.
    _ = try StudySource(runIn: place)
    let held = try StudyLock(folder: place.path, overridden: lock.overrideLock, started: Date().ISO8601Format())
    defer { held.release() }
    let cleaning = try StudyCleaning(of: place, all: all, logs: logs)
    if !dryRun { cleaning.carryOut() }
    Console.write(cleaning.text(isDone: !dryRun))
    return .success
  }
}
