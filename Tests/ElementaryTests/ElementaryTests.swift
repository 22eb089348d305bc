import Elementary
import Foundation
import Testing

@Suite struct ElementaryTests {
  /// The largest difference, in units of the exact value's last place, over evenly spaced numbers.
  private func worst(_ function: (Double) -> Double, _ truth: (Double) -> Double, _ range: ClosedRange<Double>)
    -> Double
  {
    var worst = 0.0
    for step in 0...200_000 {
      let x = range.lowerBound + (range.upperBound - range.lowerBound) * Double(step) / 200_000
      let exact = truth(x)
      worst = max(worst, abs(function(x) - exact) / exact.ulp)
    }
    return worst
  }

  @Test func exponentialsAndLogarithmsAreGoodToTheLastPlace() {
    #expect(worst(exponential, exp, -700...700) <= 1)
    #expect(worst(exponential, exp, -1...1) <= 1)
    #expect(worst(logarithm, log, 1e-300...1e-290) <= 1)
    #expect(worst(logarithm, log, 0.3...3) <= 1)
    #expect(worst(logarithm, log, 1...1e15) <= 1)
    #expect(logarithm(Double.leastNonzeroMagnitude) == log(Double.leastNonzeroMagnitude))
  }

  @Test func theEndsOfTheRangeAreThoseOfTheCLibrary() {
    for x in [0, -0.0, .infinity, -.infinity, 709, 710, -745, -746] as [Double] { #expect(exponential(x) == exp(x)) }
    for x in [0, 1, .infinity, .leastNormalMagnitude] as [Double] { #expect(logarithm(x) == log(x)) }
    #expect(exponential(Double.nan).isNaN && logarithm(Double.nan).isNaN && logarithm(-1.0).isNaN)
  }

  @Test func theQuantileUndoesTheDistribution() {
    for step in 1..<100_000 {
      let p = Double(step) / 100_000
      let z = normalQuantile(p)
      #expect(abs(0.5 * erfc(-z / 2.0.squareRoot()) - p) < 1e-7)
    }
    for power in 1...300 {
      let p = pow(10, -Double(power))
      #expect(abs(log(0.5 * erfc(-normalQuantile(p) / 2.0.squareRoot())) / log(p) - 1) < 1e-5)
    }
  }

  /// In eight lanes at once, each against the C library.
  @Test func eightFloatsAtOnceAreGoodToSinglePrecision() {
    for step in stride(from: -8_000, to: 8_000, by: 8) {
      let x = SIMD8<Float>((0..<8).map { Float(step + $0) / 1000 })
      let positive = (x * x + 1e-3) * 1e3
      let (errors, logarithms) = (errorFunction(x), logarithm(positive))
      for lane in 0..<8 {
        let exact = erf(Double(x[lane]))
        #expect(abs(Double(errors[lane]) - exact) <= 4.2e-7 * abs(exact))
        let exactLog = log(Double(positive[lane]))
        #expect(abs(Double(logarithms[lane]) - exactLog) <= 1.2e-7 * max(1, abs(exactLog)))
      }
    }
  }

  /// In four lanes at once, against the C library.
  @Test func fourExponentialsAtOnceAreGoodToTheLastTwoPlaces() {
    for step in stride(from: -700_000, to: 700_000, by: 4) {
      let x = SIMD4<Double>((0..<4).map { Double(step + $0) * 1.000_123e-3 })
      let found = exponential(x)
      for lane in 0..<4 {
        let exact = exp(x[lane])
        #expect(abs(found[lane] - exact) <= 2 * exact.ulp)
      }
    }
    let ends = exponential(SIMD4<Double>(-709, -.infinity, 0, .nan))
    #expect(ends[0] == 0 && ends[1] == 0 && ends[2] == 1 && ends[3].isNaN)
  }
}
