import Cluster
import Testing
import TuningTypes

@Suite struct WorkerWatchTests {
  private static let result = WorkerMessage.result(0, TrainingReport(loss: 1), seconds: 1)

  /// Two workers that are given up after 10 s, looked at every second from `start` on.
  private func silent(_ watch: inout WorkerWatch, from start: Int, to end: Int, speaking: [WorkerID] = []) -> [WorkerID]
  {
    var silent: [WorkerID] = []
    for second in start...end {
      for worker in speaking { _ = watch.hear(.alive, from: worker, at: Double(second)) }
      silent += watch.newlySilent(at: Double(second))
    }
    return silent
  }

  @Test func whoSaysNothingForTheTimeoutIsGivenUpOnce() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    let answer1 = silent(&watch, from: 1, to: 10)
    #expect(answer1 == [])
    let answer2 = silent(&watch, from: 11, to: 30, speaking: [1])
    #expect(answer2 == [0])
    #expect(watch.someAreSilent && !watch.nobodyIsLeft)
    let answer3 = silent(&watch, from: 31, to: 60)
    #expect(answer3 == [1])
    #expect(watch.nobodyIsLeft)
  }

  @Test func whoGivesASignOfLifeStays() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    let answer4 = silent(&watch, from: 1, to: 100, speaking: [0, 1])
    #expect(answer4 == [])
    let answer5 = watch.hear(.alive, from: 0, at: 101)
    #expect(answer5 == .ignore)
    let answer6 = watch.hear(Self.result, from: 0, at: 102)
    #expect(answer6 == .take)
  }

  @Test func withoutATimeoutNobodyIsGivenUp() {
    var watch = WorkerWatch(workers: 2, timeout: nil, at: 0)
    let answer7 = silent(&watch, from: 1, to: 10_000)
    #expect(answer7 == [])
  }

  @Test func whoComesBackLetsGoOfItsJobFirst() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    watch.dispatched(7, to: 0)
    let answer8 = silent(&watch, from: 1, to: 20, speaking: [1])
    #expect(answer8 == [0])
    let answer9 = watch.hear(.alive, from: 0, at: 20)
    #expect(answer9 == .interrupt(7))
    let answer10 = watch.hear(.warning("odd"), from: 0, at: 20)
    #expect(answer10 == .take)
    // Its answer counts for nothing: the job is another's by now.
    let answer11 = watch.hear(Self.result, from: 0, at: 21)
    #expect(answer11 == .welcomeBack)
    #expect(!watch.someAreSilent)
    let answer12 = watch.hear(.alive, from: 0, at: 22)
    #expect(answer12 == .ignore)
  }

  @Test func whoWasIdleComesBackAtTheFirstWord() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    let answer13 = silent(&watch, from: 1, to: 20, speaking: [1])
    #expect(answer13 == [0])
    let answer14 = watch.hear(.alive, from: 0, at: 20)
    #expect(answer14 == .welcomeBack)
  }

  @Test func theDeadAreLostOnceAndWhatTheySaidLastCountsForNothing() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    let answer15 = watch.lose(0)
    #expect(answer15)
    let answer16 = watch.lose(0)
    #expect(!answer16)
    let answer17 = watch.hear(Self.result, from: 0, at: 1)
    #expect(answer17 == .ignore)
    let answer18 = silent(&watch, from: 1, to: 20, speaking: [1])
    #expect(answer18 == [])
    #expect(!watch.someAreSilent)
  }

  @Test func aDriverThatStoodStillBlamesNobody() {
    var watch = WorkerWatch(workers: 2, timeout: 10, at: 0)
    let answer19 = silent(&watch, from: 1, to: 5)
    #expect(answer19 == [])
    let answer20 = watch.newlySilent(at: 500)
    #expect(answer20 == [])
    let answer21 = silent(&watch, from: 501, to: 510)
    #expect(answer21 == [])
    let answer22 = silent(&watch, from: 511, to: 511)
    #expect(answer22 == [0, 1])
  }
}
