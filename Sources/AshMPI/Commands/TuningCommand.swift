package import ArgumentParser
package import Cluster
internal import Foundation

/// A command in which every rank takes part.
package protocol RankedCommand: ParsableCommand {
  func run(in session: borrowing ClusterSession, of program: TuningProgram) throws -> ExitStatus
}

/// A command about a study that rank 0 runs alone.
package protocol StudyCommand: ParsableCommand {
  func run(of program: TuningProgram) throws -> ExitStatus
}

/// The command line of a user's program: what `ash-mpi` can do with any trainer.
struct TuningCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    let name = URL(filePath: ProcessInfo.processInfo.arguments.first ?? "").lastPathComponent
    return CommandConfiguration(
      commandName: name,
      abstract: "Tunes its own trainer with ash-mpi: massively parallel hyperparameter tuning for MPI clusters.",
      discussion: """
          \(name) validate study.yaml            check a study, and see its ladder
          mpirun -np 64 \(name) run study.yaml   tune it
          mpirun -np 64 \(name) resume DIR       go on where it was stopped
        """,
      version: "ash-mpi \(TuningProgram.version) (\(ClusterSession.libraryVersion))",
      subcommands: [
        RunCommand.self, ResumeCommand.self, ValidateCommand.self, SimulateCommand.self, ReproduceCommand.self,
        StatusCommand.self, WatchCommand.self, ReportCommand.self, ImportanceCommand.self, ExportCommand.self,
        CleanCommand.self,
      ])
  }
}
