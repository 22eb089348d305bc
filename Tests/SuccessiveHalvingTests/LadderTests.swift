import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct LadderTests {
  @Test(arguments: [
    // (r, R, η, s), then the resources by hand.
    (1, 9, 3, 0, [1, 3, 9]),
    (1, 64, 4, 0, [1, 4, 16, 64]),
    (1, 64, 4, 1, [4, 16, 64]),
    (1, 64, 4, 3, [64]),
    (1, 256, 4, 0, [1, 4, 16, 64, 256]),
    (1, 10, 3, 0, [1, 3, 10]),
    (1, 10, 3, 2, [10]),
    (2, 100, 3, 0, [2, 6, 18, 100]),
    (5, 5, 2, 0, [5]),
    (5, 9, 2, 0, [9]),
    (5, 10, 2, 0, [5, 10]),
    (1, 1, 2, 0, [1]),
  ])
  func aBoundedLadderTrainsToTheseResources(r: Int, max: Int, eta: Int, s: Int, expected: [Int]) throws {
    let ladder = try LadderSpecification(minResource: r, maxResource: max, reductionFactor: eta, earlyStoppingRate: s)
    #expect(ladder.resources.map(\.rawValue) == expected)
    #expect(ladder.rungCount == expected.count)
    #expect(ladder.bracket.rawValue == s)
    #expect(ladder.topRung.rawValue == expected.count - 1)
    #expect(ladder.maxResource.rawValue == max)
    #expect(ladder.resource(of: RungIndex(expected.count)) == nil)
    #expect(ladder.resource(of: -1) == nil)
    #expect(ladder.resumeResource(of: 0) == 0)
    for rung in expected.indices.dropFirst() {
      #expect(ladder.resumeResource(of: RungIndex(rung)).rawValue == expected[rung - 1])
    }
  }

  /// Where floating-point logarithms go wrong: log(243)/log(3) is 4.999…, log(1000)/log(10) is 2.999….
  @Test(arguments: [(3, 5), (10, 3), (10, 6), (3, 10), (2, 62), (7, 22), (5, 3), (6, 3), (10, 18)])
  func exactPowersHaveExactRungCounts(eta: Int, exponent: Int) throws {
    let max = (0..<exponent).reduce(1) { power, _ in power * eta }
    #expect(try rungCount(1, max, eta) == exponent + 1)
    #expect(try rungCount(1, max + 1, eta) == exponent + 1)
    #expect(try rungCount(1, max - 1, eta) == exponent)
  }

  @Test func rungCountsAreWhatCountingGives() throws {
    for eta in 2...11 {
      for r in 1...12 {
        for max in r...700 {
          // r·η^k of which R is no exact one count as well: ⌊log_η(R/r)⌋ + 1 is how many of them are at most R.
          let expected = (0..<12).count { k in (0..<k).reduce(r) { power, _ in power * eta } <= max }
          let ladder = try LadderSpecification(minResource: r, maxResource: max, reductionFactor: eta)
          try #require(ladder.rungCount == expected, "r \(r), R \(max), η \(eta)")
          try #require(ladder.maxResource.rawValue == max)
          try #require(zip(ladder.resources, ladder.resources.dropFirst()).allSatisfy { $0 < $1 })
        }
      }
    }
  }

  @Test func anUnboundedLadderGoesOnUntilAnIntEnds() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: nil, reductionFactor: 2, earlyStoppingRate: 1)
    #expect(ladder.rungCount == nil)
    #expect(ladder.resource(of: 0) == 2)
    #expect(ladder.resource(of: 61) == Resource(1 << 62))
    #expect(ladder.resource(of: 62) == nil)
    #expect(try LadderSpecification(minResource: 1, maxResource: .max, reductionFactor: .max).rungCount == 2)
    let shortest = try LadderSpecification(minResource: .max, maxResource: nil, reductionFactor: 2)
    #expect(shortest.resources == [Resource(.max)])
  }

  @Test func listedResourcesAreTakenAsTheyAre() throws {
    let ladder = try LadderSpecification(resources: [1, 3, 10, 27], reductionFactor: 3, earlyStoppingRate: 1)
    #expect(ladder.resources == [3, 10, 27])
    #expect(ladder.rungCount == 3)
    #expect(ladder.bracket == 1)
  }

  @Test(arguments: [
    (1, 9, 1, 0, SchedulerError.Key.reductionFactor), (1, 9, 0, 0, .reductionFactor), (1, 9, -3, 0, .reductionFactor),
    (0, 9, 3, 0, .minResource), (-1, 9, 3, 0, .minResource), (10, 9, 3, 0, .maxResource),
    (1, 9, 3, -1, .earlyStoppingRate), (1, 9, 3, 3, .earlyStoppingRate), (1, 8, 3, 2, .earlyStoppingRate),
  ])
  func aBadLadderNamesTheKeyAtFault(r: Int, max: Int, eta: Int, s: Int, key: SchedulerError.Key) {
    let error = #expect(throws: SchedulerError.self) {
      try LadderSpecification(minResource: r, maxResource: max, reductionFactor: eta, earlyStoppingRate: s)
    }
    #expect(error?.key == key)
    #expect(error?.problem.isEmpty == false && error?.advice.hasSuffix(".") == true)
  }

  @Test(arguments: [
    ([], 0, SchedulerError.Key.resources), ([0, 1], 0, .resources), ([-4], 0, .resources), ([1, 1], 0, .resources),
    ([1, 4, 2], 0, .resources), ([1, 4], 2, .earlyStoppingRate), ([1, 4], -1, .earlyStoppingRate),
  ])
  func aBadListNamesTheKeyAtFault(resources: [Int], s: Int, key: SchedulerError.Key) {
    let error = #expect(throws: SchedulerError.self) {
      try LadderSpecification(resources: resources, reductionFactor: 2, earlyStoppingRate: s)
    }
    #expect(error?.key == key)
  }

  @Test func aSpecificationRefusesWhatDoesNotFit() throws {
    let unbounded = try LadderSpecification(minResource: 1, maxResource: nil, reductionFactor: 4)
    #expect(throws: SchedulerError.self) { try SchedulerSpecification(algorithm: .randomSearch, ladder: unbounded) }
    #expect(throws: SchedulerError.self) { try SchedulerSpecification(algorithm: .gridSearch, ladder: unbounded) }
    let missing = #expect(throws: SchedulerError.self) {
      try SchedulerSpecification(algorithm: .synchronousSuccessiveHalving, ladder: unbounded)
    }
    #expect(missing?.key == .configurations)
    #expect(throws: SchedulerError.self) {
      try SchedulerSpecification(algorithm: .synchronousSuccessiveHalving, ladder: unbounded, configurations: 0)
    }
    let delayed = #expect(throws: SchedulerError.self) {
      try SchedulerSpecification(
        algorithm: .synchronousSuccessiveHalving, ladder: unbounded, promotion: .delayed, configurations: 9)
    }
    #expect(delayed?.key == .promotion)
  }

  private func rungCount(_ r: Int, _ max: Int, _ eta: Int) throws -> Int? {
    try LadderSpecification(minResource: r, maxResource: max, reductionFactor: eta).rungCount
  }
}
