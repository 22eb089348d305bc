internal import Randomness
package import TuningTypes

/// What is known of one resource.
protocol ResourceLevel: Sendable {
  var resource: Resource { get }
}

extension Array where Element: ResourceLevel {
  /// Where a resource's level stands among those that there are, the lowest first; one is made where there is none. O(levels).
  mutating func place(of resource: Resource, making level: () -> Element) -> Int {
    var place = count
    while place > 0, self[place - 1].resource >= resource { place -= 1 }
    if place == count || self[place].resource != resource { insert(level(), at: place) }
    return place
  }
}

/// What is known of one resource: of how ever many results, the best and a random sample of all.
///
/// Memory and work do not grow with the number of results. Which trials are in the sample does not depend on the order in
/// which they came.
struct ObservedLevel: ResourceLevel {
  let resource: Resource
  /// All results, those of diverged trials included.
  private(set) var count = 0
  /// The best results with a finite loss, best first.
  private(set) var best: [(rank: RankedTrial, slot: Int)] = []
  private(set) var bestRows: RowPool
  private(set) var sample: TrialSample

  /// So many of the best are kept.
  static let mostBest = 128
  /// So many others are modelled.
  static let mostOthers = 320
  /// So many of all are kept: enough others, whichever of them are the best.
  static let sampleSize = mostBest + mostOthers

  init(_ resource: Resource, width: Int) {
    self.resource = resource
    bestRows = RowPool(width: width)
    sample = TrialSample(limit: Self.sampleSize, width: width)
  }

  /// O(``mostBest``).
  mutating func add(_ trial: TrialID, _ loss: Loss, _ row: [Float], seed: UInt64) {
    count += 1
    sample.add(trial, row, seed: seed, resource: resource)
    guard loss.isFinite else { return }
    let rank = RankedTrial(trial: trial, loss: loss)
    let slot: Int
    if best.count == Self.mostBest {
      guard let last = best.last, rank < last.rank else { return }
      slot = last.slot
      best.removeLast()
      bestRows.replace(slot, by: row)
    } else {
      slot = bestRows.append(row)
    }
    var place = best.count
    while place > 0, rank < best[place - 1].rank { place -= 1 }
    best.insert((rank, slot), at: place)
  }
}

/// Trials drawn at random from all that there are: those with the smallest hashes.
package struct TrialSample: Sendable {
  package struct Member: Sendable {
    let hash: UInt64
    package let trial: TrialID
    let resource: Resource
    let slot: Int
  }

  /// A heap: the member with the largest hash comes first.
  package private(set) var members: [Member] = []
  private(set) var rows: RowPool
  private let limit: Int

  package init(limit: Int, width: Int) {
    self.limit = limit
    rows = RowPool(width: width)
  }

  /// O(log limit).
  package mutating func add(_ trial: TrialID, _ row: [Float], seed: UInt64, resource: Resource) {
    let hash = Self.hash(of: trial, seed: seed)
    if members.count < limit {
      members.append(Member(hash: hash, trial: trial, resource: resource, slot: rows.append(row)))
      rise(from: members.count - 1)
    } else if let first = members.first, hash < first.hash {
      rows.replace(first.slot, by: row)
      members[0] = Member(hash: hash, trial: trial, resource: resource, slot: first.slot)
      sink()
    }
  }

  static func hash(of trial: TrialID, seed: UInt64) -> UInt64 {
    CounterGenerator.mix(seed ^ CounterGenerator.mix(UInt64(truncatingIfNeeded: trial.rawValue) &+ 1))
  }

  /// Of the members those with the smallest hashes. O(limit · log limit).
  func first(_ count: Int) -> [TrialID] {
    members.sorted { $0.hash != $1.hash ? $0.hash < $1.hash : $0.trial < $1.trial }.prefix(count).map(\.trial)
  }

  private mutating func rise(from start: Int) {
    var place = start
    while place > 0, members[(place - 1) / 2].hash < members[place].hash {
      members.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink() {
    var place = 0
    while 2 * place + 1 < members.count {
      var child = 2 * place + 1
      if child + 1 < members.count, members[child].hash < members[child + 1].hash { child += 1 }
      guard members[place].hash < members[child].hash else { return }
      members.swapAt(place, child)
      place = child
    }
  }
}

/// Rows of equal width in one block of memory.
struct RowPool: Sendable {
  let width: Int
  private(set) var values: [Float] = []

  init(width: Int) { self.width = width }

  mutating func append(_ row: [Float]) -> Int {
    values += row
    return values.count / width - 1
  }

  mutating func replace(_ slot: Int, by row: [Float]) {
    for column in 0..<width { values[slot * width + column] = row[column] }
  }

  subscript(slot: Int, column: Int) -> Float { values[slot * width + column] }
}
