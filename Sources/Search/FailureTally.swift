public import TuningTypes

/// Which reasons jobs failed for, how often, and on which workers.
///
/// Reasons that differ in words with digits alone, such as a path with a trial's number, are of one kind.
public struct FailureTally: Sendable {
  /// Failures for one kind of reason.
  public struct Kind: Hashable, Sendable {
    /// The first reason of the kind.
    public var reason: String
    public var count: Int
  }

  /// In the order in which they came first; those beyond a limit are only counted, in ``others``.
  public private(set) var kinds: [Kind] = []
  /// Failures of kinds that came when there were too many to tell apart.
  public private(set) var others = 0
  /// Failures by the number of the worker.
  public private(set) var workers: [Int] = []
  private var places: [String: Int] = [:]

  /// How many kinds are told apart.
  private static let limit = 20
  /// So many characters of a reason decide.
  private static let length = 200

  /// Counts a failure. O(1).
  ///
  /// - Returns: whether it is the first of its kind.
  mutating func note(_ reason: String, on worker: WorkerID) -> Bool {
    while workers.count <= worker.rawValue { workers.append(0) }
    workers[worker.rawValue] += 1
    let kind = Self.kind(of: reason)
    if let place = places[kind] {
      kinds[place].count += 1
      return false
    }
    guard kinds.count < Self.limit else {
      others += 1
      return false
    }
    places[kind] = kinds.count
    kinds.append(Kind(reason: reason, count: 1))
    return true
  }

  /// The words of a reason that have no digits in them.
  package static func kind(of reason: String) -> String {
    let words = String(reason.unicodeScalars.prefix(length)).split(separator: " ")
    return words.filter { !$0.utf8.contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }.joined(separator: " ")
  }
}

/// Trials whose jobs failed for good, by the rung that they were in flight to.
public struct FailedTrials: Sendable {
  private var counts: [BracketIndex: [Int]] = [:]

  public func count(in rung: RungIndex, of bracket: BracketIndex) -> Int {
    guard let counts = counts[bracket], rung.rawValue < counts.count else { return 0 }
    return counts[rung.rawValue]
  }

  mutating func add(in rung: RungIndex, of bracket: BracketIndex) {
    var counts = counts[bracket] ?? []
    while counts.count <= rung.rawValue { counts.append(0) }
    counts[rung.rawValue] += 1
    self.counts[bracket] = counts
  }
}
