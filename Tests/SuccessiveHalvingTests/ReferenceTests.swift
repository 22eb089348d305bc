import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct ReferenceTests {
  /// 8,000 searches: every scheduler, η from 2 to 5, bounded, unbounded and listed ladders, ties, NaN and infinities, final failures,
  /// lost workers, invalid configurations in every rung; after each event the counts, the invariants and the snapshot.
  @Test(arguments: 0..<16)
  func everySchedulerDoesWhatThePseudocodeSays(part: Int) throws {
    for seed in part * 500..<(part + 1) * 500 {
      var history = try RandomHistory(seed: seed)
      do { try history.run() } catch {
        Issue.record("\(error)")
        return
      }
    }
  }
}
