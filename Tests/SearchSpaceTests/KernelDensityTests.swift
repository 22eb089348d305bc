import Foundation
import Randomness
import SearchSpace
import Testing
import TuningTypes

/// Densities against SciPy and statsmodels, and draws against densities.
@Suite struct KernelDensityTests {
  private static func numeric() throws -> SearchSpace {
    try SearchSpace(["a", "b", "c"].map { Parameter($0, try .float(0, 1)) })
  }

  private static func mixed() throws -> SearchSpace {
    try SearchSpace([
      Parameter("a", .float(0, 1)), Parameter("b", .categorical([1, 2, 3, 4])),
      Parameter("c", .ordinal([1, 2, 3, 4, 5])), Parameter("d", .categorical(["x", "y"])),
    ])
  }

  private static func conditional() throws -> SearchSpace {
    try SearchSpace([
      Parameter("a", .categorical([0, 1])), Parameter("b", .float(0, 1), when: Condition([.init("a", in: [1])])),
      Parameter("c", .categorical([1, 2, 3]), when: Condition([.init("a", in: [1])])),
    ])
  }

  /// Bandwidths to 1e-7, densities and ratios to 1e-6: kernels are summed up in single precision.
  @Test func densitiesAndBandwidthsAreThoseOfTheOracle() throws {
    let cases = [
      (KernelDensityOracle.numeric, try Self.numeric()), (KernelDensityOracle.mixed, try Self.mixed()),
      (KernelDensityOracle.conditional, try Self.conditional()),
    ]
    for (oracle, space) in cases {
      let axes = ModelSpace(space).axes
      let good = KernelDensity(oracle.good, over: axes, minBandwidth: 0.01)
      let bad = KernelDensity(oracle.bad, over: axes, minBandwidth: 0.01)
      for (mine, theirs) in [(good.bandwidths, oracle.goodBandwidths), (bad.bandwidths, oracle.badBandwidths)] {
        for (a, b) in zip(mine, theirs) { #expect(abs(a - b) <= 1e-7 * max(b, 1e-3)) }
      }
      var sums: [SIMD8<Float>] = []
      var ratios: [Double] = []
      for (place, start) in stride(from: 0, to: oracle.places.count, by: axes.count).enumerated() {
        let x = oracle.places[start..<start + axes.count]
        let l = good.density(at: x, sums: &sums)
        let g = bad.density(at: x, sums: &sums)
        #expect(abs(l / oracle.goodDensities[place] - 1) <= 1e-6)
        #expect(abs(g / oracle.badDensities[place] - 1) <= 1e-6)
        #expect(abs(l / g / (oracle.goodDensities[place] / oracle.badDensities[place]) - 1) <= 1e-6)
        ratios.append(l / g)
      }
      #expect(ratios.indices.max { ratios[$0] < ratios[$1] } == oracle.best)
    }
  }

  /// The kernel around a point, in double precision.
  private func kernel(_ rows: [Float], _ point: Int, at place: ArraySlice<Float>, _ bandwidths: [Double]) -> Double {
    bandwidths.enumerated().reduce(1.0) { product, axis in
      let (h, m) = (axis.element, Double(rows[bandwidths.count * point + axis.offset]))
      let z = (Double(place[axis.offset]) - m) / h
      let inside = 0.5 * (erf((1 - m) / h / 2.0.squareRoot()) + erf(m / h / 2.0.squareRoot()))
      return product * exp(-z * z / 2) / (h * (2 * Double.pi).squareRoot() * inside)
    }
  }

  /// Twenty narrow kernels multiply to more than a float holds. Distances in units of a thousandth cost three digits.
  @Test(arguments: [1, 5, 11, 20]) func narrowKernelsOfManyHyperparametersAddUp(axes width: Int) throws {
    let space = try SearchSpace((0..<width).map { Parameter("x\($0)", try .float(0, 1)) })
    let rows = uniforms(40 * width, seed: 7).map { Float(0.5 + 0.004 * ($0 - 0.5)) }
    let all = KernelDensity(rows, over: ModelSpace(space).axes, minBandwidth: 0.001)
    var sums: [SIMD8<Float>] = []
    for seed in 0..<20 as Range<UInt64> {
      let reach = seed % 2 == 0 ? 0.004 : 0.02
      let place = ArraySlice(uniforms(width, seed: 100 + seed).map { Float(0.5 + reach * ($0 - 0.5)) })
      let total = (0..<40).reduce(1.0) { $0 + kernel(rows, $1, at: place, all.bandwidths) }
      #expect(abs(all.density(at: place, sums: &sums) / (total / 41) - 1) <= 1e-3)
    }
  }

  /// With more kernels than are summed up between two looks, and with fewer.
  @Test(arguments: [1, 7, 8, 9, 127, 128, 129, 640]) func aDensityIsASumOverAllPoints(count: Int) throws {
    let axes = ModelSpace(try Self.numeric()).axes
    let rows = uniforms(3 * count, seed: 5).map { Float($0) }
    let all = KernelDensity(rows, over: axes, minBandwidth: 0.01)
    var sums: [SIMD8<Float>] = []
    let place = ArraySlice(uniforms(3, seed: 6).map { Float($0) })
    let total = (0..<count).reduce(1.0) { $0 + kernel(rows, $1, at: place, all.bandwidths) }
    let density = all.density(at: place, sums: &sums)
    #expect(abs(density / (total / Double(count + 1)) - 1) <= 1e-6)
    // Cut short, what was found is above the limit, and not above the whole.
    let limit = density * 0.3
    let part = all.density(at: place, upTo: limit, sums: &sums)
    #expect(part > limit && part <= density)
  }

  /// χ² over twenty cells, or the values: 19 degrees of freedom pass 65 once in a million times.
  @Test func candidatesFollowTheWideKernels() throws {
    let space = try Self.mixed()
    let axes = ModelSpace(space).axes
    let oracle = KernelDensityOracle.mixed
    let density = KernelDensity(oracle.good, over: axes, minBandwidth: 0.01)
    let count = density.count
    let source = CandidateSource(oracle.good, over: axes, bandwidths: density.bandwidths, factor: 3)
    var generator = CounterGenerator(seed: 3, purpose: .synthetic, index: 1)
    let draws = 100_000
    var cells = Array(repeating: Array(repeating: 0, count: 20), count: 4)
    for _ in 0..<draws {
      let point = source.pickPoint(&generator)
      for axis in 0..<4 {
        let place = source.place(axis, around: point, &generator)
        #expect(place >= 0 && place < 1)
        cells[axis][Int(place * Double([20, 4, 20, 2][axis]))] += 1
      }
    }
    for axis in 0..<4 {
      let values = axes[axis].isOrderless ? [0, 4, 0, 2][axis] : 20
      var squares = 0.0
      for cell in 0..<values {
        var expected = 0.0
        for point in 0..<count {
          let m = Double(oracle.good[point * 4 + axis])
          if axes[axis].isOrderless {
            let w = Double(values) / Double(count + 1)
            let uniform = min(1, 3 * w / (1 + w))
            expected += uniform / Double(values) + (Int(m) == cell ? 1 - uniform : 0)
          } else {
            let h = 3 * density.bandwidths[axis] * 2.0.squareRoot()
            let below = { (x: Double) in 0.5 * erf((x - m) / h) }
            expected += (below(Double(cell + 1) / 20) - below(Double(cell) / 20)) / (below(1) - below(0))
          }
        }
        expected *= Double(draws) / Double(count)
        squares += (Double(cells[axis][cell]) - expected) * (Double(cells[axis][cell]) - expected) / expected
      }
      #expect(squares < 65, "axis \(axis)")
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func aSampleOfTrialsDoesNotDependOnTheirOrder(seed: UInt64) {
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 2)
    let trials = Array(0..<1000)
    var samples: [[Int]] = []
    for order in [trials, trials.reversed(), trials.shuffled(using: &generator)] {
      var sample = TrialSample(limit: 64, width: 1)
      for trial in order { sample.add(TrialID(trial), [0], seed: seed, resource: 1) }
      samples.append(sample.members.map(\.trial.rawValue).sorted())
    }
    #expect(samples[0].count == 64 && samples[0] == samples[1] && samples[0] == samples[2])
    // Not the first ones, nor the last: the mean of 64 of 1,000 is within 150 of the middle but once in 100,000.
    let mean = Double(samples[0].reduce(0, +)) / 64
    #expect(abs(mean - 499.5) < 160)
  }
}
