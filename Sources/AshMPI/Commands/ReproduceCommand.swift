package import ArgumentParser

package struct ReproduceCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Train a study's best trial again, alone and from scratch, and compare the loss bit for bit.")

  @Argument(help: "The folder of a study that has been run.")
  var folder: String

  @Option(help: "Another trial than the best.")
  var trial: Int?

  package init() {}

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let reproduction = try Reproduction(folder: folder, trial: trial.map { TrialID($0) })
    let recorded = reproduction.recorded
    if let warning = StudyFolder(path: folder).warningOfForeignOwner(reproduction.study) { Console.complain(warning) }
    let loss = try reproduction.train(plan: program.makePlan(reproduction.study))
    let isSame = loss.value.bitPattern == recorded.loss.value.bitPattern || !loss.isFinite && !recorded.loss.isFinite
    Console.write(
      """
      trial \(recorded.trial) at resource \(recorded.resource)
        in the journal  \(recorded.loss)
        from scratch    \(loss)
        \(isSame ? "the same, bit for bit" : "NOT the same")

      """)
    guard isSame else { throw NotReproduced() }
    return .success
  }
}

/// A trial that has given another loss than before.
struct NotReproduced: Error, CustomStringConvertible {
  var description: String {
    "the trial gives another loss here: another machine type, another build, or data that has changed"
  }
}
