import Search
import SearchSpace
import StudyFile
import SuccessiveHalving
import TestSupport
import Testing
import TuningTypes

/// A study whose sampler learns is its journal: what it suggests after a resume is what it would have suggested.
@Suite struct LearningSamplerTests {
  private static let yaml = """
    seed: 1
    search_space:
      rate: {type: float, min: 1.0e-4, max: 1, scale: log}
      units: {type: int, min: 1, max: 64}
      kind: {type: categorical, values: [a, b, c]}
      decay: {type: float, min: 0, max: 1, step: 0.1, when: {kind: [a, b]}}
    sampler: {kind: KIND}
    start_with: [{rate: 0.1, units: 3, kind: c}]
    retries: 1
    trainer: {kind: none}

    """

  private static func plan(
    _ algorithm: SchedulerAlgorithm, seed: Int, kind: String = "kde", configurations: Int = 90
  ) throws -> SearchPlan {
    try decodedStudy(
      yaml.replacing("KIND", with: kind),
      set: [
        "seed=\(seed)", "budget.configurations=\(configurations)",
        "scheduler={algorithm: \(algorithm), reduction_factor: 2, max_resource: 16\(algorithm.name == "top_k" ? ", top_k: 9" : "")}",
      ]
    ).plan
  }

  /// A job that is out.
  private struct Running {
    let worker: WorkerID
    let job: Job
  }

  /// Drives a study whose jobs come to their end in the order in which they went out.
  private struct Study {
    var tuner: Tuner
    var queue: [Running] = []
    /// The model that is asked for, and how many jobs have to end before it is made.
    var model: (request: ModelRequest, after: Int)?
    /// How many jobs end while a model is made, where any run.
    var modelDelay = 0
    var warnings: [String] = []
    var records: [SearchRecord] = []
    /// After so many records the run is killed.
    var end = Int.max
    let reports: Bool
    /// With several workers a failed job would go out to another one, which a killed run has forgotten.
    let mayFail: Bool
    var time = 0.0

    init(_ tuner: Tuner, reports: Bool, mayFail: Bool) {
      self.tuner = tuner
      self.reports = reports
      self.mayFail = mayFail
    }

    mutating func run(workers: Int) {
      for worker in 0..<workers { handle(.workerReady(WorkerID(worker))) }
      while !queue.isEmpty || model != nil, records.count < end {
        if let (request, after) = model, after == 0 || queue.isEmpty {
          model = nil
          handle(.learned(request.answer()))
          continue
        }
        model?.after -= 1
        let running = queue.removeFirst()
        finish(running)
      }
    }

    private mutating func finish(_ running: Running) {
      let (worker, job) = (running.worker, running.job)
      if mayFail, job.trial.rawValue % 13 == 5 { return handle(.failure(worker, job.id, .invalid, reason: "no")) }
      if mayFail, job.trial.rawValue % 7 == 4, job.attempt == 1 || job.trial.rawValue % 2 == 0 {
        return handle(.failure(worker, job.id, .failed, reason: "out of luck"))
      }
      if reports {
        for rung in [1, 2, 4, 8] where rung > job.resumeResource.rawValue && rung < job.resource.rawValue {
          handle(.report(worker, job.id, resource: Double(rung), report(job, rung)))
          if tuner.isToldToStop(job.id) { return handle(.interrupted(worker, job.id)) }
        }
      }
      handle(.result(worker, job.id, report(job, job.resource.rawValue), seconds: 1))
    }

    private mutating func handle(_ event: Tuner.Event) {
      guard records.count < end else { return }
      var actions: [Tuner.Action] = []
      time += 1
      tuner.handle(event, at: time, into: &actions)
      for action in actions {
        switch action {
        case .dispatch(let job, let worker): queue.append(Running(worker: worker, job: job))
        case .learn(let request): model = (request, modelDelay)
        case .warn(let text): warnings.append(text)
        default: break
        }
        if let record = action.searchRecord(at: time) { records.append(record) }
      }
    }

    private func report(_ job: Job, _ resource: Int) -> TrainingReport {
      if job.trial.rawValue % 17 == 3 { return TrainingReport(loss: .nan) }
      let rate = job.configuration["rate"]?.number ?? 0
      let units = job.configuration["units"]?.number ?? 0
      return TrainingReport(loss: (rate - 0.3) * (rate - 0.3) + units / 100 + 1 / Double(resource))
    }
  }

  private static func configurations(_ records: [SearchRecord]) -> [TrialID: Configuration] {
    var all: [TrialID: Configuration] = [:]
    for case .dispatch(let job, _, _) in records { all[job.trial] = job.configuration }
    return all
  }

  @Test(arguments: SchedulerAlgorithm.allCases.filter { !$0.needsGrid })
  func aKilledStudySuggestsWhatItWouldHave(algorithm: SchedulerAlgorithm) throws {
    for seed in 0..<4 {
      for workers in [1, 3] {
        let plan = try Self.plan(algorithm, seed: seed)
        var tuner = try Tuner(plan: plan)
        let reports = algorithm.isStoppingType && seed % 2 == 0
        tuner.trainerReports = algorithm.isStoppingType ? reports : nil
        var whole = Study(tuner, reports: reports, mayFail: workers == 1)
        whole.run(workers: workers)
        let expected = Self.configurations(whole.records)
        try #require(expected.count >= 90)
        for kill in stride(from: 3 + seed, to: whole.records.count, by: 29) {
          var again = try Tuner(plan: plan)
          again.trainerReports = tuner.trainerReports
          for record in whole.records.prefix(kill) { try again.replay(record) }
          again.finishReplay()
          var rest = Study(again, reports: reports, mayFail: workers == 1)
          rest.run(workers: workers)
          for (trial, configuration) in Self.configurations(rest.records) {
            #expect(
              configuration == expected[trial], "\(algorithm), seed \(seed), \(workers) workers, killed after \(kill)")
          }
        }
      }
    }
  }

  /// With one worker a Gaussian process has seen all results before it suggests; a killed study goes on with what it would have
  /// suggested.
  @Test(arguments: [SchedulerAlgorithm.asynchronousSuccessiveHalving, .randomSearch, .medianStopping])
  func aKilledStudyWithAGaussianProcessSuggestsWhatItWouldHave(algorithm: SchedulerAlgorithm) throws {
    for seed in 0..<2 {
      let plan = try Self.plan(algorithm, seed: seed, kind: "gp", configurations: 24)
      var whole = Study(try Tuner(plan: plan), reports: false, mayFail: true)
      whole.run(workers: 1)
      let expected = Self.configurations(whole.records)
      let models = whole.records.count { if case .model = $0 { true } else { false } }
      #expect(models > 8, "\(algorithm)")
      for kill in stride(from: 5 + seed, to: whole.records.count, by: 11) {
        var again = try Tuner(plan: plan)
        for record in whole.records.prefix(kill) { try again.replay(record) }
        again.finishReplay()
        var rest = Study(again, reports: false, mayFail: true)
        rest.run(workers: 1)
        for (trial, configuration) in Self.configurations(rest.records) {
          #expect(configuration == expected[trial], "\(algorithm), seed \(seed), killed after \(kill)")
        }
      }
    }
  }

  /// Workers don't wait for the model: what they get meanwhile is in the space too, and the journal has it all.
  @Test func nobodyWaitsForAModelWhileOthersTrain() throws {
    let plan = try Self.plan(.asynchronousSuccessiveHalving, seed: 3, kind: "gp", configurations: 40)
    var study = Study(try Tuner(plan: plan), reports: false, mayFail: false)
    study.modelDelay = 7
    study.run(workers: 4)
    #expect(study.tuner.counts.configurations == 40)
    for (_, configuration) in Self.configurations(study.records) {
      #expect(try plan.space.validated(configuration) == configuration)
    }
    var again = try Tuner(plan: plan)
    for record in study.records { try again.replay(record) }
    #expect(again.counts.results == study.tuner.counts.results)
  }

  @Test func aModelThatIsAlwaysLateIsToldOfOnce() throws {
    let plan = try Self.plan(.randomSearch, seed: 3, kind: "gp", configurations: 150)
    var study = Study(try Tuner(plan: plan), reports: false, mayFail: false)
    study.modelDelay = 50
    study.run(workers: 4)
    #expect(study.warnings.count { $0.contains("Gaussian process was not ready") } == 1)
    var inTime = Study(try Tuner(plan: plan), reports: false, mayFail: false)
    inTime.end = 60
    inTime.run(workers: 4)
    #expect(inTime.warnings.isEmpty)
  }

  /// While a model is made nothing trains, and the largest job may no longer fit: the others still do.
  @Test func aStudyThatWaitsForAModelIsNotOutOfTime() throws {
    var tuner = try Tuner(plan: try Self.plan(.asynchronousSuccessiveHalving, seed: 1, kind: "gp", configurations: 400))
    tuner.deadline = Tuner.Deadline(time: 200, isResumed: false)
    var (time, isShort, waits) = (0.0, false, 0)
    var actions: [Tuner.Action] = []
    tuner.handle(.workerReady(0), at: time, into: &actions)
    while true {
      if case .finish(let reason)? = actions.first(where: { if case .finish = $0 { true } else { false } }) {
        #expect(reason == .time)
        break
      }
      var event: Tuner.Event?
      var more: [Tuner.Action] = []
      for action in actions {
        switch action {
        case .record(.horizon(let units, _)): isShort = units != nil
        case .learn(let request):
          if isShort { waits += 1 }
          // A look at the clock while the model is made.
          tuner.handle(.clock, at: time, into: &more)
          event = event ?? .learned(request.answer())
        case .dispatch(let job, let worker):
          let seconds = Double(job.resource.rawValue - job.resumeResource.rawValue)
          time += seconds
          event = .result(worker, job.id, TrainingReport(loss: Double(job.id.rawValue % 7)), seconds: seconds)
        default: break
        }
      }
      actions = more
      guard let event else {
        #expect(!more.isEmpty, "nothing happens any more")
        if more.isEmpty { break }
        continue
      }
      tuner.handle(.clock, at: time, into: &actions)
      tuner.handle(event, at: time, into: &actions)
    }
    // It ends because not even the smallest job fits, which takes a second.
    #expect(waits > 0 && time > 198, "\(waits) models, \(time) s")
  }

  /// Many places stand for one whole number of a logarithmic scale: what was tried there is not suggested again, and the model is not
  /// called late.
  @Test func aProcessSuggestsNothingTwiceWhereTheSpaceIsFinite() throws {
    let plan = try decodedStudy(
      """
      seed: 1
      search_space:
        layers: {type: int, min: 1, max: 8, scale: log}
        units: {type: int, min: 1, max: 512, scale: log}
      sampler: {kind: gp, random_fraction: 0}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {configurations: 60}
      trainer: {kind: none}

      """
    ).plan
    var tuner = try Tuner(plan: plan)
    var actions: [Tuner.Action] = []
    var (tried, suggested, stale): (Set<Configuration>, Int, Int) = ([], 0, 0)
    tuner.handle(.workerReady(0), at: 0, into: &actions)
    while let event = actions.lazy.compactMap({ action -> Tuner.Event? in
      switch action {
      case .dispatch(let job, let worker):
        tried.insert(job.configuration)
        let layers = job.configuration["layers"]?.number ?? 0
        let units = job.configuration["units"]?.number ?? 0
        let loss = (layers - 3) * (layers - 3) + (units / 100 - 1) * (units / 100 - 1)
        return .result(worker, job.id, TrainingReport(loss: loss), seconds: 1)
      case .learn(let request):
        let answer = request.answer()
        suggested += answer.suggestions.count
        stale += answer.suggestions.count { tried.contains($0) }
        return .learned(answer)
      case .warn(let text):
        Issue.record("\(text)")
        return nil
      default: return nil
      }
    }).first {
      actions = []
      tuner.handle(event, at: 0, into: &actions)
    }
    #expect(tried.count == 60 && suggested > 40 && stale == 0, "\(stale) of \(suggested) were tried before")
  }

  /// `auto` goes over from the process to densities, of which a third is random; a space with conditions has densities alone.
  @Test func automaticSamplingBeginsWithAProcessAndGoesOnWithDensities() throws {
    let conditional = try Self.plan(.randomSearch, seed: 1, kind: "auto", configurations: 40)
    var densities = Study(try Tuner(plan: conditional), reports: false, mayFail: false)
    densities.run(workers: 1)
    #expect(!densities.records.contains { if case .model = $0 { true } else { false } })
    let plain = try decodedStudy(
      """
      seed: 1
      search_space: {x: {type: float, min: 0, max: 1}, y: {type: float, min: 0, max: 1}}
      sampler: {kind: auto}
      scheduler: {algorithm: random, max_resource: 16}
      budget: {configurations: 400}
      trainer: {kind: none}

      """
    ).plan
    var study = Study(try Tuner(plan: plain), reports: false, mayFail: false)
    study.modelDelay = 15
    study.run(workers: 40)
    let models = study.records.indices.filter { if case .model = study.records[$0] { true } else { false } }
    let after = study.records[(models.last ?? 0)...].compactMap { record -> TrialID? in
      if case .dispatch(let job, _, _) = record { job.trial } else { nil }
    }
    #expect(models.count > 5 && after.count > 50)
    let tried = Self.configurations(study.records)
    let random = RandomSampler(space: plain.space, seed: plain.seed)
    let drawn = (300..<400).count { tried[TrialID($0)] == random.configuration(at: $0) }
    #expect((20...50).contains(drawn))
    #expect(plain.sampler.automaticChoice(in: plain.space)?.contains("first 300") == true)
  }

  /// A journal of another study is not taken for this one's.
  @Test func modelsAreReplayedOnlyWhereTheStudyHasThem() throws {
    let answer = ModelAnswer(results: 1, suggestions: [])
    var densities = try Tuner(plan: try Self.plan(.asynchronousSuccessiveHalving, seed: 1))
    #expect(throws: ReplayError.self) { try densities.replay(.model(answer, time: 0)) }
    var tuner = try Tuner(plan: try Self.plan(.asynchronousSuccessiveHalving, seed: 1, kind: "gp"))
    try tuner.replay(.model(answer, time: 0))
    let outside = Configuration([
      .init("rate", .real(7)), .init("units", .integer(3)), .init("kind", .text("c")),
    ])
    #expect(throws: ReplayError.self) {
      try tuner.replay(.model(ModelAnswer(results: 1, suggestions: [outside]), time: 0))
    }
  }

  /// Asked for one by one, each call replays what the calls before it left.
  @Test(arguments: 0..<4) func whoAsksOneByOneGetsTheSame(seed: Int) throws {
    let plan = try Self.plan(.asynchronousSuccessiveHalving, seed: seed)
    var whole = Study(try Tuner(plan: plan), reports: false, mayFail: false)
    whole.run(workers: 1)
    let expected = Self.configurations(whole.records)
    var records: [SearchRecord] = []
    var asked: [TrialID: Configuration] = [:]
    for _ in 0..<60 {
      var actions: [Tuner.Action] = []
      var tuner = try Tuner(plan: plan)
      tuner.workersServeOnce = true
      for record in records { try tuner.replay(record) }
      tuner.finishReplay()
      tuner.handle(.workerReady(0), at: 0, into: &actions)
      for case .dispatch(let job, let worker) in actions {
        asked[job.trial] = job.configuration
        let rate = job.configuration["rate"]?.number ?? 0
        let units = job.configuration["units"]?.number ?? 0
        let loss =
          job.trial.rawValue % 17 == 3
          ? Double.nan : (rate - 0.3) * (rate - 0.3) + units / 100 + 1 / Double(job.resource.rawValue)
        tuner.handle(.result(worker, job.id, TrainingReport(loss: loss), seconds: 1), at: 0, into: &actions)
      }
      records += actions.compactMap { $0.searchRecord(at: 0) }
    }
    #expect(asked.count > 30)
    for (trial, configuration) in asked { #expect(configuration == expected[trial], "seed \(seed), trial \(trial)") }
  }

  /// What a little training shows misleads: results below r·η² are not modelled alone, if enough configurations get there. Lower rungs
  /// make few results there enough, or, where they are trusted unseen, none.
  @Test func whenAModelBeginsDependsOnItsRungs() throws {
    func firstSuggested(_ overrides: [String]) throws -> Int? {
      let scheduler = "scheduler={algorithm: asha, reduction_factor: 4, max_resource: 256}"
      let plan = try decodedStudy(Self.yaml.replacing("KIND", with: "kde"), set: [scheduler] + overrides).plan
      var study = Study(try Tuner(plan: plan), reports: false, mayFail: false)
      study.end = 3000
      study.run(workers: 1)
      let random = RandomSampler(space: plan.space, seed: plan.seed)
      let tried = Self.configurations(study.records)
      return (1..<tried.count).first { tried[TrialID($0)] != random.configuration(at: $0 - 1) }
    }
    let many = "budget.configurations=5000"
    #expect(try firstSuggested([many, "sampler={kind: kde, model_from: 1}"]) ?? 0 < 60)
    #expect(try firstSuggested([many, "sampler={kind: kde, lower_rungs: always}"]) ?? 0 < 60)
    #expect(try 150...300 ~= firstSuggested([many]) ?? 0)
    let above = "sampler={kind: kde, lower_rungs: never}"
    #expect(try 300...500 ~= firstSuggested([many, above]) ?? 0)
    #expect(try firstSuggested(["budget.configurations=250", above]) ?? 0 > 75)
    #expect(try firstSuggested(["budget.configurations=100", above]) ?? 0 < 60)
    #expect(try firstSuggested([many, "sampler={kind: kde, random_fraction: 1, model_from: 1}"]) == nil)
  }

  @Test func promotionIsDelayedWhereNothingElseWasSaid() throws {
    let sampler = ["sampler={kind: kde}", "budget.configurations=9"]
    #expect(try decodedStudy(smallStudy, set: sampler).plan.scheduler.promotion == .delayed)
    #expect(
      try decodedStudy(smallStudy, set: sampler + ["scheduler.promotion=eager"]).plan.scheduler.promotion == .eager)
    #expect(try decodedStudy(smallStudy, set: ["budget.configurations=9"]).plan.scheduler.promotion == .eager)
    let stopping = ["scheduler={algorithm: stopping, max_resource: 16}"]
    #expect(try decodedStudy(smallStudy, set: sampler + stopping).plan.scheduler.promotion == .eager)
  }
}
