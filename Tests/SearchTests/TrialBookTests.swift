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
    var book = TrialBook(layout: plan.space.layout)
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

  @Test func aTrialsNotesTakeFewBytes() { #expect(MemoryLayout<TrialBook.Entry>.stride <= 24) }
}
