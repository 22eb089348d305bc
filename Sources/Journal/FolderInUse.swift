internal import StudyFile
internal import Text
public import TuningTypes

/// A folder where the results would be written over what somebody else has there.
public struct FolderOfOthers: UserError, Hashable, Sendable {
  public var exitStatus: ExitStatus { .badFolder }

  /// What is there.
  public let path: String

  public var description: String {
    "\(path) is there, and is not of a study that has been run: the results would replace it. Give a folder of their own with -o"
  }
}

/// A folder that holds a study already.
public struct FolderInUse: UserError, Hashable, Sendable {
  public var exitStatus: ExitStatus { .badFolder }

  public let path: String
  /// What the folder's journal says of its study, where it says anything.
  let header: JSONValue?

  public var description: String {
    "\(path): a study has been here (journal.jsonl). \(advice)To start anew, give another folder with -o, or move this one "
      + "away"
  }

  private var advice: String {
    if header?[Study.simulatedKey] != nil { return "It was only simulated. " }
    let isAsked = header?[Study.askedKey]?.flag ?? false
    return "To go on with it: ash-mpi \(isAsked ? "ask" : "resume") \(path.shellWord). "
  }
}
