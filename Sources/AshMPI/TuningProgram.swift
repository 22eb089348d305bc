package import ArgumentParser
internal import Glibc
public import Logging
public import StudyFile
public import Training

/// A program that tunes: the command line, over all ranks, with trainers of its own.
///
/// Every rank runs it alike; rank 0 alone speaks. `ash-mpi` itself is such a program; one of yours is a single call:
///
/// ```swift
/// @main enum SolverTuning {
///   static func main() { TuningProgram.main { study in try SolverTrainer(study) } }
/// }
/// ```
public struct TuningProgram: Sendable {
  /// What trains, made from the study: the same on every rank.
  let makePlan: @Sendable (Study) throws -> any TrainerPlan
  /// The path of the study that `run` takes where the command line names none.
  let defaultStudy: (@Sendable () throws -> String)?

  /// Gets the messages of `run` and `resume`; nil: the terminal.
  let logger: Logger?

  package static let version = "0.1.0"

  package init(
    plan: @escaping @Sendable (Study) throws -> any TrainerPlan, defaultStudy: (@Sendable () throws -> String)? = nil,
    logger: Logger? = nil
  ) {
    makePlan = { study in
      let plan = try plan(study)
      try plan.expectOneRank(in: study)
      return plan
    }
    self.defaultStudy = defaultStudy
    self.logger = logger
  }

  /// Runs the command line of this process with a trainer of yours, and ends the process.
  ///
  /// To be the whole of `main`, in a program that is started alone or by `mpirun` or `srun`. The command line, the files
  /// and the exit codes are those of `ash-mpi`: `run`, `resume`, `validate`, `simulate`, `reproduce`, `status`, `watch`, `report`,
  /// `importance`, `export`, `clean`.
  ///
  /// - Parameters:
  ///   - metrics: the names of what the trainer reports besides the loss; nil where only running it can tell. With them a
  ///     study whose `objective.metric` is none of them is refused before it begins.
  ///   - resourceUnit: what a unit of resource is, in the plural: `sweeps`.
  ///   - logger: gets warnings, failed jobs, and at level `debug` each job, of `run` and `resume`. `Logger(label: "tuning")` leads to
  ///     what `LoggingSystem.bootstrap` was given. Nil: the terminal. Errors that end the program are on standard error in
  ///     any case.
  ///   - makeTrainer: makes the trainer of this process's worker. It reads the study's `trainer:` section,
  ///     `study.trainer`, whose keys are yours. What it throws ends the study before it begins; a `StudyError` made by
  ///     `study.trainer.error(…)` names the line. Called on every rank, on rank 0 more than once: cheap, please.
  public static func main(
    metrics: [String]? = nil, resourceUnit: String = "units", logger: Logger? = nil,
    trainer makeTrainer: @escaping @Sendable (Study) throws -> sending any Trainer
  ) -> Never {
    main(logger: logger) { study in
      try SingleTrainerPlan(study, metricNames: metrics, resourceUnit: resourceUnit, trainer: makeTrainer(study))
    }
  }

  /// Runs the command line of this process with a plan of yours, and ends the process.
  ///
  /// A `TrainerPlan` can do more than a trainer alone: read data once for all ranks, write the best model, be simulated.
  ///
  /// - Parameters:
  ///   - logger: gets the messages of `run` and `resume` in place of the terminal.
  ///   - plan: makes the plan from the study: the same on every rank.
  public static func main(
    logger: Logger? = nil, plan: @escaping @Sendable (Study) throws -> any TrainerPlan
  ) -> Never {
    TuningProgram(plan: plan, logger: logger).run(TuningCommand.self)
  }

  /// Runs the command line that begins with the command `root`, and ends the process.
  package func run(_ root: (some ParsableCommand).Type) -> Never {
    Console.openMissingStreams()
    // A write to a pipe whose reader is gone is an error like any other.
    signal(SIGPIPE, SIG_IGN)
    // And so is a write beyond the size that `ulimit -f` allows.
    signal(SIGXFSZ, SIG_IGN)
    let session: ClusterSession
    do {
      session = try ClusterSession()
    } catch {
      Self.complain(error)
      exit(ExitStatus(for: error).rawValue)
    }
    let code = run(root, in: session)
    do {
      ClusterSession.exit(try session.leave(exitCode: code.rawValue) { Console.complain($0) })
    } catch {
      Console.complain("\(error)")
      exit(ExitStatus.internalError.rawValue)
    }
  }

  /// Says what is wrong, unless another process does.
  private static func complain(_ error: any Error) {
    let isFirst = (error as? ClusterError)?.isFirst
    if isFirst != false { Console.complain("\(error)") }
    // The first to end makes the launcher end the others, who have to find each other before and may not be heard after.
    if isFirst != nil { sleep(1) }
  }

  /// Refuses a first word that is no command, and can be no study file: the parser would take it for one.
  private static func expectCommand(of root: CommandConfiguration, in words: [String]) throws {
    let names = root.subcommands.compactMap { $0.configuration.commandName }
    let asked = words.first == "help" ? words.dropFirst().first : words.first
    guard let word = asked, !word.hasPrefix("-"), !names.contains(word), word != "help",
      words.first == "help" || !word.contains("/") && !word.contains(".") && !Disk.exists(word)
    else { return }
    let mayBeFile = words.first != "help" && root.defaultSubcommand != nil
    let nearest = nearestName(to: word, among: names).map { " Did you mean '\($0)'?" } ?? ""
    throw ValidationError(
      "There is no command '\(word.visible)'\(mayBeFile ? ", and no study file of that name" : "").\(nearest)")
  }

  private func run<Root: ParsableCommand>(_: Root.Type, in session: borrowing ClusterSession) -> ExitStatus {
    do {
      try Self.expectCommand(of: Root.configuration, in: Array(systemArguments.dropFirst()))
      let command = try Root.parseAsRoot(Array(systemArguments.dropFirst()))
      if let ranked = command as? any RankedCommand {
        try session.expectOthersAreKnown()
        return try ranked.run(in: session, of: self)
      }
      guard session.isDriver else { return .success }
      if let local = command as? any StudyCommand { return try local.run(of: self) }
      var local = command
      try local.run()
      return .success
    } catch is FailedElsewhere {
      return .success
    } catch  where Root.exitCode(for: error) != .failure {
      // What the parser throws: help and version, asked for, or a complaint about the arguments.
      let isComplaint = Root.exitCode(for: error) != .success
      let text = Root.fullMessage(for: error) + "\n"
      if session.isDriver { if isComplaint { Console.writeError(text) } else { Console.write(text) } }
      return isComplaint ? .usage : .success
    } catch let error as SharedMemoryFull {
      // The first to abort ends the others, and what they would have said.
      if error.isFirstOfNode { Console.complain("\(error)") } else { sleep(1) }
      session.abort(exitCode: ExitStatus.badFolder.rawValue)
    } catch let error as DriverLost {
      if session.rank == 1 { Console.complain("\(error)") }
      session.abort(exitCode: ExitStatus.stoppedEarly.rawValue)
    } catch {
      if session.isDriver { Self.complain(error) }
      let code = ExitStatus(for: error)
      // After an error of MPI, or of this program itself, the ranks can't agree on anything any more.
      if code == .internalError, session.size > 1, !(error is ClusterError) {
        if !session.isDriver { Console.complain("rank \(session.rank): \(error)") }
        session.abort(exitCode: code.rawValue)
      }
      return code
    }
  }
}

extension ExitStatus {
  package init(for error: any Error) {
    self = error is ValidationError ? .usage : ExitStatus(of: error)
  }
}

/// A file that would be overwritten.
package struct FileExists: UserError {
  package var exitStatus: ExitStatus { .badFolder }

  let path: String

  package init(path: String) { self.path = path }

  package var description: String { "\(path) is there already. Name another file, or move it away" }
}
