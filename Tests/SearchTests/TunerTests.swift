import TestSupport
import Search
import SearchSpace
import StudyFile
import SuccessiveHalving
import Testing
import TuningTypes

@Suite struct TunerTests {
  /// Legal dispatches, retries, budgets, stops, set-aside workers, incumbents and endings, all at once.
  @Test(arguments: 0..<8) func theTunerDoesWhatTheNaiveReferenceSays(part: Int) throws {
    var tally = VirtualCluster.Tally()
    for seed in part * 500..<(part + 1) * 500 {
      var cluster = try VirtualCluster(seed: seed)
      try cluster.run()
      tally.add(cluster.tally)
    }
    // The property is worth nothing if what it speaks of hardly happens.
    #expect(tally.results > 5000 && tally.failures > 500 && tally.retries > 200 && tally.promotions > 500)
    #expect(tally.setAside > 5 && tally.lost > 20 && tally.dropped > 100 && tally.keptAsBest > 20)
    #expect(tally.endings == Set(StopReason.allCases).subtracting([.invalid, .workers, .place]))
  }

  /// The same with each scheduler in turn, replays of the journal included.
  @Test(arguments: SchedulerAlgorithm.allCases)
  func theTunerDoesWhatTheNaiveReferenceSaysWithEveryScheduler(algorithm: SchedulerAlgorithm) throws {
    var tally = VirtualCluster.Tally()
    for seed in 10_000..<10_300 {
      var cluster = try VirtualCluster(seed: seed, algorithm: algorithm)
      try cluster.run()
      tally.add(cluster.tally)
    }
    #expect(tally.results > 1000 && tally.failures > 200 && tally.retries > 80 && tally.lost > 10)
    #expect(algorithm.usesTopAlone || tally.promotions > 150)
    #expect(!algorithm.isStoppingType || tally.continued > 100 && tally.passed > 300 && tally.stopped > 100)
    #expect(tally.endings.isSuperset(of: [.configurations, .signal, .time, .target]))
  }

  /// More configurations change nothing about the jobs that there were, unless rungs have to be finished.
  @Test(arguments: SchedulerAlgorithm.allCases.filter { !$0.isSynchronous && !$0.needsGrid })
  func aJournalReplaysWithAGrownBudget(algorithm: SchedulerAlgorithm) throws {
    let overrides = ["scheduler={algorithm: \(algorithm), reduction_factor: 2, max_resource: 8}"]
    for seed in 0..<20 {
      let events = try run(smallStudy, set: overrides + ["seed=\(seed)", "budget.configurations=30"]) { job in
        Double((job.trial.rawValue * 37 + job.rung.rawValue * 11 + seed) % 17)
      }
      var grown = try Tuner(
        plan: decodedStudy(smallStudy, set: overrides + ["seed=\(seed)", "budget.configurations=60"]).plan)
      for event in events.compactMap({ $0.searchRecord(at: 0) }) { try grown.replay(event) }
      grown.finishReplay()
      #expect(!grown.isComplete)
    }
  }

  /// With workers that wait, the lowest of them would be asked first.
  @Test func aTrialThatRunsOnDoesSoOnItsWorkerBeforeAnybodyElseGetsAnything() throws {
    var tuner = try Tuner(
      plan: decodedStudy(
        smallStudy,
        set: ["scheduler={algorithm: stopping, reduction_factor: 2, max_resource: 4}", "budget.configurations=3"]
      ).plan)
    var actions: [Tuner.Action] = []
    for worker in 0..<4 { tuner.handle(.workerReady(WorkerID(worker)), at: 0, into: &actions) }
    actions = []
    tuner.handle(.failure(0, 0, .failed, reason: "out of luck"), at: 1, into: &actions)
    actions = []
    tuner.handle(.result(2, 2, TrainingReport(loss: 1), seconds: 1), at: 2, into: &actions)
    #expect(dispatches(actions).map(\.trial) == [2])
    #expect(
      actions.contains {
        if case .dispatch(let job, 2) = $0 { job.rung == 1 && job.resumeResource == 1 } else { false }
      })
  }

  @Test func aTrainerThatWantsNoConfigurationEndsTheStudy() throws {
    let study = try decodedStudy(smallStudy)
    var tuner = try Tuner(plan: study.plan)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    var tries = 0
    while let job = actions.compactMap({ if case .dispatch(let job, _) = $0 { job } else { nil } }).last {
      tries += 1
      try #require(tries < 1000)
      actions = []
      tuner.handle(.failure(0, job.id, .invalid, reason: "no"), at: Double(tries), into: &actions)
    }
    #expect(actions.last == .finish(.invalid))
    #expect(tries == Tuner.invalidTrialsBeforeEnd)
  }

  /// Drives a study on one worker, the loss a function of the configuration, and lists what happened.
  private func run(_ yaml: String, set overrides: [String] = [], loss: (Job) -> Double) throws -> [Tuner.Action] {
    var tuner = try Tuner(plan: decodedStudy(yaml, set: overrides).plan)
    var all: [Tuner.Action] = []
    var event: Tuner.Event? = .workerReady(0)
    var time = 0.0
    while let next = event {
      var actions: [Tuner.Action] = []
      tuner.handle(next, at: time, into: &actions)
      time += 1
      all += actions
      event = nil
      for case .dispatch(let job, let worker) in actions {
        event = .result(worker, job.id, TrainingReport(loss: loss(job)), seconds: 1)
      }
    }
    #expect(all.last == .finish(.configurations))
    return all
  }

  private func dispatches(_ actions: [Tuner.Action]) -> [Job] {
    actions.compactMap { if case .dispatch(let job, _) = $0 { job } else { nil } }
  }

  @Test func configurationsThatTheStudyNamesComeFirst() throws {
    let jobs = dispatches(try run(smallStudy) { _ in 1 }).filter { $0.rung == 0 }
    #expect(jobs.prefix(2).map(\.configuration) == [["x": 0.25, "y": 7], ["x": 0.75, "y": 8]])
    #expect(jobs.count == 6)
    let without = try decodedStudy(smallStudy.replacing("start_with: [{x: 0.25, y: 7}, {x: 0.75, y: 8}]\n", with: ""))
    var sampled = try without.plan.makeSampler()
    #expect(jobs.dropFirst(2).map(\.configuration) == (0..<4).map { sampled.suggest($0)! })
  }

  @Test func seedsOfTrialsDifferAndFollowFromTheStudysSeed() throws {
    let study = try decodedStudy(smallStudy)
    let seeds = (0..<1000).map { study.plan.trainingSeed(of: TrialID($0)) }
    #expect(Set(seeds).count == 1000)
    #expect(seeds == (0..<1000).map { study.plan.trainingSeed(of: TrialID($0)) })
    let other = try decodedStudy(smallStudy, set: ["seed=6"])
    #expect(Set(seeds).isDisjoint(with: (0..<1000).map { other.plan.trainingSeed(of: TrialID($0)) }))
  }

  @Test(arguments: 0..<50) func maximisingIsMinimisingTheNegatedMetric(seed: Int) throws {
    let metric = { (job: Job) in Double((job.trial.rawValue * 37 + job.rung.rawValue * 11 + seed) % 17) - 8 }
    let minimised = try run(smallStudy, set: ["objective.mode=min", "seed=\(seed)"], loss: metric)
    let maximised = try run(smallStudy, set: ["objective.mode=max", "seed=\(seed)"]) { -metric($0) }
    #expect(dispatches(minimised) == dispatches(maximised))
    let losses = { (actions: [Tuner.Action]) in
      actions.compactMap { if case .record(.result(let result)) = $0 { result.loss } else { nil } }
    }
    #expect(losses(minimised) == losses(maximised))
  }

  @Test func aNewIncumbentIsKeptBeforeItsTrialTrainsOn() throws {
    let actions = try run(smallStudy) { 1 / Double($0.resource.rawValue) + Double($0.trial.rawValue) }
    var kept = 0
    for (at, action) in actions.enumerated() {
      guard case .keepIncumbent(let best, _) = action else { continue }
      kept += 1
      let later = actions[..<at].contains {
        if case .dispatch(let job, _) = $0 { job.trial == best.job.trial && job.rung > best.job.rung } else { false }
      }
      #expect(!later, "trial \(best.job.trial) trains on before its checkpoint of rung \(best.job.rung) is kept")
    }
    #expect(kept == 3)
  }

  @Test func aCheckpointIsDiscardedOnceAndNeverTrainedFrom() throws {
    for seed in 0..<50 {
      let actions = try run(smallStudy, set: ["seed=\(seed)", "budget.configurations=40"]) { job in
        (job.trial.rawValue + seed) % 5 == 0 ? .nan : Double((job.trial.rawValue * 31 + seed) % 13)
      }
      var discarded: Set<TrialID> = []
      for action in actions {
        switch action {
        case .discardCheckpoint(let trial): #expect(discarded.insert(trial).inserted, "seed \(seed) trial \(trial)")
        case .dispatch(let job, _): #expect(!discarded.contains(job.trial), "seed \(seed) trial \(job.trial)")
        default: break
        }
      }
    }
  }

  @Test func theBestTrialsKeepTheirCheckpoints() throws {
    let losses = [5.0, 3, 4, .nan, 1, 2, 6]
    let actions = try run(
      smallStudy,
      set: ["scheduler={algorithm: random, max_resource: 1}", "budget={configurations: 7}", "checkpoints.keep=best 2"]
    ) { losses[$0.trial.rawValue] }
    let discarded: [TrialID] = actions.compactMap { if case .discardCheckpoint(let trial) = $0 { trial } else { nil } }
    // 0 goes when 2 comes, which goes when 4 comes; 5 displaces 1.
    #expect(discarded == [0, 3, 2, 1, 6])
  }

  @Test func invalidPointsOfAGridAreNotReplacedByOthersOnceItIsUsedUp() throws {
    let yaml = """
      search_space: {x: {type: int, min: 1, max: 10}}
      sampler: {kind: grid, order: declared}
      scheduler: {algorithm: grid, max_resource: 4}
      trainer: {kind: none}
      """
    var tuner = try Tuner(plan: decodedStudy(yaml).plan)
    var tried: [Int] = []
    var events: [Tuner.Event] = [.workerReady(0)]
    while let event = events.popLast() {
      var actions: [Tuner.Action] = []
      tuner.handle(event, at: 0, into: &actions)
      for case .dispatch(let job, let worker) in actions {
        let x = job.configuration["x"]!.wholeNumber!
        tried.append(x)
        let isInvalid = x % 2 == 0
        events.append(
          isInvalid
            ? .failure(worker, job.id, .invalid, reason: "even")
            : .result(worker, job.id, TrainingReport(loss: 1), seconds: 0))
      }
    }
    #expect(tried == Array(1...10))
    #expect(tuner.counts.configurations == 5)
    #expect(tuner.brackets[0].rungs[0].completed == 5)
  }

  @Test func aTrainerThatStopsUnaskedFailsAndDoesNotGoRoundForEver() throws {
    var tuner = try Tuner(plan: decodedStudy(smallStudy, set: ["retries=2", "budget.configurations=1"]).plan)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    for attempt in 1...3 {
      #expect(dispatches(actions).last?.attempt == attempt)
      actions = []
      tuner.handle(.interrupted(0, 0), at: 1, into: &actions)
    }
    #expect(dispatches(actions).first?.trial != 0)
    #expect(tuner.counts.failures == 3)
    #expect(tuner.counts.lastFailure == "the trainer stopped without being asked")
  }

  /// `retries` may be another when a study is resumed: what the journal says of a failure was decided then.
  @Test(arguments: [0, 1, 3], [0, 1, 3])
  func aJournalIsReplayedWithOtherRetries(then: Int, now: Int) throws {
    func plan(_ retries: Int) throws -> SearchPlan {
      try decodedStudy(smallStudy, set: ["retries=\(retries)", "budget.configurations=4"]).plan
    }
    var tuner = try Tuner(plan: plan(then))
    var (actions, records): ([Tuner.Action], [SearchRecord]) = ([], [])
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    var trials = 0
    while let job = dispatches(actions).last {
      records += actions.compactMap { $0.searchRecord(at: 1) }
      actions = []
      trials = max(trials, job.trial.rawValue)
      let isBad = job.trial == 1
      tuner.handle(
        isBad
          ? .failure(0, job.id, .failed, reason: "no luck") : .result(0, job.id, TrainingReport(loss: 1), seconds: 1),
        at: 1, into: &actions)
    }
    records += actions.compactMap { $0.searchRecord(at: 1) }
    #expect(trials == 3 && tuner.counts.failures == then + 1)
    for length in 0...records.count {
      var again = try Tuner(plan: plan(now))
      for record in records[..<length] { try again.replay(record) }
      again.finishReplay()
      if length == records.count { #expect(again.counts.results == tuner.counts.results && again.isComplete) }
    }
  }

  @Test func theReasonOfAFailureNamesTheMetricsThatThereWere() throws {
    var tuner = try Tuner(plan: decodedStudy(smallStudy, set: ["objective.metric=f1"]).plan)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    let report = TrainingReport(loss: 1, metrics: [.init("accuracy", 0.5)])
    tuner.handle(.result(0, 0, report, seconds: 1), at: 1, into: &actions)
    #expect(tuner.counts.lastFailure == "the trainer reported no f1, only: loss, accuracy")
    #expect(tuner.counts.results == 0)
    tuner = try Tuner(plan: decodedStudy(smallStudy, set: ["objective.metric=f1"]).plan)
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    tuner.handle(
      .result(0, 0, TrainingReport(loss: 1, metrics: (0..<300).map { .init("class \($0)", 1) }), seconds: 1), at: 1,
      into: &actions)
    #expect(tuner.counts.lastFailure?.hasSuffix("class 9, class 10, and 289 others") == true)
  }

  /// Two workers, of which the second fails whatever it gets until it is set aside.
  private func tunerWithAWorkerSetAside() throws -> Tuner {
    var tuner = try Tuner(plan: decodedStudy(smallStudy, set: ["budget.configurations=100", "retries=0"]).plan)
    var actions: [Tuner.Action] = []
    for worker in 0..<2 { tuner.handle(.workerReady(WorkerID(worker)), at: 0, into: &actions) }
    var failures = 0
    while failures < 5 {
      let jobs = actions.compactMap { if case .dispatch(let job, let worker) = $0 { (job.id, worker) } else { nil } }
      actions = []
      for (id, worker) in jobs {
        if worker == 1 { failures += 1 }
        tuner.handle(
          worker == 1
            ? .failure(1, id, .failed, reason: "no such device") : .result(0, id, TrainingReport(loss: 1), seconds: 1),
          at: 1, into: &actions)
      }
    }
    #expect(
      actions.contains(.warn("worker 1 is set aside: its last 5 jobs failed, while others succeed")))
    #expect(tuner.workersInService == 1)
    return tuner
  }

  @Test func aWorkerThatAlwaysFailsIsSetAsideAndGetsNothing() throws {
    var tuner = try tunerWithAWorkerSetAside()
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(1), at: 2, into: &actions)
    tuner.handle(.clock, at: 3, into: &actions)
    #expect(actions.isEmpty)
  }

  @Test func workersSetAsideComeBackWhenNoOtherIsLeft() throws {
    var tuner = try tunerWithAWorkerSetAside()
    var actions: [Tuner.Action] = []
    tuner.handle(.workerLost(0, reason: "its node is gone"), at: 2, into: &actions)
    #expect(tuner.workersInService == 1)
    #expect(actions.contains(.warn("worker 1 is back in service: no other is left")))
    #expect(actions.contains { if case .dispatch(_, 1) = $0 { true } else { false } })
  }

  @Test func aWorkerThatIsLostBeforeItsFirstWordGetsNothingUntilItComes() throws {
    var tuner = try Tuner(plan: decodedStudy(smallStudy).plan)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerLost(3, reason: "its node is gone"), at: 0, into: &actions)
    #expect(actions == [.warn("worker 3 is lost: its node is gone")])
    tuner.handle(.workerReady(3), at: 1, into: &actions)
    #expect(dispatches(actions).map(\.trial) == [0])
  }
}
