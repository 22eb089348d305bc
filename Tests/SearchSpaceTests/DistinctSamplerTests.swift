import Randomness
import SearchSpace
import Testing
import TuningTypes

/// Finite spaces: every configuration once, then the end.
@Suite struct DistinctSamplerTests {
  private static func space(_ random: inout CounterGenerator) throws -> SearchSpace {
    let names = ["a", "b", "c", "d"].prefix(1 + Int(random.next() % 4))
    var parameters = [
      Parameter("kind", .categorical(names.map { .text($0) })),
      Parameter(
        "units",
        .integer(
          try IntegerDomain(min: 1, max: 1 + Int(random.next() % 40), scale: random.next() % 2 == 0 ? .log : .linear))),
    ]
    if random.next() % 2 == 0 {
      parameters.append(
        Parameter(
          "rate", .float(try FloatDomain(min: 0, max: 1, step: 0.25)), when: Condition([.init("kind", in: ["a"])])))
    }
    return try SearchSpace(parameters)
  }

  private func random(_ seed: Int) -> CounterGenerator {
    CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 1)
  }

  @Test(arguments: 0..<60) func everyConfigurationComesOnceAndThenTheEnd(seed: Int) throws {
    var random = random(seed)
    let space = try Self.space(&random)
    let bases: [any SequenceSampler] = [
      RandomSampler(space: space, seed: 7), try SobolSampler(space: space, seed: 7),
      try GridSampler(space: space, levels: ["units": 1_000], shuffledBy: 7),
    ]
    let total = try #require(try GridSampler(space: space, levels: ["units": 1_000]).count)
    let starts = [RandomSampler(space: space, seed: 99).configuration(at: 0)].compactMap(\.self)
    for base in bases {
      for excluded in [[], starts] {
        let sampler = try #require(DistinctSampler(base, over: space, excluding: excluded, seed: 7))
        #expect(sampler.count == total - excluded.count)
        let all = (0..<total).compactMap(sampler.configuration(at:))
        #expect(all.count == total - excluded.count && Set(all).count == all.count)
        #expect(Set(all).isDisjoint(with: excluded))
        #expect(sampler.configuration(at: all.count) == nil && sampler.configuration(at: -1) == nil)
      }
    }
  }

  /// In any order of asking, on every rank the same.
  @Test func configurationIsAFunctionOfTheSeedAndItsNumber() throws {
    var random = random(3)
    let space = try Self.space(&random)
    let base = RandomSampler(space: space, seed: 5)
    let first = try #require(DistinctSampler(base, over: space, excluding: [], seed: 5))
    let second = try #require(DistinctSampler(base, over: space, excluding: [], seed: 5))
    let count = try #require(first.count)
    let inOrder = (0..<count).map { first.configuration(at: $0) }
    let backwards = (0..<count).reversed().map { second.configuration(at: $0) }
    #expect(inOrder == backwards.reversed())
    let other = try #require(
      DistinctSampler(RandomSampler(space: space, seed: 6), over: space, excluding: [], seed: 6))
    #expect(inOrder != (0..<count).map { other.configuration(at: $0) })
  }

  /// Until the first repetition it gives what the sampler gives, so that a study begins as it always did.
  @Test func theSamplersOwnOrderStaysButForWhatWasGiven() throws {
    var random = random(3)
    let space = try Self.space(&random)
    let base = RandomSampler(space: space, seed: 5)
    let sampler = try #require(DistinctSampler(base, over: space, excluding: [], seed: 5))
    var seen: Set<Configuration> = []
    let distinct = (0..<200).compactMap { base.configuration(at: $0) }.filter { seen.insert($0).inserted }
    // The last few may come in another order: nobody waits for long.
    let sure = distinct.prefix(distinct.count / 2)
    #expect(sure.elementsEqual((0..<sure.count).compactMap(sampler.configuration(at:))))
  }

  @Test func whatIsNotFiniteOrTooLargeIsSampledAsEver() throws {
    for domain in [
      Domain.float(try FloatDomain(min: 0, max: 1)), .integer(try IntegerDomain(min: 0, max: 1 << 40)),
    ] {
      let space = try SearchSpace([Parameter("x", domain)])
      #expect(DistinctSampler(RandomSampler(space: space, seed: 1), over: space, excluding: [], seed: 1) == nil)
    }
  }
}
