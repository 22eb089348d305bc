internal import ArgumentParser
internal import AshMPI

struct AshCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "ash-mpi",
      abstract: "Massively parallel hyperparameter tuning for MPI clusters.",
      discussion: """
        A study file names the hyperparameters and their ranges, what trains a model, and when to end. ash-mpi starts many \
        configurations with little training each, and trains those further that do well (Asynchronous Successive \
        Halving). Rank 0 drives the search; the other ranks train, and below 32 workers it does as well.

          ash-mpi                               tune the bundled example, on one rank
          mpirun -np 64 ash-mpi                 the same over 64 ranks
          ash-mpi init                          write a study to start from
          ash-mpi validate study.yaml           check it, see its ladder and costs
          mpirun -np 64 ash-mpi run study.yaml  tune it
          mpirun -np 64 ash-mpi resume DIR      go on where it was stopped
        """,
      version: "ash-mpi \(TuningProgram.version) (\(ClusterSession.libraryVersion))",
      subcommands: [
        RunCommand.self, ResumeCommand.self, ValidateCommand.self, SimulateCommand.self, InitCommand.self,
        PredictCommand.self, ReproduceCommand.self, StatusCommand.self, WatchCommand.self, ReportCommand.self,
        ImportanceCommand.self, ExportCommand.self, CleanCommand.self, AskCommand.self, TellCommand.self,
      ],
      defaultSubcommand: RunCommand.self)
  }
}
