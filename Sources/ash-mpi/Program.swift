internal import ArgumentParser
internal import AshMPI
internal import Cluster
internal import Glibc
internal import Reporting
internal import Tuning

/// The command line. Every rank runs it alike; rank 0 alone speaks.
@main
enum Program {
  static func main() {
    // A write to a pipe whose reader is gone is an error like any other.
    signal(SIGPIPE, SIG_IGN)
    // And so is a write beyond the size that `ulimit -f` allows.
    signal(SIGXFSZ, SIG_IGN)
    let session: ClusterSession
    do {
      session = try ClusterSession()
    } catch {
      Console.complain("\(error)")
      exit(ExitCode.internalError.rawValue)
    }
    let code = run(in: session)
    do {
      exit(try session.leave(exitCode: code.rawValue))
    } catch {
      Console.complain("\(error)")
      exit(ExitCode.internalError.rawValue)
    }
  }

  private static func run(in session: borrowing ClusterSession) -> ExitCode {
    do {
      let command = try AshCommand.parseAsRoot()
      if let ranked = command as? any RankedCommand { return try ranked.run(in: session) }
      guard session.isDriver else { return .success }
      var local = command
      try local.run()
      return .success
    } catch is FailedElsewhere {
      return .success
    } catch  where AshCommand.exitCode(for: error) != .failure {
      // What the parser throws: help and version, asked for, or a complaint about the arguments.
      let isComplaint = AshCommand.exitCode(for: error) != .success
      let text = AshCommand.fullMessage(for: error) + "\n"
      if session.isDriver { if isComplaint { Console.writeError(text) } else { Console.write(text) } }
      return isComplaint ? .usage : .success
    } catch let error as DriverLost {
      if session.rank == 1 { Console.complain("\(error)") }
      session.abort(exitCode: ExitCode.stoppedEarly.rawValue)
    } catch {
      if session.isDriver { Console.complain("\(error)") }
      let code = ExitCode(for: error)
      // After an error of MPI, or of this program itself, the ranks can't agree on anything any more.
      if code == .internalError, session.size > 1, !(error is ClusterError) {
        if !session.isDriver { Console.complain("rank \(session.rank): \(error)") }
        session.abort(exitCode: code.rawValue)
      }
      return code
    }
  }
}

/// What the program's exit code says (after BSD's `sysexits.h`).
enum ExitCode: Int32 {
  case success = 0
  case usage = 64
  case badStudy = 65
  case internalError = 70
  case badFolder = 73
  /// Stopped early; resume to go on.
  case stoppedEarly = 75

  init(for error: any Error) {
    switch error {
    case is FolderInUse, is FolderLocked, is DiskError, is StudyHalted, is FileExists: self = .badFolder
    case let error as ClusterError where error.isAboutInput: self = .badStudy
    case is ClusterError, is ValidationError: self = .usage
    case let error as any UserError where error.isAboutInput: self = .badStudy
    default: self = .internalError
    }
  }
}
