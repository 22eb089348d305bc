import Randomness
import SearchSpace
import Testing
import TuningTypes

/// `kind: kde` of a study that learns from earlier ones: what it suggests before it has results of its own.
@Suite struct EarlierModelTests {
  private func space(_ count: Int = 4) throws -> SearchSpace {
    try SearchSpace((0..<count).map { Parameter("x\($0)", try .float(0, 1)) })
  }

  /// How far a configuration is from a place, squared, on the mean of its hyperparameters.
  private func distance(_ configuration: Configuration, from place: Double) -> Double {
    let entries = configuration.entries
    return entries.reduce(0) { sum, entry in
      let difference = (entry.value.number ?? 0) - place
      return sum + difference * difference
    } / Double(entries.count)
  }

  /// What a random study of 400 has found that was best at `place`; of some hyperparameters only.
  private func earlier(at place: Double, in space: SearchSpace, without lacking: Set<String> = []) throws
    -> EarlierStudy
  {
    var trials = EarlierTrials(in: space)
    let random = RandomSampler(space: space, seed: 99)
    for number in 0..<400 {
      let configuration = try #require(random.configuration(at: number))
      let known = Configuration(configuration.entries.filter { !lacking.contains($0.name) })
      trials.begin(TrialID(number), known)
      trials.note(TrialID(number), at: 1, Loss(distance(known, from: place)))
    }
    return try #require(trials.learned(named: "earlier", goodFraction: 0.15, studies: 1))
  }

  private func sampler(_ space: SearchSpace, seed: UInt64, from earlier: [EarlierStudy], starts: [Configuration] = [])
    throws -> any Sampler
  {
    var options = KernelDensityOptions()
    // Its own results make no model in these tests.
    options.modelFrom = 1000
    options.lowerRungs = .never
    return try SamplerSpecification.kde(options)
      .makeSampler(over: space, seed: seed, startWith: starts, mayRepeat: false, earlier: earlier)
  }

  private func isRandom(_ number: Int, seed: UInt64) -> Bool {
    var generator = CounterGenerator(seed: seed, purpose: .modelSampling, index: UInt64(number))
    return generator.uniform() < 1.0 / 3
  }

  @Test(arguments: 0..<10 as Range<UInt64>) func fromTheFirstOnTwoThirdsLieWhereTheEarlierStudyWasGood(seed: UInt64)
    throws
  {
    let space = try space()
    let random = RandomSampler(space: space, seed: seed)
    var sampler = try sampler(space, seed: seed, from: [try earlier(at: 0.3, in: space)])
    var suggested: [Configuration] = []
    for number in 0..<200 {
      let suggestion = sampler.suggest(number)
      let configuration = try #require(suggestion)
      #expect(try space.validated(configuration) == configuration)
      if isRandom(number, seed: seed) {
        #expect(configuration == random.configuration(at: number))
      } else {
        #expect(configuration != random.configuration(at: number))
        suggested.append(configuration)
      }
    }
    let mean = { (list: [Configuration]) in list.reduce(0) { $0 + distance($1, from: 0.3) } / Double(list.count) }
    #expect(mean(suggested) < 0.5 * mean((0..<200).compactMap { random.configuration(at: $0) }))
  }

  /// Hyperparameters that the earlier study did not have are drawn evenly.
  @Test func whatTheEarlierStudyDoesNotSayIsLeftOpen() throws {
    let space = try space(3)
    let known = try earlier(at: 0.2, in: space, without: ["x2"])
    #expect(known.good.allSatisfy { $0["x2"] == nil } && known.start == nil)
    var sampler = try sampler(space, seed: 7, from: [known])
    let suggested = (0..<3000).filter { !isRandom($0, seed: 7) }.compactMap { sampler.suggest($0) }
    let values = { (name: String) in suggested.compactMap { $0[name]?.number } }
    #expect(values("x2").count == suggested.count)
    // Kolmogorov and Smirnov at 0.1 %: 1.95 / √n.
    #expect(distanceFromUniform(values("x2")) < 1.95 / Double(suggested.count).squareRoot())
    #expect(distanceFromUniform(values("x0")) > 0.2)
  }

  /// Told of its suggestions one by one, where the best place is another one than the earlier study's.
  private func numberOfTrialsUntilForgotten(at place: Double, seed: UInt64) throws -> Int? {
    let space = try space()
    var sampler = try sampler(space, seed: seed, from: [try earlier(at: 0.3, in: space)], starts: [["x0": 0.1]])
    let random = RandomSampler(space: space, seed: seed)
    for number in 0..<300 {
      let suggestion = sampler.suggest(number)
      let configuration = try #require(suggestion)
      if !isRandom(number, seed: seed), configuration == random.configuration(at: number) { return number }
      let trial = TrialID(number + 1)
      sampler.began(trial, configuration)
      sampler.reported(trial, configuration, resource: 1, loss: Loss(distance(configuration, from: place)))
    }
    return nil
  }

  /// Six trials of each kind have to be there; a third of all are random.
  @Test(arguments: 0..<20 as Range<UInt64>) func anEarlierStudyThatMisleadsIsForgottenSoon(seed: UInt64) throws {
    let number = try numberOfTrialsUntilForgotten(at: 0.9, seed: seed)
    #expect(11...45 ~= number ?? 300, "after \(number ?? 300)")
  }

  @Test(arguments: 0..<20 as Range<UInt64>) func oneThatHelpsIsKept(seed: UInt64) throws {
    let number = try numberOfTrialsUntilForgotten(at: 0.35, seed: seed)
    #expect(number == nil)
  }

  /// What it suggests follows from what it was told, never from whether it was asked.
  @Test(arguments: [0.3, 0.9]) func whoWasNotAskedSuggestsTheSame(place: Double) throws {
    let space = try space()
    let earlier = try [earlier(at: 0.3, in: space), earlier(at: 0.5, in: space, without: ["x1"])]
    var asked = try sampler(space, seed: 5, from: earlier)
    var untold = try sampler(space, seed: 5, from: earlier)
    for number in 0..<150 {
      var copy = untold
      let suggestion = asked.suggest(number)
      let configuration = try #require(suggestion)
      #expect(copy.suggest(number) == configuration)
      for resource in number % 4 == 0 ? [1, 4] : [1] {
        let loss = Loss(distance(configuration, from: place) / Double(resource))
        asked.reported(TrialID(number), configuration, resource: Resource(resource), loss: loss)
        untold.reported(TrialID(number), configuration, resource: Resource(resource), loss: loss)
      }
    }
  }

  /// A study's own results take over as soon as they make a model.
  @Test func ownResultsTakeOver() throws {
    let space = try space()
    let both = try [[], [earlier(at: 0.3, in: space)]].map { earlier in
      var sampler = try SamplerSpecification.kde(KernelDensityOptions())
        .makeSampler(over: space, seed: 3, startWith: [], mayRepeat: false, earlier: earlier)
      let random = RandomSampler(space: space, seed: 17)
      var suggested: [Configuration?] = []
      for number in 0..<60 {
        suggested.append(sampler.suggest(number))
        let configuration = try #require(random.configuration(at: number))
        sampler.reported(TrialID(number), configuration, resource: 1, loss: Loss(distance(configuration, from: 0.3)))
      }
      return suggested
    }
    let free = (0..<60).filter { !isRandom($0, seed: 3) }
    #expect(free.filter { $0 < 20 }.allSatisfy { both[0][$0] != both[1][$0] })
    #expect(both[0].dropFirst(20) == both[1].dropFirst(20))
  }

  /// Of a space with conditions, lists and steps; and one that is tried but once.
  @Test(arguments: 0..<10 as Range<UInt64>) func allKindsOfHyperparametersTakePart(seed: UInt64) throws {
    let space = try optimizerSpace()
    var trials = EarlierTrials(in: space)
    let random = RandomSampler(space: space, seed: 99)
    for number in 0..<200 {
      let configuration = try #require(random.configuration(at: number))
      let lacks = number % 3 == 0 ? "optimizer" : "hidden_units"
      trials.begin(TrialID(number), Configuration(configuration.entries.filter { $0.name != lacks }))
      trials.note(TrialID(number), at: 1, Loss(configuration["learning_rate"]?.number ?? 0))
    }
    let earlier = try #require(trials.learned(named: "", goodFraction: 0.15, studies: 1))
    var sampler = try sampler(space, seed: seed, from: [earlier])
    var rates: [Double] = []
    for number in 0..<100 {
      let suggestion = sampler.suggest(number)
      let configuration = try #require(suggestion)
      #expect(try space.validated(configuration) == configuration)
      if !isRandom(number, seed: seed) { rates.append(configuration["learning_rate"]?.number ?? 1) }
    }
    #expect(rates.sorted()[rates.count / 2] < 1e-3)
  }
}
