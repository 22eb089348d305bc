internal import TuningTypes

/// The jobs that have not ended, by number.
///
/// An open hash table with linear probing, at most half full: every event of a study looks a job up and takes it out, and
/// the dictionary's keyed hash, which is there to resist attacks, was a sixth of what an event costs.
/// Complexity: everything O(1), amortised, but ``ids``.
struct JobTable: Sendable {
  private var slots: [Tuner.JobRecord?] = Array(repeating: nil, count: 16)
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }

  /// The numbers of all jobs, in no order that means anything. O(capacity).
  var ids: [JobID] { slots.compactMap { $0?.id } }

  subscript(id: JobID) -> Tuner.JobRecord? {
    get { slot(of: id).flatMap { slots[$0] } }
    set {
      removeValue(forKey: id)
      if let newValue { insert(newValue) }
    }
  }

  /// Adds a job whose number is not in the table.
  mutating func insert(_ record: Tuner.JobRecord) {
    if 2 * (count + 1) > slots.count { grow() }
    var slot = home(of: record.id)
    while slots[slot] != nil { slot = (slot + 1) & mask }
    slots[slot] = record
    count += 1
  }

  @discardableResult
  mutating func removeValue(forKey id: JobID) -> Tuner.JobRecord? {
    guard var hole = slot(of: id) else { return nil }
    let record = slots[hole]
    count -= 1
    // Those behind move up, unless they would come to lie before the place where their search begins.
    var next = (hole + 1) & mask
    while let other = slots[next] {
      if (next - home(of: other.id)) & mask >= (next - hole) & mask {
        slots[hole] = other
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = nil
    return record
  }

  private var mask: Int { slots.count - 1 }

  /// Where the search for a number begins (multiplicative hashing; Knuth, TAOCP 3, section 6.4).
  private func home(of id: JobID) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: Int64(id.rawValue)) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
  }

  private func slot(of id: JobID) -> Int? {
    var slot = home(of: id)
    while let other = slots[slot]?.id {
      if other == id { return slot }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: nil, count: 2 * old.count)
    count = 0
    for case let record? in old { insert(record) }
  }
}
