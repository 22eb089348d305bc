import Randomness
import Testing

@Suite struct CounterGeneratorTests {
  /// The vectors "philox4x32 10" of `kat_vectors`, which comes with Random123, the authors' own implementation.
  @Test(arguments: [
    (
      counter: SIMD4<UInt32>(repeating: 0), key: SIMD2<UInt32>(repeating: 0),
      expected: SIMD4<UInt32>(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
    ),
    (
      counter: SIMD4<UInt32>(repeating: .max), key: SIMD2<UInt32>(repeating: .max),
      expected: SIMD4<UInt32>(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      counter: SIMD4<UInt32>(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344),
      key: SIMD2<UInt32>(0xA409_3822, 0x299F_31D0),
      expected: SIMD4<UInt32>(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ])
  func philoxGivesThePublishedAnswers(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>, expected: SIMD4<UInt32>
  ) {
    #expect(CounterGenerator.philox(counter: counter, key: key) == expected)
  }

  @Test func aPositionLeadsBackToTheSameNumbers() {
    var generator = CounterGenerator(seed: 7, purpose: .shuffle, index: 3)
    var positions: [UInt64] = []
    var numbers: [UInt64] = []
    for _ in 0..<101 {
      positions.append(generator.position)
      numbers.append(generator.next())
    }
    #expect(positions == Array(0..<101))
    for (position, number) in zip(positions, numbers).reversed() {
      var other = CounterGenerator(seed: 7, purpose: .shuffle, index: 3)
      other.position = position
      #expect(other.position == position)
      #expect(other.next() == number)
      #expect(other.position == position + 1)
    }
  }

  @Test func aPositionFarAwayIsReachedAtOnce() {
    var generator = CounterGenerator(seed: 1, purpose: .dropout, index: 0)
    for position: UInt64 in [1 << 33, (1 << 33) + 1, (1 << 62) + 5] {
      generator.position = position
      #expect(generator.position == position)
      let number = generator.next()
      generator.position = position + 1
      let following = generator.next()
      generator.position = position
      #expect(generator.next() == number)
      #expect(generator.next() == following)
    }
  }

  @Test func seedPurposeAndIndexEachMakeAnotherStream() {
    var first: Set<UInt64> = []
    for seed in [UInt64(0), 1, 2, .max] {
      for purpose in (1...8).map({ CounterGenerator.Purpose(rawValue: $0) }) {
        for index in [UInt64(0), 1, 2, 1 << 32, .max] {
          var generator = CounterGenerator(seed: seed, purpose: purpose, index: index)
          first.insert(generator.next())
        }
      }
    }
    #expect(first.count == 4 * 8 * 5)
  }

  /// Pearson's chi-square over 64 equal cells; with 63 degrees of freedom it stays below 104 in 999 of 1000 cases.
  @Test(arguments: [UInt64(0), 1, 42, .max])
  func uniformNumbersFillTheUnitIntervalEvenly(seed: UInt64) {
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 0)
    var cells = Array(repeating: 0, count: 64)
    let draws = 64_000
    for _ in 0..<draws {
      let number = generator.uniform()
      #expect(number >= 0 && number < 1)
      cells[Int(number * 64)] += 1
    }
    let expected = Double(draws) / 64
    let chiSquare = cells.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(chiSquare < 104)
  }

  @Test func mixingIsABijectionWithKnownAnswers() {
    // The first outputs of SplitMix64 from state 0 (Vigna, splitmix64.c): mix(k · 0x9E3779B97F4A7C15).
    #expect(CounterGenerator.mix(0x9E37_79B9_7F4A_7C15) == 0xE220_A839_7B1D_CDAF)
    #expect(CounterGenerator.mix(0x3C6E_F372_FE94_F82A) == 0x6E78_9E6A_A1B9_65F4)
    #expect(Set((0..<10_000).map { CounterGenerator.mix($0) }).count == 10_000)
  }
}
