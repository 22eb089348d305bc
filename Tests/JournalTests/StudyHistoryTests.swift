import Journal
import Search
import StudyFile
import SuccessiveHalving
import TestSupport
import Testing
import Text
import TuningTypes

/// The fold over a journal's records, against the tuner that wrote them.
@Suite struct StudyHistoryTests {
  @Test(arguments: 0..<40, [false, true]) func theHistoryIsWhatTheTunerSays(seed: Int, reports: Bool) throws {
    let recorded = try RecordedStudy(
      seed: seed, scheduler: reports ? "algorithm: stopping" : "algorithm: asha", reports: reports)
    var history = StudyHistory(workers: recorded.workers, keeping: [.configurations, .reports])
    var tuner = try Tuner(plan: recorded.study.plan)
    for line in recorded.lines {
      guard let record = SearchRecord(json: try JSONValue(parsing: line.utf8)) else { continue }
      history.take(record)
      try tuner.replay(record)
      #expect(history.results == tuner.counts.results)
      #expect(history.invalid + history.failedJobs == tuner.counts.failures)
      if case .stop = record {} else { #expect(history.runningJobs.count == tuner.runningCount) }
      #expect(history.trials.count - history.invalid == tuner.counts.configurations)
      #expect(history.best?.trial == tuner.incumbent?.job.trial && history.best?.loss == tuner.incumbent?.loss)
    }
    for bracket in tuner.brackets {
      for rung in bracket.rungs {
        let known = history.rungs.first { $0.key.bracket == bracket.bracket && $0.key.rung == rung.rung }?.value
        // A failure for good completes a rung as the worst of losses, which is no loss in the journal. An invalid trial is
        // taken off the rungs again that it had completed.
        if history.invalid == 0 {
          #expect((known?.losses.count ?? 0) + (known?.failed ?? 0) == rung.completed)
          #expect(known?.promoted ?? 0 == rung.promoted)
        }
      }
    }
    for trial in history.trials {
      let jobs = Array(history.jobsBackwards(of: trial))
      #expect(jobs.allSatisfy { $0.trial == trial.id } && jobs.map(\.id) == jobs.map(\.id).sorted(by: >))
      // A report may be of a resource beyond its rung's.
      if !reports { #expect(jobs.first { $0.status == .completed }?.resource ?? 0 == trial.resource) }
      #expect(history.configuration(of: trial.id)?.entries.isEmpty == false)
    }
    #expect(Set(history.trials.flatMap { history.jobsBackwards(of: $0).map(\.id) }).count == history.jobs.count)
  }

  @Test func whatIsNotInTheOrderOfItsNumberIsFoundAllTheSame() {
    var history = StudyHistory(workers: 2, keeping: .configurations)
    for (number, trial) in [7, 0, 3].enumerated() {
      let job = Job(
        id: JobID(10 - number), trial: TrialID(trial), bracket: 0, rung: 0, resource: 1, resumeResource: 0, attempt: 1,
        seed: 0, configuration: ["x": .integer(trial)])
      history.take(.dispatch(job, worker: 0, time: Double(number)))
    }
    for trial in [7, 0, 3] { #expect(history.configuration(of: TrialID(trial)) == ["x": .integer(trial)]) }
    #expect(history.trial(TrialID(1)) == nil && history.job(JobID(9))?.trial == 0)
  }
}
