import AshMPI

/// A program of one's own that has its messages go where all of its logging goes: here, to standard output.
@main enum LoggingTrainer {
  private struct Broken: Error, CustomStringConvertible { let description = "the solver is broken" }

  private struct WarningTrainer: Trainer {
    func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
      if job.trial == 1 { context.warn("trial 1 smells") }
      if job.trial == 2, job.attempt == 1 { throw Broken() }
      return TrainingReport(loss: 1)
    }
  }

  static func main() {
    LoggingSystem.bootstrap(StreamLogHandler.standardOutput)
    TuningProgram.main(logger: Logger(label: "solver")) { _ in WarningTrainer() }
  }
}
