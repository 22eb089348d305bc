/// Which checkpoints a study keeps.
public enum CheckpointRule: Hashable, Sendable {
  /// Those that can still matter to the search; when the study has finished, none.
  case promotable
  /// All of them, whatever becomes of their trials.
  case all
  /// Besides those that can still matter, those of so many trials that are the best so far, each by its best loss; and these also
  /// when the study has finished.
  case best(Int)
}

extension CheckpointRule: LosslessStringConvertible {
  /// As a study file says it: `promotable`, `all`, `best 5`.
  public init?(_ text: String) {
    let words = text.split(separator: " ")
    switch (words.first, words.count) {
    case ("promotable", 1): self = .promotable
    case ("all", 1): self = .all
    case ("best", 2):
      guard let count = Int(words[1]), count > 0 else { return nil }
      self = .best(count)
    default: return nil
    }
  }

  public var description: String {
    switch self {
    case .promotable: "promotable"
    case .all: "all"
    case .best(let count): "best \(count)"
    }
  }
}
