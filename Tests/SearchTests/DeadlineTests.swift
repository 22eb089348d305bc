import Randomness
import Search
import StudyFile
import SuccessiveHalving
import TestSupport
import Testing
import TuningTypes

/// What a study does when its time runs out.
@Suite struct DeadlineTests {
  /// A whole study in virtual time: a unit of resource takes a second, and a look at the clock comes with every event.
  private struct Run {
    var journal: [SearchRecord] = []
    var reason: StopReason?
    var end = 0.0
    var tuner: Tuner

    init(_ study: Study, workers: Int, deadline: Tuner.Deadline, seed: Int) throws {
      tuner = try Tuner(plan: study.plan)
      tuner.deadline = deadline
      var random = testGenerator(seed)
      var running: [(end: Double, worker: WorkerID, job: Job)] = []
      var actions: [Tuner.Action] = []
      for worker in 0..<workers { tuner.handle(.workerReady(WorkerID(worker)), at: 0, into: &actions) }
      while true {
        for action in actions {
          if let event = action.searchRecord(at: end) { journal.append(event) }
          switch action {
          case .dispatch(let job, let worker):
            let units = job.resource.rawValue - job.resumeResource.rawValue
            running.append((end + Double(units), worker, job))
          case .finish(let why): reason = why
          default: break
          }
        }
        actions = []
        guard reason == nil, let next = running.indices.min(by: { running[$0].end < running[$1].end }) else { return }
        let (time, worker, job) = running.remove(at: next)
        let seconds = Double(job.resource.rawValue - job.resumeResource.rawValue)
        end = time
        tuner.handle(.clock, at: time, into: &actions)
        let report = TrainingReport(loss: random.uniform())
        tuner.handle(.result(worker, job.id, report, seconds: seconds), at: time, into: &actions)
      }
    }
  }

  private func study(_ algorithm: String, extra: String = "") throws -> Study {
    try decodedStudy(
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: \(algorithm), reduction_factor: 2, max_resource: 16\(extra)}
      budget: {time: 1h}
      trainer: {kind: none}
      """)
  }

  @Test(arguments: ["asha", "hyperband", "random"])
  func nothingStartsThatCannotFinish(algorithm: String) throws {
    for seed in 0..<40 {
      let deadline = Double(60 + seed)
      let run = try Run(
        study(algorithm), workers: 1 + seed % 5, deadline: Tuner.Deadline(time: deadline, isResumed: false), seed: seed)
      #expect(run.reason == .time, "seed \(seed)")
      #expect(run.end <= deadline, "seed \(seed)")
      // It ends because the next step is too long, not long before: the smallest one takes a second.
      #expect(run.end > deadline - 16, "seed \(seed)")
      var horizons = 0
      var before: Resource? = 16
      for case .horizon(let units, _) in run.journal {
        #expect(units != before, "seed \(seed): told twice")
        before = units
        horizons += 1
      }
      #expect((1...5).contains(horizons), "seed \(seed)")
    }
  }

  @Test func theLastOfTheTimeGoesToPromotionsThatCanStillFinish() throws {
    var late: [RungIndex: Int] = [:]
    for seed in 0..<40 {
      let run = try Run(study("asha"), workers: 4, deadline: Tuner.Deadline(time: 120, isResumed: false), seed: seed)
      for case .dispatch(let job, _, let time) in run.journal where time > 112 { late[job.rung, default: 0] += 1 }
    }
    #expect(late[4] == nil, "the step to the top takes 8 s")
    #expect(late[1, default: 0] > 40 && late[2, default: 0] > 10, "\(late)")
  }

  @Test func whatIsResumedLaterNeedsTheTimeForOneUnit() throws {
    let run = try Run(study("asha"), workers: 3, deadline: Tuner.Deadline(time: 50, isResumed: true), seed: 1)
    #expect(run.reason == .walltime)
    var last = 0.0
    for case .dispatch(_, _, let time) in run.journal { last = time }
    #expect(last == 49)
  }

  @Test(arguments: ["asha", "hyperband", "random"])
  func aStudyThatRanOutOfTimeIsReplayedAndGoesOn(algorithm: String) throws {
    let study = try study(algorithm)
    for seed in 0..<20 {
      let run = try Run(
        study, workers: 3, deadline: Tuner.Deadline(time: 40 + Double(seed), isResumed: false), seed: seed)
      var replayed = try Tuner(plan: study.plan)
      for event in run.journal { try replayed.replay(event) }
      replayed.finishReplay()
      #expect(replayed.brackets == run.tuner.brackets, "seed \(seed)")
      #expect(replayed.counts == run.tuner.counts, "seed \(seed)")
      #expect(!replayed.isComplete, "seed \(seed)")
      var actions: [Tuner.Action] = []
      replayed.handle(.workerReady(0), at: 1000, into: &actions)
      #expect(dispatches(actions).count == 1, "seed \(seed)")
    }
  }

  @Test func aStudyWhoseConfigurationsAreUsedUpEndsForThatReason() throws {
    let study = try decodedStudy(
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {reduction_factor: 2, max_resource: 2}
      budget: {time: 1h, configurations: 4}
      trainer: {kind: none}
      """)
    // Six jobs of a second; for the last of them there is just the time.
    let run = try Run(study, workers: 1, deadline: Tuner.Deadline(time: 6.5, isResumed: false), seed: 3)
    #expect(run.reason == .configurations)
  }

  private func dispatches(_ actions: [Tuner.Action]) -> [Job] {
    actions.compactMap { if case .dispatch(let job, _) = $0 { job } else { nil } }
  }
}
