/// An amount over a study's time, in slots of equal length that double when the time exceeds them: however long the study is, a
/// few hundred numbers.
package struct Timeline: Sendable {
  /// The amount in each slot, from the study's beginning.
  package private(set) var slots: [Double] = []
  /// The length of a slot in seconds.
  package private(set) var slotLength = 1.0 / 64

  /// There are at most so many slots, and at least half as many once there have been as many. Even.
  private static let mostSlots = 256

  package init() {}

  /// Adds an amount at a moment. O(1), amortised.
  ///
  /// - Parameter time: seconds since the study began.
  package mutating func add(_ amount: Double, at time: Double) {
    guard let slot = slot(at: time) else { return }
    slots[slot] += amount
  }

  /// Adds an amount of 1 for each second of an interval. O(slots that it touches).
  package mutating func add(from start: Double, to end: Double) {
    guard end > start, let last = slot(at: end), let first = slot(at: max(0, start)) else { return }
    if first == last {
      slots[first] += end - start
      return
    }
    for index in first...last { slots[index] += overlap(of: index, from: start, to: end) }
  }

  /// The amount in an interval, that of slots that it cuts in proportion.
  ///
  /// - Parameter now: nothing can have come later; the slot that it is in is taken for as long as that.
  package func amount(from start: Double, to end: Double, until now: Double) -> Double {
    guard end > start, !slots.isEmpty else { return 0 }
    let first = Int(min(Double(slots.count), max(0, start / slotLength)))
    let last = Int(min(Double(slots.count - 1), max(0, end / slotLength)))
    guard first <= last else { return 0 }
    return (first...last).reduce(0) { sum, index in
      let length = min(slotLength, now - Double(index) * slotLength)
      return length > 0 ? sum + slots[index] * min(1, overlap(of: index, from: start, to: end) / length) : sum
    }
  }

  private func overlap(of index: Int, from start: Double, to end: Double) -> Double {
    let begin = Double(index) * slotLength
    return max(0, min(end, begin + slotLength) - max(start, begin))
  }

  /// The slot of a moment, made if need be; nil for what is no moment.
  private mutating func slot(at time: Double) -> Int? {
    guard time >= 0, time.isFinite else { return nil }
    while time >= slotLength * Double(Self.mostSlots) { halve() }
    let slot = min(Self.mostSlots - 1, Int(time / slotLength))
    if slot >= slots.count { slots += repeatElement(0, count: slot + 1 - slots.count) }
    return slot
  }

  private mutating func halve() {
    slots = stride(from: 0, to: slots.count, by: 2).map { slots[$0] + ($0 + 1 < slots.count ? slots[$0 + 1] : 0) }
    slotLength *= 2
  }
}
