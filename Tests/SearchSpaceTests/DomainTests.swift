import Randomness
import SearchSpace
import Testing
import TuningTypes

@Suite struct DomainTests {
  static let domains: [Domain] = [
    try? .float(-3, 5), try? .float(1e-7, 1e3, .log), try? .float(0, 0.6, step: 0.1), try? .float(2, 2),
    try? .float(7, 7, .log), try? .float(-1e300, 1e300, step: 1e299), try? .integer(-3, 11),
    try? .integer(1, 100_000, .log), try? .integer(0, 1000, step: 7), try? .integer(5, 5),
    try? .integer(1 - (1 << 52), 1 << 52), try? .integer(1, 1 << 53, .log), .categorical(["a", 1, true, 0.5]),
    .ordinal([16, 32]),
  ].compactMap { $0 }

  @Test(arguments: domains) func everySampleIsInItsDomainInCanonicalForm(domain: Domain) {
    #expect(Self.domains.count == 14)
    for unit in uniforms(5_000, seed: 1) + [0, 0.5, 1 - 0x1p-53] {
      let value = domain.value(at: unit)
      #expect(domain.normalized(value) == value, "\(value) at \(unit)")
    }
  }

  @Test func bothEndsAreReached() throws {
    for domain: Domain in try [.float(1e-4, 1, .log), .float(0, 1), .float(0, 0.7, step: 0.1)] {
      let (low, high) = (domain.value(at: 0).number ?? .nan, domain.value(at: 1 - 0x1p-53).number ?? .nan)
      guard case .float(let range) = domain else { continue }
      #expect(abs(low - range.min) <= 1e-12 * range.max && abs(high - range.max) <= 1e-12 * range.max)
    }
    #expect(try Domain.integer(1, 9, .log).value(at: 0) == 1)
    #expect(try Domain.integer(1, 9, .log).value(at: 1 - 0x1p-53) == 9)
  }

  /// The Kolmogorov–Smirnov distance of 10,000 uniform numbers is below 0.0195 in 999 of 1000 cases.
  @Test(arguments: [UInt64(1), 2, 3])
  func floatsAreUniformOnTheirScale(seed: UInt64) throws {
    let (linear, log) = try (FloatDomain(min: -2, max: 6), FloatDomain(min: 1e-5, max: 10, scale: .log))
    let units = uniforms(10_000, seed: seed)
    #expect(distanceFromUniform(units.map { (linear.value(at: $0) + 2) / 8 }) < 0.0195)
    // Six decades: each holds a sixth. log2(x) / log2(10) by exact comparison with powers of ten.
    var decades = Array(repeating: 0, count: 6)
    let bounds = [1e-4, 1e-3, 1e-2, 1e-1, 1.0]
    for unit in units {
      let value = log.value(at: unit)
      decades[bounds.count { $0 <= value }] += 1
    }
    let expected = 10_000.0 / 6
    let chiSquare = decades.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    #expect(chiSquare < 20.5)  // 5 degrees of freedom, 999 of 1000
  }

  @Test func everyWholeNumberIsEquallyLikely() throws {
    for (min, max, step) in [(-3, 13, 1), (0, 99, 11), (8, 64, 8)] {
      let domain = try IntegerDomain(min: min, max: max, step: step)
      let values = Array(stride(from: min, through: max, by: step))
      // On an even lattice of units the shares are exact, not only probable.
      let units = values.count * 1_000
      var counts: [Int: Int] = [:]
      for i in 0..<units { counts[domain.value(at: (Double(i) + 0.5) / Double(units)), default: 0] += 1 }
      #expect(counts.count == values.count)
      #expect(values.allSatisfy { abs((counts[$0] ?? 0) - 1_000) <= 1 })
    }
  }

  @Test func wholeNumbersOnALogScaleHaveTheirDocumentedShares() throws {
    let domain = try IntegerDomain(min: 1, max: 16, scale: .log)
    let units = 1 << 20
    var counts = Array(repeating: 0, count: 17)
    for i in 0..<units { counts[domain.value(at: (Double(i) + 0.5) / Double(units))] += 1 }
    // from math import log; [round(log((n+.5)/(n-.5))/log(16.5/.5), 6) for n in (1, 2, 4, 8, 15, 16)]
    for (n, share) in [(1, 0.314203), (2, 0.146096), (4, 0.071876), (8, 0.035797), (15, 0.019074), (16, 0.017881)] {
      #expect(abs(Double(counts[n]) / Double(units) - share) < 2e-6, "\(n)")
    }
  }

  @Test func listedValuesAreEquallyLikely() {
    let domain = Domain.categorical(["a", "b", "c"])
    let values = (0..<9).map { domain.value(at: (Double($0) + 0.5) / 9) }
    #expect(values == ["a", "a", "a", "b", "b", "b", "c", "c", "c"])
  }

  @Test func steppedFloatsAreTheDecimalsTheyLookLike() throws {
    let tenths = try Domain.float(0, 0.6, step: 0.1)
    #expect(try tenths.grid(levels: nil).map(\.description) == ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6"])
    #expect(
      try Domain.float(0.05, 0.5, step: 0.1).grid(levels: nil).map(\.description)
        == ["0.05", "0.15", "0.25", "0.35", "0.45"])
    #expect(try Domain.float(-0.2, 0.1, step: 0.1).grid(levels: nil) == [-0.2, -0.1, 0.0, 0.1])
    #expect(try Domain.float(0, 1, step: 0.3).grid(levels: nil) == [0.0, 0.3, 0.6, 0.9])
    #expect(try Domain.float(1e-5, 4e-5, step: 1e-5).grid(levels: nil) == [1e-5, 2e-5, 3e-5, 4e-5])
    #expect(try Domain.float(0, 30, step: 10).grid(levels: nil) == [0.0, 10.0, 20.0, 30.0])
    #expect(try Domain.float(0, 4e20, step: 1e20).grid(levels: nil) == [0.0, 1e20, 2e20, 3e20, 4e20])
    #expect(try Domain.float(0.7, 0.8, step: 0.1).grid(levels: nil) == [0.7, 0.8])
    #expect(try Domain.float(2, 2, step: 0.1).grid(levels: nil) == [2.0])
  }

  @Test func anyDecimalStepIsExactUpToItsMaximum() throws {
    for seed in 0..<2_000 {
      var generator = CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 1)
      let places = Int.random(in: 0...6, using: &generator)
      let unit = (0..<places).reduce(1.0) { power, _ in power * 10 }
      let (low, step) = (Int.random(in: -500...500, using: &generator), Int.random(in: 1...99, using: &generator))
      let count = Int.random(in: 2...40, using: &generator)
      let domain = try Domain.float(
        Double(low) / unit, Double(low + step * (count - 1)) / unit, step: Double(step) / unit)
      #expect(
        try domain.grid(levels: nil) == (0..<count).map { .real(Double(low + $0 * step) / unit) }, "seed \(seed)")
    }
  }

  @Test func valuesAreBroughtIntoTheirDomainsForm() throws {
    let (float, stepped) = try (Domain.float(0, 100), Domain.float(0, 0.6, step: 0.1))
    let (integer, even) = try (Domain.integer(1, 9), Domain.integer(0, 8, step: 2))
    let list = Domain.categorical([16, 0.5, "adam", true])
    #expect(float.normalized(64) == .real(64) && float.normalized(100.5) == nil && float.normalized("64") == nil)
    #expect(float.normalized(.real(.nan)) == nil && float.normalized(true) == nil)
    #expect(stepped.normalized(.real(0.1 + 0.2)) == 0.3 && stepped.normalized(0.25) == nil)
    #expect(
      stepped.normalized(0.7) == nil && stepped.normalized(.real(.infinity)) == nil && stepped.normalized(0) == 0.0)
    #expect(integer.normalized(4.0) == .integer(4) && integer.normalized(4.5) == nil && integer.normalized(10) == nil)
    #expect(even.normalized(4) == 4 && even.normalized(5) == nil)
    #expect(list.normalized(16.0) == .integer(16) && list.normalized("16") == nil && list.normalized("adam") == "adam")
    #expect(list.contains(true) && !list.contains(false) && !list.contains(1) && integer.contains(4.0))
  }
}

@Suite struct GridLevelTests {
  @Test func levelsAreEquallySpacedOnTheScaleWithBothEnds() throws {
    #expect(
      try Domain.float(1e-4, 1, .log).grid(levels: 5).map(\.description) == ["0.0001", "0.001", "0.01", "0.1", "1.0"])
    #expect(try Domain.float(0, 0.6).grid(levels: 4) == [0.0, 0.2, 0.4, 0.6])
    #expect(try Domain.float(-1, 1).grid(levels: 3) == [-1.0, 0.0, 1.0])
    #expect(try Domain.float(0, 1).grid(levels: 1) == [0.5] && Domain.float(0.01, 1, .log).grid(levels: 1) == [0.1])
    #expect(try Domain.integer(8, 256, .log).grid(levels: 6) == [8, 16, 32, 64, 128, 256])
    #expect(try Domain.integer(0, 10).grid(levels: 3) == [0, 5, 10])
    #expect(try Domain.integer(0, 100, step: 10).grid(levels: 3) == [0, 50, 100])
    #expect(try Domain.float(0, 1, step: 0.25).grid(levels: 3) == [0.0, 0.5, 1.0])
    #expect(try Domain.ordinal(["s", "m", "l"]).grid(levels: 2) == ["s", "l"])
    #expect(try Domain.categorical(["a", "b"]).grid(levels: 2) == ["a", "b"])
  }

  @Test func fewValuesGiveFewLevels() throws {
    #expect(try Domain.integer(1, 3).grid(levels: 10) == [1, 2, 3])
    #expect(try Domain.integer(1, 9, .log).grid(levels: 8) == [1, 2, 3, 4, 5, 7, 9])
    #expect(try Domain.float(3, 3).grid(levels: 10) == [3.0] && Domain.float(3, 3).grid(levels: nil) == [3.0])
    #expect(try Domain.float(1, 1.0.nextUp.nextUp).grid(levels: 50).count <= 3)
  }

  @Test func aDomainsOwnGridHoldsAllOfItsValues() throws {
    #expect(try Domain.integer(1, 100).grid(levels: nil).count == IntegerDomain.naturalGridLimit)
    #expect(try Domain.integer(0, 1_000, step: 2).grid(levels: nil).count == 501)
    #expect(try Domain.ordinal([1, 2, 4]).grid(levels: nil) == [1, 2, 4])
  }

  @Test func levelsAscendAndStayInTheDomain() throws {
    for domain in DomainTests.domains {
      for levels in [1, 2, 3, 7, 100, 1_000] {
        if case .categorical = domain { continue }
        let grid = try domain.grid(levels: levels)
        #expect(!grid.isEmpty && grid.count <= levels || grid.count == 1)
        #expect(grid.allSatisfy { domain.normalized($0) == $0 })
        if case .ordinal = domain { continue }
        let numbers = grid.compactMap(\.number)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "\(domain) \(levels)")
      }
    }
  }
}
