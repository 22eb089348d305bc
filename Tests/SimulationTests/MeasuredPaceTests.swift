import Simulation
import Testing

/// Starting is told from training, by two jobs.
@Suite struct MeasuredPaceTests {
  private func expect(_ pace: MeasuredPace, unit: Double, job: Double) {
    #expect(abs(pace.secondsPerUnit - unit) <= 1e-12 * unit, "\(pace)")
    #expect(abs(pace.secondsPerJob - job) <= 1e-9, "\(pace)")
  }

  /// A program that is started for each job spends the same time on every start; one that goes on spends it once.
  @Test(arguments: [0.0, 0.25, 8], [0.125, 2, 64]) func startingIsLeftOutOfAUnit(start: Double, unit: Double) {
    for (first, last) in [(1.0, 2.0), (1, 3), (4, 12), (10, 30)] {
      let job = MeasuredPace.Job(units: first, seconds: start + unit * first)
      expect(
        MeasuredPace(first: job, last: .init(units: last, seconds: start + unit * last), startsWithEachJob: true),
        unit: unit, job: start)
      expect(
        MeasuredPace(first: job, last: .init(units: last, seconds: unit * last), startsWithEachJob: false),
        unit: unit, job: 0)
    }
  }

  /// A process that goes on is measured by jobs of any lengths.
  @Test func aProcessThatGoesOnNeedsNoLongerJob() {
    expect(
      MeasuredPace(first: .init(units: 1, seconds: 9), last: .init(units: 1, seconds: 2), startsWithEachJob: false),
      unit: 2, job: 0)
  }

  /// Two jobs of one length can't tell starting from training; the quicker one is the better measure.
  @Test func jobsOfOneLengthCountStartingAsTraining() {
    expect(
      MeasuredPace(first: .init(units: 1, seconds: 9), last: .init(units: 1, seconds: 7), startsWithEachJob: true),
      unit: 7, job: 2)
    let only = MeasuredPace.Job(units: 2, seconds: 8)
    expect(MeasuredPace(first: only, last: only, startsWithEachJob: true), unit: 4, job: 0)
  }
}
