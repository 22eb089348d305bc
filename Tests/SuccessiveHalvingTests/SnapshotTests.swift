import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct SnapshotTests {
  @Test func equalStatesHaveEqualBytesHoweverTheyCameAbout() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
    var forward = AsynchronousSuccessiveHalving(ladder: ladder)
    var backward = AsynchronousSuccessiveHalving(ladder: ladder)
    for _ in 0..<9 {
      _ = forward.nextJob(canStart: true)
      _ = backward.nextJob(canStart: true)
    }
    for trial in 0..<9 { forward.complete(TrialID(trial), rung: 0, loss: Loss(Double(trial % 4))) }
    for trial in (0..<9).reversed() { backward.complete(TrialID(trial), rung: 0, loss: Loss(Double(trial % 4))) }
    #expect(forward.snapshot() == backward.snapshot())
    #expect(forward.nextJob(canStart: false) == backward.nextJob(canStart: false))
  }

  @Test func theBitsOfALossAreKept() throws {
    let ladder = try LadderSpecification(minResource: 1, maxResource: 9, reductionFactor: 3)
    for value in [-0.0, .signalingNaN, -.nan, .infinity, -.infinity, .leastNonzeroMagnitude] {
      var scheduler = AsynchronousSuccessiveHalving(ladder: ladder)
      _ = scheduler.nextJob(canStart: true)
      scheduler.complete(0, rung: 0, loss: Loss(value))
      let bytes = scheduler.snapshot()
      #expect(try SchedulerSpecification.restoreScheduler(from: bytes).snapshot() == bytes)
    }
  }

  /// Every shorter snapshot, every snapshot with one byte changed, and noise: none traps, and what is accepted is a
  /// snapshot itself.
  @Test func damagedBytesAreRefusedOrAreAnotherSnapshot() throws {
    for bytes in try samples() {
      for length in bytes.indices {
        let short = Array(bytes[..<length])
        #expect(throws: SnapshotError.self) { try SchedulerSpecification.restoreScheduler(from: short) }
      }
      #expect(throws: SnapshotError.self) { try SchedulerSpecification.restoreScheduler(from: bytes + [0]) }
      for position in bytes.indices {
        for change: UInt8 in [1, 2, 0x10, 0x80, 0xff] {
          var damaged = bytes
          damaged[position] ^= change
          restoreIfValid(damaged)
        }
      }
      var random = TestGenerator(seed: 5)
      for _ in 0..<2_000 {
        restoreIfValid(bytes.prefix(random.below(bytes.count)) + (0..<40).map { _ in UInt8(random.below(256)) })
      }
    }
  }

  @Test func anotherVersionIsRefused() throws {
    for var bytes in try samples() {
      bytes[4] += 1
      #expect(throws: SnapshotError.self) { try SchedulerSpecification.restoreScheduler(from: bytes) }
    }
  }

  private func restoreIfValid(_ bytes: [UInt8]) {
    guard let scheduler = try? SchedulerSpecification.restoreScheduler(from: bytes) else { return }
    scheduler.checkInvariants()
    #expect(scheduler.snapshot() == bytes)
  }

  /// A snapshot of each scheduler, with trials in every phase.
  private func samples() throws -> [[UInt8]] {
    try SchedulerAlgorithm.allCases.map { algorithm in
      let ladder = try LadderSpecification(
        minResource: 1, maxResource: 27, reductionFactor: 3,
        earlyStoppingRate: algorithm.options.contains(.brackets) ? 0 : 1)
      let specification = try SchedulerSpecification(algorithm: algorithm, ladder: ladder, configurations: 9)
      var scheduler = specification.makeScheduler()
      var jobs = (0..<9).compactMap { _ in scheduler.nextJob(canStart: true) }
      scheduler.erase(jobs.removeLast().trial)
      if let replacement = scheduler.nextJob(canStart: true) { jobs.append(replacement) }
      for job in jobs {
        let loss: Loss = job.trial == 3 ? .diverged : Loss(Double(job.trial.rawValue))
        scheduler.complete(job.trial, rung: job.rung, loss: loss)
      }
      // Two of those that are to run on reach the top, where the scheduler lets them.
      for trial in [jobs[0].trial, jobs[1].trial] {
        while let job = scheduler.continueTrial(trial) { scheduler.complete(trial, rung: job.rung, loss: 0.5) }
      }
      _ = scheduler.nextJob(canStart: false)
      return scheduler.snapshot()
    }
  }
}
