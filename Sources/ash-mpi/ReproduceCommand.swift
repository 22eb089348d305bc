internal import ArgumentParser
internal import AshMPI
internal import Reporting
internal import Trainers
internal import Tuning
internal import TuningTypes

struct ReproduceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Train a study's best trial again, alone and from scratch, and compare the loss bit for bit.")

  @Argument(help: "The folder of a study that has been run.")
  var folder: String

  @Option(help: "Another trial than the best.")
  var trial: Int?

  func run() throws {
    let reproduction = try Reproduction(folder: folder, trial: trial.map { TrialID($0) })
    let recorded = reproduction.recorded
    let loss = try reproduction.train(plan: TrainerCatalog.plan(for: reproduction.study))
    let isSame = loss.value.bitPattern == recorded.loss.value.bitPattern || !loss.isFinite && !recorded.loss.isFinite
    Console.write(
      """
      trial \(recorded.trial) at resource \(recorded.resource)
        in the journal  \(recorded.loss)
        from scratch    \(loss)
        \(isSame ? "the same, bit for bit" : "NOT the same")

      """)
    guard isSame else { throw NotReproduced() }
  }
}

/// A trial that has given another loss than before.
struct NotReproduced: Error, CustomStringConvertible {
  var description: String {
    "the trial gives another loss here: another machine type, another build, or data that has changed"
  }
}
