public import TuningTypes

/// Which reasons jobs failed for, how often, and on which workers.
///
/// Reasons that differ in words with digits alone, such as a path with a trial's number, are of one kind. The tuner, the status of a
/// study and its report count alike, since all of them count with this.
public struct FailureTally: Sendable {
  /// Failures for one kind of reason.
  public struct Kind: Hashable, Sendable {
    /// The first reason of the kind.
    public var reason: String
    /// The trainer said that the configuration makes no sense.
    public var isInvalid: Bool
    public var count = 0
    public var workers: Set<WorkerID> = []
    /// When the last of them came, in seconds of the study.
    public var last = 0.0
  }

  /// In the order in which they came first; those beyond a limit are only counted, in ``others``.
  public private(set) var kinds: [Kind] = []
  /// Failures of kinds that came when there were too many to tell apart.
  public private(set) var others = 0
  /// Failed jobs by worker, invalid configurations not counted.
  public private(set) var byWorker: [WorkerID: Int] = [:]
  private var places: [String: Int] = [:]

  /// How many kinds are told apart.
  private static let limit = 500
  /// So many characters of a reason are read, and of its words so many decide.
  private static let lengths = (read: 1000, deciding: 200)
  /// So many characters of a reason are kept.
  private static let longest = 400

  package init() {}

  /// The most frequent first; of equally frequent ones the first that came.
  public var ranked: [Kind] {
    kinds.indices.sorted { (-kinds[$0].count, $0) < (-kinds[$1].count, $1) }.map { kinds[$0] }
  }

  /// Counts a failure. O(length of the reason).
  ///
  /// - Parameter time: seconds since the study began.
  /// - Returns: whether it is the first of its kind.
  @discardableResult
  package mutating func note(_ reason: String, _ kind: FailureKind, on worker: WorkerID, at time: Double) -> Bool {
    let isInvalid = kind == .invalid
    if !isInvalid { byWorker[worker, default: 0] += 1 }
    let key = "\(kind) \(Self.kind(of: reason))"
    let known = places[key]
    let place = known ?? kinds.count
    guard place < Self.limit else {
      others += 1
      return false
    }
    if known == nil {
      places[key] = place
      kinds.append(Kind(reason: String(reason.prefix(Self.longest)), isInvalid: isInvalid))
    }
    kinds[place].count += 1
    kinds[place].workers.insert(worker)
    kinds[place].last = time
    return known == nil
  }

  /// The words of a reason that have no digits in them.
  ///
  /// They are cut last: a cut before would end in another word wherever a number is longer.
  package static func kind(of reason: String) -> String {
    let words = String(reason.unicodeScalars.prefix(lengths.read)).split(separator: " ")
    let kind = words.filter { !$0.utf8.contains { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }.joined(separator: " ")
    return String(kind.unicodeScalars.prefix(lengths.deciding))
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
