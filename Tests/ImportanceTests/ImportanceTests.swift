import Foundation
import Importance
import SearchSpace
import Testing
import TuningTypes

@Suite struct ImportanceTests {
  /// The 200 trials for which the expected numbers below were computed with Optuna 5.0.0, PedAnovaImportanceEvaluator.
  private static let trials: [HyperparameterImportance.Trial] = (0..<200).map { i in
    let fraction = { (factor: Double) in (factor * Double(i)).truncatingRemainder(dividingBy: 1) }
    let rate = pow(10, -4 + 4 * fraction(0.6180339887498949))
    let momentum = 0.5 + 0.49 * fraction(0.41421356237309515)
    let units = 8 + (37 * i) % 249
    let layers = 1 + (i / 3) % 4
    let usesMomentum = i % 3 == 0
    var entries: [Configuration.Entry] = [
      .init("learning_rate", .real(rate)), .init("optimizer", .text(["sgd", "adam", "adamw"][i % 3])),
      .init("units", .integer(units)), .init("layers", .integer(layers)),
    ]
    if usesMomentum { entries.append(.init("momentum", .real(momentum))) }
    let distance = log10(rate) + 2
    let loss =
      distance * distance + (usesMomentum ? abs(momentum - 0.9) : 0.3) + 0.001 * Double(units) + 0.05 * Double(layers)
    return (Configuration(entries), Loss(loss))
  }

  private static func space() throws -> SearchSpace {
    try SearchSpace([
      Parameter("learning_rate", .float(FloatDomain(min: 1e-4, max: 1, scale: .log))),
      Parameter("optimizer", .categorical(["sgd", "adam", "adamw"])),
      Parameter(
        "momentum", .float(FloatDomain(min: 0.5, max: 0.99)), when: Condition([.init("optimizer", in: ["sgd"])])),
      Parameter("units", .integer(IntegerDomain(min: 8, max: 256, scale: .log))),
      Parameter("layers", .integer(IntegerDomain(min: 1, max: 4))),
    ])
  }

  private func expect(
    _ expected: [Double], _ change: (inout HyperparameterImportance) -> Void = { _ in }
  ) throws {
    var importance = HyperparameterImportance(space: try Self.space())
    change(&importance)
    for (entry, number) in zip(importance.entries(of: Self.trials), expected) {
      #expect(abs(entry.divergence - number) < 1e-12, "\(entry) instead of \(number)")
    }
  }

  @Test func divergencesAreThoseOfOptuna() throws {
    try expect([
      0.0222621429297198, 0.00072070986857851, 0.00588992030477571, 0.00141146336611927, 0.00424341622276341,
    ])
  }

  @Test func divergencesFromAUniformDensityAreThoseOfOptuna() throws {
    try expect([
      0.0228345850751626, 0.000725623582766441, 0.00508246203003722, 0.00266271433467801, 0.00439965615244799,
    ]) { $0.isLocal = false }
  }

  @Test func divergencesWithinTheBetterHalfAreThoseOfOptuna() throws {
    try expect([
      0.00660614819916634, 0.00227984418564123, 0.0150025310804929, 0.00295934972593477, 0.00422138687395525,
    ]) { ($0.target, $0.region) = (0.05, 0.5) }
  }

  @Test func trialsThatDivergedCountAsTheWorst() throws {
    let importance = HyperparameterImportance(space: try Self.space())
    let worst = Set(Self.trials.sorted { $0.loss > $1.loss }.prefix(50).map(\.configuration))
    let large = Self.trials.map { worst.contains($0.configuration) ? ($0.configuration, Loss(1e9)) : $0 }
    let diverged = Self.trials.map { worst.contains($0.configuration) ? ($0.configuration, Loss.diverged) : $0 }
    #expect(importance.entries(of: diverged) == importance.entries(of: large))
  }

  @Test func sharesAddUpToOneAndNothingIsSaidOfNothing() throws {
    let importance = HyperparameterImportance(space: try Self.space())
    let sum = importance.entries(of: Self.trials).map(\.share).reduce(0, +)
    #expect(abs(sum - 1) < 1e-12)
    #expect(importance.entries(of: []).allSatisfy { $0.share == 0 && $0.divergence == 0 })
    let diverged = Self.trials.map { ($0.configuration, Loss.diverged) }
    #expect(importance.entries(of: diverged).allSatisfy { $0.share == 0 })
  }

  @Test func orderOfTrialsDecidesNothing() throws {
    let importance = HyperparameterImportance(space: try Self.space())
    #expect(importance.entries(of: Self.trials.reversed()) == importance.entries(of: Self.trials))
  }
}
