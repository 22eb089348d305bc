public import Files
public import TuningTypes

/// A fault of the place where a study runs, and of no trial: a folder that can't be written to, a limit on processes.
///
/// A trainer that throws it has its job taken back. The study stops with exit code 73, and goes on where it was when it is
/// resumed.
public struct PlaceFault: UserError, Hashable, Sendable {
  public var exitStatus: ExitStatus { .badFolder }

  /// What went wrong and where, as a sentence without its end.
  public var problem: String
  /// The study's folder could not be used.
  public var isAboutFolder: Bool
  /// The journal is not under its name any more.
  package var losesJournal = false

  public init(_ problem: String, isAboutFolder: Bool = false) {
    self.problem = problem
    self.isAboutFolder = isAboutFolder
  }

  package init(_ problem: String, losesJournal: Bool) {
    self.problem = problem
    isAboutFolder = false
    self.losesJournal = losesJournal
  }

  public init(_ error: DiskError) { self.init("\(error)", isAboutFolder: true) }

  public var description: String { problem }
}

// The disk and the system are the place's, wherever an error of theirs comes from.

extension DiskError: UserError {
  public var exitStatus: ExitStatus { .badFolder }
}

extension SystemError: UserError {
  public var exitStatus: ExitStatus { .badFolder }
}
