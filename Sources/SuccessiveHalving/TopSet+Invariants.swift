internal import HeapModule

extension TopSet {
  /// Says what contradicts the invariants, or nil. O(n log n).
  package func violation(_ statuses: some TopSetStatuses<Element>) -> String? {
    let waiting = candidates.unordered.filter { !statuses.isErased($0) }
    let gone = taken.unordered.filter { !statuses.isErased($0) }
    let below = rest.unordered.filter { !statuses.isErased($0) }
    let found = waiting.count + gone.count
    if found != topCount { return "the top counts \(topCount) and has \(found)" }
    if topCount + below.count != count { return "\(count) counted, and there are \(topCount + below.count)" }
    if candidates.count + taken.count + rest.count != count + tombstones { return "tombstones are miscounted" }
    if waiting.contains(where: { statuses.isTaken($0) }) { return "one that was taken can be taken again" }
    if gone.contains(where: { !statuses.isTaken($0) }) { return "one that was not taken can no longer be taken" }
    if let best = candidates.min, statuses.isErased(best) { return "the best was erased" }
    if let worst = (waiting + gone).max(), let best = below.min(), !(worst < best) { return "the top is not the top" }
    return nil
  }
}
