import Journal
import Randomness
import TestSupport
import Testing

@Suite struct TimelineTests {
  @Test(arguments: 0..<30) func amountsAreThoseOfTheIntervals(seed: Int) {
    var random = testGenerator(seed)
    var timeline = Timeline()
    var intervals: [(Double, Double)] = []
    var now = 0.0
    let scale = random.pick([0.01, 1, 1000, 1e6])
    for _ in 0..<300 {
      now += random.uniform() * scale
      let start = max(0, now - random.uniform() * scale * 5)
      intervals.append((start, now))
      timeline.add(from: start, to: now)
    }
    let total = intervals.reduce(0) { $0 + ($1.1 - $1.0) }
    #expect(abs(timeline.amount(from: 0, to: now, until: now) - total) < 1e-9 * total)
    // At the slots' ends nothing is in proportion.
    let length = timeline.slotLength
    for _ in 0..<50 {
      let first = random.below(timeline.slots.count)
      let last = random.below(timeline.slots.count)
      guard first < last else { continue }
      let (start, end) = (Double(first) * length, Double(last) * length)
      let naive = intervals.reduce(0) { $0 + max(0, min($1.1, end) - max($1.0, start)) }
      #expect(abs(timeline.amount(from: start, to: end, until: now) - naive) < 1e-9 * max(1, total))
    }
    #expect(timeline.slots.count <= 256)
  }

  @Test(arguments: 0..<10) func amountsAtMomentsAddUp(seed: Int) {
    var random = testGenerator(seed)
    var timeline = Timeline()
    var total = 0.0
    for index in 0..<1000 {
      let amount = Double(random.below(10))
      timeline.add(amount, at: Double(index) * 0.37)
      total += amount
    }
    #expect(timeline.slots.reduce(0, +) == total)
    timeline.add(1, at: .nan)
    timeline.add(1, at: -1)
    timeline.add(from: 3, to: 2)
    #expect(timeline.slots.reduce(0, +) == total)
  }

  @Test func aSlotThatIsNotOverCountsForAsLongAsItHasLasted() {
    var timeline = Timeline()
    timeline.add(from: 0, to: 1002)
    #expect(timeline.slotLength == 4)
    #expect(timeline.amount(from: 1000, to: 1002, until: 1002) == 2)
    #expect(timeline.amount(from: 1000, to: 1002, until: 1004) == 1)
  }
}
