import Randomness
import SearchSpace
import Testing
import TuningTypes

/// What a study takes from an earlier one: which trials lie in its search space, and which of them were good.
@Suite struct EarlierTrialsTests {
  private func space() throws -> SearchSpace {
    try SearchSpace([
      Parameter("rate", .float(1e-3, 1, .log)),
      Parameter("units", .integer(8, 64)),
      Parameter("kind", .categorical(["sgd", "adam"])),
      Parameter("momentum", .float(0, 1), when: Condition([.init("kind", in: ["sgd"])])),
    ])
  }

  private struct Mapping: Sendable, CustomTestStringConvertible {
    let theirs: Configuration
    let ours: Configuration
    var testDescription: String { theirs.description }
  }

  private static let mappings = [
    Mapping(
      theirs: ["kind": "sgd", "momentum": 0.5, "units": 16, "rate": 0.1],
      ours: ["rate": 0.1, "units": 16, "kind": "sgd", "momentum": 0.5]),
    // The same number in another form; hyperparameters that only they have.
    Mapping(theirs: ["units": 16.0, "rate": 1, "depth": 3], ours: ["rate": 1.0, "units": 16]),
    Mapping(theirs: ["depth": 3], ours: [:]),
    // Inactive here, or nobody knows.
    Mapping(theirs: ["kind": "adam", "momentum": 7], ours: ["kind": "adam"]),
    Mapping(theirs: ["momentum": 0.5, "rate": 0.5], ours: ["rate": 0.5]),
    Mapping(theirs: ["kind": "sgd"], ours: ["kind": "sgd"]),
  ]

  @Test(arguments: mappings) private func hyperparametersAreFoundByName(mapping: Mapping) throws {
    let space = try space()
    let part = try space.part(of: mapping.theirs)
    #expect(part == mapping.ours)
    // What lies in the space already is taken as it is.
    #expect(try space.part(of: part) == part)
  }

  @Test(
    arguments: [
      ("rate", ["rate": 2.0, "units": 9]), ("rate", ["rate": "0.1"]), ("units", ["units": 16.5]),
      ("units", ["units": 65]),
      ("kind", ["kind": "rmsprop"]), ("kind", ["kind": true]), ("momentum", ["kind": "sgd", "momentum": 1.5]),
    ] as [(String, Configuration)])
  func aValueOutsideItsDomainOrOfAnotherTypeLeavesTheTrialOut(parameter: String, theirs: Configuration) throws {
    var trials = EarlierTrials(in: try space())
    trials.begin(0, theirs)
    trials.begin(1, ["rate": 0.5])
    trials.begin(2, ["depth": 3])
    trials.note(0, at: 1, 0.1)
    #expect(trials.outside == [parameter: 1])
    #expect(trials.count == 3 && trials.usable == 1 && trials.unrelated == 1 && trials.mostResults == 0)
  }

  /// A hundred trials, of which every fourth goes on; the lower, the better. Trials 5, 15, … diverge, 7, 17, … fail.
  private func trials(_ order: [Int], in space: SearchSpace, negated: Bool = false) -> EarlierTrials {
    var trials = EarlierTrials(in: space)
    let random = RandomSampler(space: space, seed: 3)
    for number in order {
      guard let configuration = random.configuration(at: number) else { continue }
      let id = TrialID(number)
      trials.begin(id, configuration)
      if number % 10 == 7 {
        trials.noteFailure(of: id)
        continue
      }
      let loss = number % 10 == 5 ? Loss.diverged : Loss(Double(number) * 1e3 - 7e4)
      for resource in number % 4 == 0 ? [1, 4] : [1] { trials.note(id, at: Resource(resource), loss) }
    }
    return trials
  }

  @Test func theHighestResourceWithEnoughResultsTellsGoodFromBad() throws {
    let space = try space()
    let random = RandomSampler(space: space, seed: 3)
    let learned = try #require(
      trials(Array(0..<100), in: space).learned(named: "first", goodFraction: 0.3, studies: 1))
    // 25 results at resource 4: trials 0, 4, …, 96; all of them finite.
    #expect(learned.name == "first" && learned.resource == 4 && learned.results == 25)
    #expect(learned.good == (0..<7).compactMap { random.configuration(at: 4 * $0) })
    // And what came to nothing on its way there: ten that diverged, ten that failed.
    var bad = (7..<25).map { 4 * $0 }
    for ten in 0..<10 { bad += [10 * ten + 5, 10 * ten + 7] }
    #expect(learned.others == bad.sorted().compactMap { random.configuration(at: $0) })
    #expect(learned.start == random.configuration(at: 0))
    // With fewer results there, it is the resource below.
    let fewer = try #require(trials(Array(0..<70), in: space).learned(named: "", goodFraction: 0.1, studies: 1))
    #expect(fewer.resource == 1 && fewer.results == 63)
    #expect(fewer.good == [0, 1, 2, 3, 4, 6].compactMap { random.configuration(at: $0) })
    #expect(trials(Array(0..<20), in: space).learned(named: "", goodFraction: 0.1, studies: 1) == nil)
  }

  @Test(arguments: 0..<10 as Range<UInt64>) func theOrderOfTrialsDoesNotMatter(seed: UInt64) throws {
    let space = try space()
    var generator = CounterGenerator(seed: seed, purpose: .synthetic, index: 3)
    let expected = trials(Array(0..<3000), in: space).learned(named: "", goodFraction: 0.15, studies: 2)
    let shuffled = (0..<3000).shuffled(using: &generator)
    #expect(trials(shuffled, in: space).learned(named: "", goodFraction: 0.15, studies: 2) == expected)
  }

  @Test(arguments: [1, 2, 16]) func howMuchIsLearnedHasABoundThatStudiesShare(studies: Int) throws {
    let learned = try #require(
      trials(Array(0..<20_000), in: try space()).learned(named: "", goodFraction: 0.5, studies: studies))
    #expect(learned.results == 5000)
    #expect(learned.good.count == 128 / studies && learned.others.count == 320 / studies)
  }

  @Test func theBestThatSaysEverythingIsBegunWith() throws {
    let space = try space()
    var trials = EarlierTrials(in: space)
    for number in 0..<40 {
      let whole: Configuration = ["rate": 0.1, "units": .integer(8 + number), "kind": "adam"]
      let part: Configuration = ["rate": 0.1, "units": .integer(8 + number)]
      trials.begin(TrialID(number), number == 12 || number > 30 ? whole : part)
      trials.note(TrialID(number), at: 1, Loss(Double(number)))
    }
    // The lowest loss at any resource counts.
    trials.note(35, at: 4, 20.0)
    trials.note(36, at: 4, 11.0)
    let learned = try #require(trials.learned(named: "", goodFraction: 0.15, studies: 1))
    #expect(learned.start == ["rate": 0.1, "units": 44, "kind": "adam"])
  }
}
