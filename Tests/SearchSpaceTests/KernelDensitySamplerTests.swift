import Randomness
import SearchSpace
import Testing
import TuningTypes

/// `kind: kde`: what it suggests, from what it was told.
@Suite struct KernelDensitySamplerTests {
  private func sampler(_ space: SearchSpace, seed: UInt64, startWith: [Configuration] = []) throws -> any Sampler {
    try SamplerSpecification.kde(KernelDensityOptions())
      .makeSampler(over: space, seed: seed, startWith: startWith, mayRepeat: false)
  }

  /// A loss that is best in one place, worse at low resources; some diverge.
  private func loss(of configuration: Configuration, _ trial: Int, _ resource: Int) -> Loss {
    if trial % 11 == 3 { return .diverged }
    let place = configuration.entries.enumerated().reduce(0.0) { sum, entry in
      let value = entry.element.value.number ?? Double(entry.element.value.description.count)
      return sum + (value - 0.3) * (value - 0.3) / Double(entry.offset + 1)
    }
    return Loss(place + 1 / Double(resource))
  }

  private func isRandom(_ number: Int, seed: UInt64) -> Bool {
    var generator = CounterGenerator(seed: seed, purpose: .modelSampling, index: UInt64(number))
    return generator.uniform() < 1.0 / 3
  }

  /// Tells a sampler of its own suggestions as they come; every fourth goes on to resource 4.
  private func run(_ sampler: inout any Sampler, _ count: Int) -> [Configuration] {
    (0..<count).compactMap { trial in
      guard let configuration = sampler.suggest(trial) else { return nil }
      let id = TrialID(trial)
      sampler.began(id, configuration)
      sampler.reported(id, configuration, resource: 1, loss: loss(of: configuration, trial, 1))
      if trial % 4 == 0 { sampler.reported(id, configuration, resource: 4, loss: loss(of: configuration, trial, 4)) }
      return configuration
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func aThirdIsTheRandomStudysBitForBit(seed: UInt64) throws {
    let space = try optimizerSpace()
    var sampler = try sampler(space, seed: seed)
    let random = RandomSampler(space: space, seed: seed)
    let suggested = run(&sampler, 300)
    let same = (0..<300).filter { suggested[$0] == random.configuration(at: $0) }
    // Until enough is known all are; then those that chance chose, and hardly any other.
    #expect(Array(same.prefix(20)) == Array(0..<20))
    let chosen = (0..<300).filter { isRandom($0, seed: seed) }
    #expect(Set(chosen).isSubset(of: same))
    #expect(same.count < chosen.count + 40)
  }

  @Test(arguments: 0..<30 as Range<UInt64>) func everySuggestionLiesInTheSpace(seed: UInt64) throws {
    let space = try optimizerSpace()
    var sampler = try sampler(space, seed: seed)
    for configuration in run(&sampler, 400) { #expect(try space.validated(configuration) == configuration) }
  }

  /// What a sampler suggests follows from what it was told, never from when it was asked.
  @Test(arguments: 0..<10 as Range<UInt64>) func whoWasNotAskedSuggestsTheSame(seed: UInt64) throws {
    let space = try optimizerSpace()
    var asked = try sampler(space, seed: seed)
    var untold = try sampler(space, seed: seed)
    for trial in 0..<700 {
      let suggestion = asked.suggest(trial)
      let configuration = try #require(suggestion)
      if trial % 97 == 96 {
        var copy = untold
        #expect(copy.suggest(trial) == configuration)
      }
      let id = TrialID(trial)
      for resource in trial % 5 == 0 ? [1, 4, 16] : [1] {
        let loss = loss(of: configuration, trial, resource)
        asked.reported(id, configuration, resource: Resource(resource), loss: loss)
        untold.reported(id, configuration, resource: Resource(resource), loss: loss)
      }
    }
  }

  /// As far as the model is made anew with each result.
  @Test(arguments: 0..<10 as Range<UInt64>) func theOrderOfResultsDoesNotMatter(seed: UInt64) throws {
    let space = try optimizerSpace()
    let random = RandomSampler(space: space, seed: 1)
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 3)
    let trials = Array(0..<200)
    var suggested: [[Configuration?]] = []
    for order in [trials, trials.reversed(), trials.shuffled(using: &generator)] {
      var sampler = try sampler(space, seed: seed)
      for trial in order {
        let configuration = try #require(random.configuration(at: trial))
        sampler.reported(TrialID(trial), configuration, resource: 1, loss: loss(of: configuration, trial, 1))
      }
      suggested.append((0..<20).map { sampler.suggest($0) })
    }
    #expect(suggested[0] == suggested[1] && suggested[0] == suggested[2])
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func aFiniteSpaceIsTriedOnceAndThenEnds(seed: UInt64) throws {
    let space = try SearchSpace([
      Parameter("kind", .categorical(["a", "b", "c"])), Parameter("units", .integer(1, 16, .log)),
      Parameter("rate", .float(0, 1, step: 0.25), when: Condition([.init("kind", in: ["a"])])),
      Parameter("constant", .integer(3, 3)),
    ])
    let total = 16 * 5 + 2 * 16
    let start: Configuration = ["kind": "b", "units": 4, "constant": 3]
    let first = try space.validated(start)
    var sampler = try sampler(space, seed: seed, startWith: [first])
    #expect(sampler.count == total - 1)
    sampler.began(0, first)
    var seen: Set<Configuration> = [first]
    for number in 0..<total - 1 {
      let suggestion = sampler.suggest(number)
      let configuration = try #require(suggestion)
      #expect(seen.insert(configuration).inserted, "\(configuration) comes again")
      let trial = TrialID(number + 1)
      sampler.began(trial, configuration)
      sampler.reported(trial, configuration, resource: 1, loss: loss(of: configuration, number, 1))
    }
    #expect(sampler.suggest(total - 1) == nil)
  }

  @Test func aSpaceOfOneConfigurationHasNothingToLearn() throws {
    let space = try SearchSpace([Parameter("x", .integer(1, 1)), Parameter("y", .categorical(["a"]))])
    var sampler = try sampler(space, seed: 1)
    #expect(run(&sampler, 5) == [["x": 1, "y": "a"]])
  }

  /// The more is known, the closer the suggestions come to the best place; random ones don't.
  @Test func suggestionsComeCloserToTheBestPlace() throws {
    let space = try SearchSpace((0..<4).map { Parameter("x\($0)", try .float(0, 1)) })
    var closer = 0
    for seed in 0..<9 as Range<UInt64> {
      var sampler = try sampler(space, seed: seed)
      let last = run(&sampler, 400).suffix(100)
      let random = (300..<400).compactMap { RandomSampler(space: space, seed: seed).configuration(at: $0) }
      let mean = { (list: [Configuration]) in
        list.reduce(0.0) { $0 + self.loss(of: $1, 0, 1).value } / Double(list.count)
      }
      if mean(Array(last)) < 0.6 * mean(random) + 0.4 { closer += 1 }
    }
    #expect(closer >= 8)
  }

  /// A region in which nothing works is left alone, whatever the resource that the model looks at.
  @Test func whereTrialsFailFewAreTried() throws {
    let space = try SearchSpace([Parameter("x", try .float(0, 1)), Parameter("y", try .float(0, 1))])
    let fails = { (configuration: Configuration) in (configuration["x"]?.number ?? 0) > 0.5 }
    var sampler = try sampler(space, seed: 4)
    var late = 0
    for trial in 0..<600 {
      let suggestion = sampler.suggest(trial)
      let configuration = try #require(suggestion)
      // The better, the closer to the failures.
      let loss = fails(configuration) ? Loss.diverged : Loss(1 - (configuration["x"]?.number ?? 0))
      sampler.reported(TrialID(trial), configuration, resource: 1, loss: loss)
      if loss.isFinite, trial % 4 == 0 { sampler.reported(TrialID(trial), configuration, resource: 4, loss: loss) }
      if trial >= 300, !isRandom(trial, seed: 4), fails(configuration) { late += 1 }
    }
    #expect(late < 75, "\(late) of about 200 suggestions fail")
  }
}
