import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct ReferenceTests {
  /// 5,600 searches: every scheduler, η from 2 to 5, bounded, unbounded and listed ladders, ties, NaN and infinities, final
  /// failures, lost workers, invalid configurations in every rung; after each event the counts, the invariants and the
  /// snapshot.
  @Test(arguments: 0..<16)
  func everySchedulerDoesWhatThePseudocodeSays(part: Int) throws {
    var seen = RandomHistory.Tally()
    for seed in part * 350..<(part + 1) * 350 {
      var history = try RandomHistory(seed: seed)
      do { try history.run() } catch {
        Issue.record("\(error)")
        return
      }
      seen.add(history.tally)
    }
    // Searches in which nothing happens would pass as well.
    #expect(seen.started > 3_000 && seen.promoted > 1_000 && seen.promotedTwice > 200)
    #expect(seen.diverged > 300 && seen.lost > 200 && seen.erased > 200 && seen.erasedAbove > 30)
  }
}
