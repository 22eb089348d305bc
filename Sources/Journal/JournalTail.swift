internal import Files
package import Search
package import SearchSpace
package import Text

/// A journal that may still grow, read from where the last reading ended.
///
/// Polls: the file is opened anew each time, as file systems over a network show what others have written to whoever opens a file.
/// Where the file is another one than before, or has lost lines that were read, it is read from its beginning.
package struct JournalTail {
  /// What a poll has found.
  package enum Change: Hashable, Sendable {
    case none
    case grew
    /// Another file, or a shorter one: nothing of what was read before counts any more.
    case replaced
  }

  private let path: String
  private var position = JournalReader.Position()
  private var identity: Disk.Identity?
  /// A line that makes no sense, and how long the journal was when it was found: read anew when that has changed.
  private var damage: (error: JournalError, length: Int, identity: Disk.Identity?)?
  /// The last bytes that were read, which tell a journal from another at the same place with the same number.
  private var lastBytes: [UInt8] = []

  /// The journal's first line, once it is there.
  package private(set) var header: JSONValue?

  /// How many of the last bytes are compared: a line's sum and more.
  private static let comparedBytes = 64

  package init(path: String) { self.path = path }

  /// Reads the whole lines that have come since.
  ///
  /// - Parameters:
  ///   - space: where the study's configurations come from.
  ///   - restart: called before the first record where the journal is read from its beginning, with its header.
  ///   - body: takes the records.
  /// - Complexity: O(what has come).
  /// - Throws: `JournalError` where there is no journal, or with the line that makes no sense; `DiskError`.
  package mutating func poll(
    in space: SearchSpace, restart: (JSONValue) -> Void, _ body: (SearchRecord) throws -> Void
  ) throws -> Change {
    let identity = Disk.Identity(path)
    let journal = try JournalReader(path: path)
    if let damage, damage.length == journal.length, damage.identity == identity { throw damage.error }
    damage = nil
    let isSame = try identity == self.identity && isContinued(by: journal)
    guard !isSame || journal.length > position.offset else { return .none }
    let wasRead = self.identity != nil
    if !isSame {
      let header = try journal.header()
      self.header = header
      (position, lastBytes) = (.init(), [])
      restart(header)
    }
    // After an error it is read from its beginning.
    self.identity = nil
    do {
      try journal.forEach(in: space, after: &position, body)
    } catch let error as JournalError {
      damage = (error, journal.length, identity)
      throw error
    }
    let compared = min(position.offset, Self.comparedBytes)
    lastBytes = try Disk.read(path, from: position.offset - compared, count: compared) ?? []
    self.identity = identity
    return isSame ? .grew : wasRead ? .replaced : .grew
  }

  /// Whether a journal holds what was read where it was read.
  private func isContinued(by journal: JournalReader) throws -> Bool {
    guard journal.length >= position.offset else { return false }
    return try Disk.read(path, from: position.offset - lastBytes.count, count: lastBytes.count) ?? [] == lastBytes
  }
}
