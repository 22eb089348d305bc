import Randomness
import SearchSpace
import Testing
import TuningTypes

/// Which resources `kind: kde` learns from.
@Suite struct ModelledLevelsTests {
  /// Five of six pairs agree; then a tie, and a trial that diverged at the upper resource, which is worse than all others.
  @Test func agreementIsKendallsTau() {
    var histories = LossHistories()
    func add(_ losses: [(Loss, Loss?)]) {
      for (number, (lower, upper)) in losses.enumerated() {
        histories.add(TrialID(number), resource: 1, loss: lower, seed: 1)
        if let upper { histories.add(TrialID(number), resource: 4, loss: upper, seed: 1) }
      }
    }
    add([(1.0, 1.0), (2.0, 3.0), (3.0, 2.0), (4.0, 4.0), (0.0, nil), (5.0, 4.0), (6.0, .diverged)])
    func tau(_ trials: [Int]) -> (tau: Double, trials: Int) {
      histories.agreement(of: 1, with: 4, among: trials.map { TrialID($0) })
    }
    #expect(tau([0, 1, 2, 3]) == (4.0 / 6, 4))
    // Trial 4 went no further, and trial 9 is not known.
    #expect(tau([0, 1, 2, 3, 4, 9]) == (4.0 / 6, 4))
    #expect(tau([3, 5]) == (0, 2) && tau([5, 6]) == (1, 2) && tau([3]) == (0, 1))
    #expect(tau([0, 1, 2, 3, 5, 6]) == (12.0 / 15, 6))
  }

  @Test(arguments: 0..<10 as Range<UInt64>) func whichTrialsAreRememberedDoesNotDependOnTheOrder(seed: UInt64) {
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 0)
    let trials = (0..<1000).map { TrialID($0) }
    let losses = trials.map { _ in (Loss(generator.uniform()), Loss(generator.uniform())) }
    func found(_ order: [TrialID]) -> (tau: Double, trials: Int) {
      var histories = LossHistories(limit: 64)
      for trial in order {
        histories.add(trial, resource: 1, loss: losses[trial.rawValue].0, seed: seed)
        histories.add(trial, resource: 4, loss: losses[trial.rawValue].1, seed: seed)
      }
      return histories.agreement(of: 1, with: 4, among: trials)
    }
    let straight = found(trials)
    #expect(found(trials.reversed()) == straight && found(trials.shuffled(using: &generator)) == straight)
    #expect((20...64).contains(straight.trials))
  }

  @Test func aWeightGrowsWithWhatWasMeasured() {
    #expect(ModelledLevels.weight(tau: 1, trials: 20) == 1 && ModelledLevels.weight(tau: 0.4, trials: 128) == 1)
    #expect(ModelledLevels.weight(tau: 0, trials: 128) == 0 && ModelledLevels.weight(tau: -1, trials: 5) == 0)
    // The same agreement weighs more when it was seen on more trials.
    let weights = [10, 20, 50, 100].map { ModelledLevels.weight(tau: 0.25, trials: $0) }
    #expect(zip(weights, weights.dropFirst()).allSatisfy { $0 < $1 } && weights.allSatisfy { (0..<1).contains($0) })
  }

  // MARK: - What a sampler makes of it

  private static let space = try? SearchSpace(["a", "b", "c"].map { Parameter($0, try .float(0, 1)) })

  private func sampler(_ lowerRungs: KernelDensityOptions.LowerRungs) throws -> any Sampler {
    var options = KernelDensityOptions()
    options.modelFrom = 16
    options.lowerRungs = lowerRungs
    return try SamplerSpecification.kde(options)
      .makeSampler(over: try #require(Self.space), seed: 3, startWith: [], mayRepeat: false)
  }

  /// What two samplers suggest, with lower rungs and without, after random configurations whose loss at 16 is `a`.
  private func suggested(
    trials: Int, lower: (_ a: Double, _ b: Double) -> Double
  ) throws -> (with: [Double], without: [Double]) {
    var (with, without) = (try sampler(.always), try sampler(.never))
    let random = RandomSampler(space: try #require(Self.space), seed: 5)
    for trial in 0..<trials {
      let configuration = try #require(random.configuration(at: trial))
      let (a, b) = (configuration["a"]?.number ?? 0, configuration["b"]?.number ?? 0)
      for (resource, loss) in trial.isMultiple(of: 4) ? [(1, lower(a, b)), (16, a)] : [(1, lower(a, b))] {
        with.reported(TrialID(trial), configuration, resource: Resource(resource), loss: Loss(loss))
        without.reported(TrialID(trial), configuration, resource: Resource(resource), loss: Loss(loss))
      }
    }
    let a = { (sampler: inout any Sampler) in (0..<120).compactMap { sampler.suggest($0)?["a"]?.number } }
    return (a(&with), a(&without))
  }

  private func mean(_ list: [Double]) -> Double { list.reduce(0, +) / Double(list.count) }

  /// To the bit as if there were no lower rung.
  @Test func aMisleadingLowerRungIsNotModelled() throws {
    let suggested = try suggested(trials: 160) { a, _ in 1 - a }
    #expect(suggested.with == suggested.without)
  }

  @Test func aLowerRungThatAgreesIsModelled() throws {
    let suggested = try suggested(trials: 160) { a, _ in a }
    #expect(suggested.with != suggested.without && mean(suggested.with) < mean(suggested.without) + 0.02)
  }

  @Test func onlyProvenRungsCountWhereTheStudySaysSo() throws {
    var (always, proven) = (try sampler(.always), try sampler(.proven))
    let random = RandomSampler(space: try #require(Self.space), seed: 5)
    var atRandom: [Bool] = []
    for trial in 0..<160 {
      let configuration = try #require(random.configuration(at: trial))
      let a = configuration["a"]?.number ?? 0
      for resource in trial.isMultiple(of: 4) ? [1, 16] : [1] {
        always.reported(TrialID(trial), configuration, resource: Resource(resource), loss: Loss(a))
        proven.reported(TrialID(trial), configuration, resource: Resource(resource), loss: Loss(a))
      }
      let drawn = RandomSampler(space: try #require(Self.space), seed: 3)
      atRandom.append((0..<20).allSatisfy { proven.suggest($0) == drawn.configuration(at: $0) })
    }
    // The tenth result at 16 is trial 36's. From then on there is something to prove by.
    #expect(atRandom.firstIndex(of: false) == 36 && !atRandom[36...].contains(true))
    #expect((0..<50).allSatisfy { proven.suggest($0) == always.suggest($0) })
  }

  /// Before anything is known of 16, where the study wants that: nearer to the good than chance, but not by much.
  @Test func lowerRungsAloneGiveLittleChoice() throws {
    var (trusting, careful) = ([Double](), [Double]())
    for (modelFrom, isTrusted) in [(Resource(1), true), (16, false)] {
      var options = KernelDensityOptions()
      options.lowerRungs = .always
      options.modelFrom = modelFrom
      var sampler = try SamplerSpecification.kde(options)
        .makeSampler(over: try #require(Self.space), seed: 3, startWith: [], mayRepeat: false)
      let random = RandomSampler(space: try #require(Self.space), seed: 5)
      for trial in 0..<100 {
        let configuration = try #require(random.configuration(at: trial))
        sampler.reported(TrialID(trial), configuration, resource: 1, loss: Loss(configuration["a"]?.number ?? 0))
      }
      let found = (0..<300).compactMap { sampler.suggest($0)?["a"]?.number }
      if isTrusted { trusting = found } else { careful = found }
    }
    #expect(mean(trusting) < mean(careful) - 0.05 && mean(careful) < 0.45)
  }
}
