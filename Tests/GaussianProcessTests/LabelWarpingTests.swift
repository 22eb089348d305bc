import GaussianProcess
import Testing

/// Labels against the known answers of Vizier's own tests (`output_warpers_test.py`), and what must hold of any.
@Suite struct LabelWarpingTests {
  private func expectClose(_ labels: [Double], _ expected: [Double]) {
    #expect(labels.count == expected.count)
    for (mine, theirs) in zip(labels, expected) {
      #expect(mine.isNaN == theirs.isNaN)
      if !theirs.isNaN { #expect(abs(mine - theirs) <= 1e-6 * max(1, abs(theirs))) }
    }
  }

  @Test func halfRanksAreViziers() {
    expectClose(
      LabelWarping.halfRankWarped([.nan, 1, 4, 2, 10, 12, .nan, 2, 3, 5, 6]),
      [
        .nan, -2.7145447657886415, 4, 0.3722561569665319, 10, 12, .nan, 0.3722561569665319, 2.322289907556879, 5, 6,
      ])
    expectClose(
      LabelWarping.halfRankWarped([.nan, -4, -3, -2, 1.1, 1.2, 1.3, 1.4, 1.5]),
      [.nan, 0.7984888240158797, 0.9467291870388195, 1.0380072549079085, 1.1139555940074284, 1.2, 1.3, 1.4, 1.5])
    expectClose(
      LabelWarping.halfRankWarped([.nan, 1, 2, 3, 4, 4, 6, 7, 10, 11, 12]),
      [
        .nan, -2.3573836671676096, 0.7453945664588675, 2.655910679724611, 4.2455644597926385, 4.2455644597926385, 6, 7,
        10, 11, 12,
      ])
  }

  @Test func labelsAreViziers() {
    expectClose(
      LabelWarping.labels(losses: [-1, -1, -5, 1e80, .nan, .infinity]),
      [0.61848423, 0.61848423, 1.25966537, 0.25966537, -1.24033463, -1.24033463])
    expectClose(LabelWarping.labels(losses: [.nan, .infinity]), [-1, -1])
    for constant in [0, 1, 100, -100] as [Double] {
      #expect(LabelWarping.labels(losses: Array(repeating: constant, count: 5)) == Array(repeating: 0, count: 5))
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>) func betterLossesHaveLargerLabels(seed: UInt64) {
    var data = RandomData(seed: seed)
    var losses = data.numbers(1 + Int(seed), from: -3, to: 3).map { ($0 * 4).rounded() / 4 }
    if seed % 3 == 0 { losses += [.nan, .infinity, -.infinity] }
    if seed % 4 == 0 { losses += [1e300, .greatestFiniteMagnitude, 1e80] }
    if seed % 5 == 0 { losses += [-1e300, -1e30] }
    let labels = LabelWarping.labels(losses: losses)
    for label in labels { #expect(label.isFinite) }
    for a in losses.indices {
      for b in losses.indices where losses[a].isFinite {
        if !losses[b].isFinite {
          #expect(labels[a] > labels[b])
        } else if losses[a] == losses[b] {
          #expect(labels[a] == labels[b])
        } else if losses[a] < losses[b] {
          #expect(labels[a] >= labels[b])
        }
      }
    }
  }

  @Test func neitherUnitNorOffsetOfTheLossMatters() {
    var data = RandomData(seed: 9)
    let losses = data.numbers(31, from: 0, to: 1) + [.nan]
    let labels = LabelWarping.labels(losses: losses)
    for (label, other) in zip(labels, LabelWarping.labels(losses: losses.map { 1e6 * $0 - 12345 })) {
      #expect(abs(label - other) < 1e-9)
    }
    for scale in [1e-200, 1e200] {
      for (label, other) in zip(labels, LabelWarping.labels(losses: losses.map { scale * $0 })) {
        #expect(abs(label - other) < 1e-9)
      }
    }
  }
}
