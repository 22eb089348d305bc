import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct ReferenceTests {
  /// 7,200 searches, 600 of each scheduler: η from 2 to 5, bounded, unbounded and listed ladders, ties, NaN and
  /// infinities, final failures, lost workers, invalid configurations in every rung. After each event the counts, the
  /// invariants, and the state, which a second scheduler shares that goes on from a replay; never two jobs of a trial at
  /// once, never a rung without the one below.
  @Test(arguments: SchedulerAlgorithm.allCases)
  func everySchedulerDoesWhatThePseudocodeSays(algorithm: SchedulerAlgorithm) throws {
    var seen = RandomHistory.Tally()
    for seed in 0..<600 {
      var history = try RandomHistory(seed: seed, algorithm: algorithm)
      do { try history.run() } catch {
        Issue.record("\(error)")
        return
      }
      seen.add(history.tally)
    }
    // Searches in which nothing happens would pass as well.
    #expect(seen.started > 3_000 && seen.diverged > 300 && seen.lost > 200 && seen.erased > 200)
    guard !algorithm.usesTopAlone else { return }
    #expect(seen.promoted > 1_000 && seen.erasedAbove > 30)
    #expect(algorithm == .topK || seen.promotedTwice > 80)
    #expect(!algorithm.isStoppingType || seen.continued > 1_000)
  }
}
