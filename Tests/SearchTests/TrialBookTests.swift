import Randomness
import Search
import SearchSpace
import StudyFile
import TestSupport
import Testing
import TuningTypes

/// What a search keeps of its trials, against a dictionary of all of it.
@Suite struct TrialBookTests {
  private static let yaml = """
    search_space:
      rate: {type: float, min: 1.0e-5, max: 1, scale: log}
      units: {type: int, min: -3, max: 900}
      shape: {type: categorical, values: [round, 7, 2.5, true]}
      depth: {type: int, min: 1, max: 9, when: {shape: round}}
      drop: {type: float, min: 0, max: 0.5, step: 0.1, when: {shape: [7, true]}}
    scheduler: {reduction_factor: 2, max_resource: 4}
    budget: {configurations: 6}
    trainer: {kind: none}
    """

  @Test(arguments: 0..<8) func everyConfigurationThatIsNotLetGoComesBackAsItWas(seed: Int) throws {
    let plan = try decodedStudy(Self.yaml, set: ["seed=\(seed)"]).plan
    var sampler = try plan.makeSampler()
    var random = testGenerator(seed)
    var book = TrialBook(layout: plan.space.layout, sequence: RandomSampler(space: plan.space, seed: 0), first: 0)
    var kept: [Int: Configuration] = [:]
    var losses: [Int: (rung: Int, loss: Double)] = [:]
    for trial in 0..<3000 {
      let suggested = sampler.suggest(trial)
      let configuration = try #require(suggested)
      book.begin(configuration)
      kept[trial] = configuration
      let copy = book
      for _ in 0..<random.below(3) {
        let other = random.below(trial + 1)
        book.release(TrialID(other))
        kept[other] = nil
        let (rung, loss) = (random.below(5), random.uniform())
        book.note(Loss(loss), of: TrialID(other), rung: RungIndex(rung))
        losses[other] = (rung, loss)
      }
      #expect(copy.configuration(of: TrialID(trial)) == configuration, "a copy is a value of its own")
    }
    for trial in 0..<3000 {
      #expect(book.configuration(of: TrialID(trial)) == kept[trial])
      let entry = try #require(book[TrialID(trial)])
      #expect(entry.furthestRung?.rawValue == losses[trial]?.rung)
      if let loss = losses[trial]?.loss { #expect(entry.lastLoss == Loss(loss)) }
    }
    #expect(book[TrialID(3000)] == nil && book.configuration(of: TrialID(3000)) == nil)
  }

  @Test(arguments: 0..<4) func whatTheSequenceGaveComesBackBesideOthers(seed: Int) throws {
    let plan = try decodedStudy(Self.yaml, set: ["seed=\(seed)"]).plan
    let sequence = RandomSampler(space: plan.space, seed: UInt64(seed))
    let others = RandomSampler(space: plan.space, seed: 99)
    var random = testGenerator(seed)
    var book = TrialBook(layout: plan.space.layout, sequence: sequence, first: 3)
    var expected: [Configuration?] = []
    for trial in 0..<2000 {
      if trial < 3 || random.below(3) == 0 {
        let other = try #require(others.configuration(at: trial))
        book.begin(other)
        expected.append(other)
      } else {
        let drawn = book.beginNext()
        #expect(drawn == sequence.configuration(at: trial - 3))
        expected.append(drawn)
      }
      let gone = random.below(trial + 1)
      if random.below(4) == 0 {
        book.release(TrialID(gone))
        expected[gone] = nil
      }
    }
    #expect(book.count == 2000)
    for trial in 0..<2000 { #expect(book.configuration(of: TrialID(trial)) == expected[trial], "trial \(trial)") }
  }

  @Test func aSequenceThatEndsBeginsNoTrial() throws {
    let plan = try decodedStudy(Self.yaml).plan
    let grid = try GridSampler(space: plan.space, levels: ["rate": 1, "units": 1, "depth": 1], shuffledBy: nil)
    var book = TrialBook(layout: plan.space.layout, sequence: grid, first: 0)
    let count = try #require(grid.count)
    for _ in 0..<count { #expect(book.beginNext() != nil) }
    #expect(book.beginNext() == nil && book.count == count)
  }

  @Test func aTrialsNotesTakeFewBytes() { #expect(MemoryLayout<TrialBook.Entry>.stride <= 24) }
}
