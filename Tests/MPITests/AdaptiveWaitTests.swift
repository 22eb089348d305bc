import MPI
import Testing

struct AdaptiveWaitTests {
  @Test func aWaitSpinsThenYieldsThenSleepsInDoublingSteps() {
    var wait = AdaptiveWait(
      .init(spinMicroseconds: 10, yieldMicroseconds: 20, firstSleepMicroseconds: 30, longestSleepMicroseconds: 100))
    let steps = [1000, 1009, 1010, 1029, 1030, 1060, 1120, 1220].map { wait.nextStep(at: $0) }
    #expect(
      steps == [
        .spin, .spin, .yield, .yield, .sleep(microseconds: 30), .sleep(microseconds: 60), .sleep(microseconds: 100),
        .sleep(microseconds: 100),
      ])
  }

  @Test func aResetBeginsTheWaitAnew() {
    var wait = AdaptiveWait(
      .init(spinMicroseconds: 10, yieldMicroseconds: 0, firstSleepMicroseconds: 30, longestSleepMicroseconds: 100))
    #expect([0, 10, 50].map { wait.nextStep(at: $0) }.last == .sleep(microseconds: 60))
    wait.reset()
    #expect([200, 210].map { wait.nextStep(at: $0) } == [.spin, .sleep(microseconds: 30)])
  }

  @Test func aLongWaitSleepsForAHundredTwentyEighthOfIt() {
    var wait = AdaptiveWait(
      .init(spinMicroseconds: 0, yieldMicroseconds: 0, firstSleepMicroseconds: 100, longestSleepMicroseconds: 100))
    let steps = [0, 12_800, 25_600, 30_000, 1_000_000, 2_000_000].map { wait.nextStep(at: $0) }
    #expect(steps == [100, 100, 100, 200, 234, 400].map { .sleep(microseconds: $0) })
  }

  @Test func ranksThatShareCoresHardlySpin() {
    var wait = AdaptiveWait(ranksOnNode: 3, cores: 2)
    #expect([0, 5].map { wait.nextStep(at: $0) } == [.spin, .yield])
    #expect(AdaptiveWait(ranksOnNode: 2, cores: 2).phases == .coreOfItsOwn)
  }

  @Test func theProcessMayRunOnSomeCore() {
    #expect(AdaptiveWait.allowedCores().reduce(0) { $0 + $1.nonzeroBitCount } >= 1)
  }
}
