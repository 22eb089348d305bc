/// Which reasons of failures have been told, so that each kind is told once.
///
/// Reasons that differ in their digits alone, such as a trial's number in a path, are of one kind.
struct FailureKinds: Sendable {
  /// How many kinds are told of; after so many a study's failures are all alike: too many to read.
  private static let limit = 20
  /// So much of a reason decides.
  private static let length = 200

  private var told: Set<String> = []

  /// Whether no reason of this kind has come before, and it is to be told.
  mutating func isNew(_ reason: String) -> Bool {
    guard told.count < Self.limit else { return false }
    var kind = ""
    for character in reason.unicodeScalars.prefix(Self.length) {
      if ("0"..."9").contains(character) { continue }
      kind.unicodeScalars.append(character)
    }
    return told.insert(kind).inserted
  }
}
