/// An error that describes itself to a person, and knows what the program's exit status says of it.
public protocol UserError: Error, CustomStringConvertible {
  /// The study or its data is at fault, unless the error says otherwise.
  var exitStatus: ExitStatus { get }
}

extension UserError {
  public var exitStatus: ExitStatus { .badStudy }
}

/// What the program's exit status says (after BSD's `sysexits.h`).
public enum ExitStatus: Int32, Sendable {
  case success = 0
  /// The command line makes no sense, or the ranks were not started as they should have been.
  case usage = 64
  /// The study, its data or another input is at fault.
  case badStudy = 65
  /// The program itself, or MPI.
  case internalError = 70
  /// The study's folder can't be made or written to, or is in use.
  case badFolder = 73
  /// Stopped early; resume to go on.
  case stoppedEarly = 75

  /// What an error says of itself; one that is no ``UserError`` is the program's own.
  public init(of error: any Error) { self = (error as? any UserError)?.exitStatus ?? .internalError }
}
