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
      #expect(history.runningJobs.count == history.runningCount)
      if case .stop = record {} else { #expect(history.runningCount == tuner.runningCount) }
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

/// What the history says of runs, where they ran, and of what failed there.
@Suite struct RunHistoryTests {
  private func dispatch(_ number: Int, worker: Int, at time: Double) -> SearchRecord {
    .dispatch(
      Job(
        id: JobID(number), trial: TrialID(number), bracket: 0, rung: 0, resource: 1, resumeResource: 0, attempt: 1,
        seed: 0, configuration: ["x": .integer(number)]), worker: WorkerID(worker), time: time)
  }

  private func failure(_ number: Int, worker: Int, _ kind: FailureKind = .failed, at time: Double) -> SearchRecord {
    .failure(
      SearchRecord.Failure(
        job: JobID(number), trial: TrialID(number), bracket: 0, rung: 0, worker: WorkerID(worker), attempt: 1,
        kind: kind, isFinal: true, reason: "why", time: time))
  }

  @Test func failuresAreCountedForTheHostThatTheirWorkerHadThen() {
    var history = StudyHistory(
      header: ["workers": 2, "started": "2026-01-02T03:04:05Z", "hosts": ["a", "b"], "batch_job": "16"])
    history.take(dispatch(0, worker: 1, at: 0))
    history.take(failure(0, worker: 1, at: 1))
    history.take(
      .resume(time: 2, workers: 3, site: RunSite(started: "2026-01-03T00:00:00Z", hosts: ["c", "a", "d"])))
    for (number, worker) in [(1, 1), (2, 2)] {
      history.take(dispatch(number, worker: worker, at: 3))
      history.take(failure(number, worker: worker, at: 4))
    }
    history.take(dispatch(3, worker: 0, at: 4))
    history.take(failure(3, worker: 0, .invalid, at: 5))
    #expect(history.failuresByHost == ["b": 1, "a": 1, "d": 1])
    #expect(history.failures.byWorker == [1: 2, 2: 1])
    #expect(history.failures.ranked.map(\.count) == [3, 1] && history.failures.ranked.map(\.last) == [4, 5])
    #expect(history.failures.kinds.map(\.isInvalid) == [false, true])
    #expect(history.runs.map(\.site.batchJob) == ["16", nil])
    #expect(history.runs.map(\.workers) == [2, 3])
    #expect(history.run.site.host(of: 2) == "d" && history.run.site.host(of: 3) == nil)
    #expect(history.workerSeconds(from: 1, to: 4) == 2 * 1 + 3 * 2)
    // Each job lasted from its start to its failure.
    #expect(history.busy.amount(from: 0, to: 5, until: 5) == 4)
  }

  @Test func journalsThatSayNothingOfHostsAreReadAsBefore() throws {
    let line = #"{"event":"resume","time":3,"workers":2}"#
    #expect(SearchRecord(json: try JSONValue(parsing: line.utf8)) == .resume(time: 3, workers: 2))
    let odd = #"{"event":"resume","time":3,"hosts":["a",7],"started":5,"batch_job":[]}"#
    #expect(SearchRecord(json: try JSONValue(parsing: odd.utf8)) == .resume(time: 3))
  }
}
