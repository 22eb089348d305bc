public import TuningTypes

/// Why a checkpoint, or a file of a model, cannot be used.
public enum CheckpointError: UserError, Hashable, Sendable {
  /// The bytes are cut off, changed, or no checkpoint at all.
  case damaged(String)
  /// It was written by another version of the program.
  case unsupportedVersion(found: Int, expected: Int)
  /// It belongs to another network, data set or seed.
  case mismatch(String)

  public var description: String {
    switch self {
    case .damaged(let what): "the checkpoint or model file is damaged: \(what)."
    case .unsupportedVersion(let found, let expected):
      "the checkpoint or model file has format version \(found), this program reads version \(expected)."
    case .mismatch(let what): "the checkpoint belongs to another \(what)."
    }
  }
}
