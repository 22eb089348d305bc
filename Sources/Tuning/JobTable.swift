internal import TuningTypes

/// The jobs that have not ended, by number.
///
/// An open hash table with linear probing, at most half full: every event of a study looks a job up and takes it out, and
/// the dictionary's keyed hash, which is there to resist attacks, was a sixth of what an event costs.
/// Complexity: everything O(1), amortised, but ``ids``.
struct JobTable: Sendable {
  private var ids: [JobID?]
  private var records: [Tuner.JobRecord?]
  private(set) var count = 0

  init() {
    ids = Array(repeating: nil, count: 16)
    records = Array(repeating: nil, count: 16)
  }

  var isEmpty: Bool { count == 0 }

  /// The numbers of all jobs, in no order that means anything. O(capacity).
  var keys: [JobID] { ids.compactMap { $0 } }

  subscript(id: JobID) -> Tuner.JobRecord? {
    get { slot(of: id).flatMap { records[$0] } }
    set {
      guard let newValue else {
        removeValue(forKey: id)
        return
      }
      if let slot = slot(of: id) {
        records[slot] = newValue
      } else {
        if 2 * (count + 1) > ids.count { grow() }
        insert(id, newValue)
      }
    }
  }

  @discardableResult
  mutating func removeValue(forKey id: JobID) -> Tuner.JobRecord? {
    guard var hole = slot(of: id) else { return nil }
    let record = records[hole].take()
    ids[hole] = nil
    count -= 1
    // Those behind move up, unless they would come to lie before the place where their search begins.
    var next = (hole + 1) & mask
    while let other = ids[next] {
      if (next - home(of: other)) & mask >= (next - hole) & mask {
        ids.swapAt(hole, next)
        records.swapAt(hole, next)
        hole = next
      }
      next = (next + 1) & mask
    }
    return record
  }

  private var mask: Int { ids.count - 1 }

  /// Where the search for a number begins (multiplicative hashing; Knuth, TAOCP 3, section 6.4).
  private func home(of id: JobID) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: Int64(id.rawValue)) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
  }

  private func slot(of id: JobID) -> Int? {
    var slot = home(of: id)
    while let other = ids[slot] {
      if other == id { return slot }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private mutating func insert(_ id: JobID, _ record: consuming Tuner.JobRecord) {
    var slot = home(of: id)
    while ids[slot] != nil { slot = (slot + 1) & mask }
    ids[slot] = id
    records[slot] = record
    count += 1
  }

  private mutating func grow() {
    let old = zip(ids, records)
    ids = Array(repeating: nil, count: 2 * ids.count)
    records = Array(repeating: nil, count: ids.count)
    count = 0
    for case (let id?, let record?) in old { insert(id, record) }
  }
}
