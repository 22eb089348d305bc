import Randomness
import SearchSpace
import Testing
import TuningTypes

@Suite struct SamplerTests {
  /// What every sampler must keep: the same answer whenever and in whatever order it is asked, valid configurations, an
  /// end where it says.
  @Test(arguments: 0..<4)
  func configurationsDependOnTheirIndexAlone(kind: Int) throws {
    func make() throws -> any SequenceSampler {
      let space = try optimizerSpace()
      return switch kind {
      case 0: RandomSampler(space: space, seed: 42)
      case 1: try SobolSampler(space: space, seed: 42)
      case 2: try GridSampler(space: space, levels: ["learning_rate": 3], defaultLevels: 2)
      default: try SobolSampler(unscrambled: space)
      }
    }
    let (a, b) = try (make(), make())
    let space = try optimizerSpace()
    let last = min(a.count ?? 300, 300)
    let ascending = (0..<last).map { a.configuration(at: $0) }
    let descending = (0..<last).reversed().map { b.configuration(at: $0) }
    #expect(ascending == descending.reversed())
    for configuration in ascending {
      let configuration = try #require(configuration)
      #expect(try space.validated(configuration) == configuration)
    }
    #expect(a.configuration(at: -1) == nil)
    if let count = a.count {
      #expect(a.configuration(at: count - 1) != nil)
      #expect(a.configuration(at: count) == nil && a.configuration(at: .max) == nil)
    }
  }

  @Test func seedsAndIndicesMakeDifferentConfigurations() throws {
    let space = try optimizerSpace()
    var seen: Set<Configuration> = []
    for seed in 0..<20 {
      let sampler = RandomSampler(space: space, seed: UInt64(seed))
      for i in 0..<100 { seen.insert(try #require(sampler.configuration(at: i))) }
    }
    #expect(seen.count == 2_000)
  }

  @Test func aConditionOrAnotherParameterAtTheEndShiftsNothing() throws {
    let free = [
      Parameter("a", .categorical(["x", "y"])), try Parameter("b", .float(0, 1)),
      try Parameter("c", .integer(1, 1_000)),
    ]
    var bound = free
    bound[1].condition = Condition([.init("a", in: ["x"])])
    bound.append(try Parameter("d", .float(0, 1)))
    let (plain, conditional) = try (
      RandomSampler(space: SearchSpace(free), seed: 9), RandomSampler(space: SearchSpace(bound), seed: 9)
    )
    var inactive = 0
    for i in 0..<200 {
      let (a, b) = try (#require(plain.configuration(at: i)), #require(conditional.configuration(at: i)))
      #expect(a["a"] == b["a"] && a["c"] == b["c"])
      #expect(b["b"] == (a["a"] == "x" ? a["b"] : nil))
      inactive += b["b"] == nil ? 1 : 0
    }
    #expect((60...140).contains(inactive))
  }

  @Test func randomConfigurationsKeepTheirKnownValues() throws {
    // Recorded from this implementation: a study's seed must go on meaning the same configurations.
    let space = try SearchSpace([
      Parameter("units", .integer(8, 256)), Parameter("dropout", .float(0, 0.6, step: 0.1)),
      Parameter("optimizer", .categorical(["sgd", "adam"])),
    ])
    let sampler = RandomSampler(space: space, seed: 42)
    #expect(
      (0..<3).map { sampler.configuration(at: $0)?.description } == [
        "units: 73, dropout: 0.3, optimizer: sgd", "units: 108, dropout: 0.6, optimizer: adam",
        "units: 74, dropout: 0.1, optimizer: sgd",
      ])
  }
}

@Suite struct SobolTests {
  private func space(_ dimensions: Int) throws -> SearchSpace {
    try SearchSpace((0..<dimensions).map { try Parameter("p\($0)", .float(0, 1)) })
  }

  /// scipy takes the points in the order of the Gray code, so that its point i is our point i ^ (i >> 1):
  ///
  ///     from scipy.stats import qmc
  ///     x = qmc.Sobol(128, scramble=False, bits=32).random(1024)
  ///     for i in (1, 2, 5, 100, 1023): print([x[i, d] for d in (0, 1, 2, 7, 20, 63, 127)])
  @Test(arguments: [
    (1 as UInt32, [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5] as [Double]),
    (2 as UInt32, [0.75, 0.25, 0.25, 0.75, 0.25, 0.75, 0.25] as [Double]),
    (5 as UInt32, [0.875, 0.875, 0.125, 0.375, 0.625, 0.625, 0.125] as [Double]),
    (100 as UInt32, [0.4140625, 0.2578125, 0.7734375, 0.4765625, 0.7578125, 0.6484375, 0.4609375] as [Double]),
    (
      1023 as UInt32,
      [0.0009765625, 0.7529296875, 0.6123046875, 0.6181640625, 0.8662109375, 0.0400390625, 0.7001953125] as [Double]
    ),
  ])
  func unscrambledPointsAreThoseOfScipy(index: UInt32, expected: [Double]) throws {
    let sampler = try SobolSampler(unscrambled: space(128))
    let gray = index ^ (index >> 1)
    #expect([0, 1, 2, 7, 20, 63, 127].map { sampler.coordinate($0, of: gray) } == expected)
  }

  /// The sum over all 1024 × 128 coordinates, each times its position, of the same scipy points, in units of 2⁻³²:
  ///
  ///     u = (x * 2**32).astype(object)
  ///     sum(int(u[i, d]) * (i * 128 + d) for i in range(1024) for d in range(128)) % 2**64
  @Test func allUnscrambledPointsAreThoseOfScipy() throws {
    let sampler = try SobolSampler(unscrambled: space(128))
    var sum: UInt64 = 0
    for i in 0..<UInt32(1024) {
      for d in 0..<128 {
        sum &+= UInt64(sampler.coordinate(d, of: i ^ (i >> 1)) * 0x1p32) &* UInt64(Int(i) * 128 + d)
      }
    }
    #expect(sum == 18_446_533_104_915_972_096)
  }

  @Test(arguments: [nil, 0, 1, 42] as [UInt64?])
  func everyDyadicIntervalIsHitOnce(seed: UInt64?) throws {
    let space = try space(128)
    let sampler = try seed.map { try SobolSampler(space: space, seed: $0) } ?? SobolSampler(unscrambled: space)
    for bits in 0...9 {
      let count = 1 << bits
      // Any aligned run of 2ᵏ points will do, not only the first.
      for start in [0, 5 * count, (1 << 31) - count] {
        for dimension in 0..<128 {
          let cells = (start..<start + count).map { Int(sampler.coordinate(dimension, of: UInt32($0)) * Double(count)) }
          #expect(cells.sorted() == Array(0..<count), "dimension \(dimension), points \(start)..<\(start + count)")
        }
      }
    }
  }

  /// The first two dimensions are a (0, 2)-sequence: of 2ᵏ points each box of size 2⁻ᵃ × 2⁻ᵇ, a + b = k, holds one.
  @Test(arguments: [UInt64(0), 7])
  func scramblingKeepsTheFirstTwoDimensionsANet(seed: UInt64) throws {
    let sampler = try SobolSampler(space: space(2), seed: seed)
    for a in 0...8 {
      let boxes = (0..<UInt32(256)).map { i in
        Int(sampler.coordinate(0, of: i) * Double(1 << a)) << (8 - a)
          | Int(sampler.coordinate(1, of: i) * Double(1 << (8 - a)))
      }
      #expect(Set(boxes).count == 256)
    }
  }

  @Test func scramblingMovesTheFirstPointAwayFromTheCorner() throws {
    let firsts = try (0..<1_000).map { seed in
      try SobolSampler(space: space(1), seed: UInt64(seed)).coordinate(0, of: 0)
    }
    #expect(!firsts.contains(0))
    #expect(distanceFromUniform(firsts) < 0.062)  // 999 of 1000 samples of a thousand uniform numbers
    let point = try SobolSampler(space: space(128), seed: 3)
    #expect(distanceFromUniform((0..<128).map { point.coordinate($0, of: 0) }) < 0.172)
  }

  @Test func tooManyParametersAreAnError() {
    #expect(
      message { () throws(SearchSpaceError) in
        var parameters: [Parameter] = []
        for i in 0..<129 { parameters.append(try Parameter("p\(i)", .float(0, 1))) }
        _ = try SobolSampler(space: SearchSpace(parameters), seed: 0)
      }
        == "the sobol sampler takes up to 128 hyperparameters, but the search space has 129; use the random sampler")
  }
}
