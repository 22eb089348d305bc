import Journal
import Randomness
import SchedulerReference
import Search
import SearchSpace
import StudyFile
import SuccessiveHalving
import TestSupport
import Text
import TuningTypes

/// A study of random shape on a cluster that exists in numbers only: workers that come late, answer in any order,
/// fail, get lost, and say things that nobody asked.
///
/// The tuner, a twin that is replaced by a copy of it now and then, and the naive reference get the same events. The
/// first difference ends it.
struct VirtualCluster {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// How often what happened.
  struct Tally {
    var events = 0
    var results = 0
    var failures = 0
    var retries = 0
    var promotions = 0
    /// Rungs above the lowest that a trial went to on the worker on which it completed the one below, at once.
    var continued = 0
    var setAside = 0
    var calledBack = 0
    var lost = 0
    var dropped = 0
    var passed = 0
    var stopped = 0
    /// Trials that ended for good, and whose checkpoints stayed since they were among the best.
    var keptAsBest = 0
    var endings: Set<StopReason> = []

    mutating func add(_ other: Tally) {
      events += other.events
      results += other.results
      failures += other.failures
      retries += other.retries
      promotions += other.promotions
      continued += other.continued
      setAside += other.setAside
      calledBack += other.calledBack
      lost += other.lost
      dropped += other.dropped
      passed += other.passed
      stopped += other.stopped
      keptAsBest += other.keptAsBest
      endings.formUnion(other.endings)
    }
  }

  let seed: Int
  private(set) var tally = Tally()
  private var random: CounterGenerator
  private let yaml: String
  private let study: Study
  private var tuner: Tuner
  private var twin: Tuner
  private var naive: NaiveTuner
  private let workers: Int
  private let lossKind: Int
  /// Fails whatever it gets.
  private let brokenWorker: Int?
  private var time = 0.0
  private var trace: [String] = []
  /// What a sampler that learns has suggested.
  private var suggested: [TrialID: Configuration] = [:]
  /// What the tuner has recorded, written and read again.
  private var journal: [SearchRecord] = []

  /// - Parameter algorithm: nil for one of those that were there first.
  init(seed: Int, algorithm: SchedulerAlgorithm? = nil) throws {
    self.seed = seed
    random = testGenerator(seed)
    let (yaml, gridSize) = Self.randomStudy(&random, seed: seed, algorithm: algorithm?.name)
    self.yaml = yaml
    study = try decodedStudy(yaml)
    tuner = try Tuner(plan: study.plan)
    workers = 1 + random.below(9)
    tuner.expectedWorkers = workers
    tuner.trainerReports = random.pick([nil, true, false])
    twin = tuner
    naive = NaiveTuner(study: study, workers: workers, gridSize: gridSize, reports: tuner.trainerReports)
    lossKind = random.below(4)
    brokenWorker = random.chance(0.3) ? random.below(workers) : nil
  }

  private static func randomStudy(_ random: inout CounterGenerator, seed: Int, algorithm: String?)
    -> (yaml: String, gridSize: Int?)
  {
    let algorithm = algorithm ?? random.pick(["asha", "asha", "asha", "sha", "random", "grid"])
    let (levels, choices) = (1 + random.below(6), 1 + random.below(4))
    let isGrid = algorithm == "grid" || random.chance(0.3)
    // A finite space ends, whatever samples it.
    let isFinite = isGrid || random.chance(0.3)
    let resource = 1 + random.below(60)
    let isBounded = !["asha", "pasha"].contains(algorithm) || random.chance(0.8)
    let names = ["a", "b", "c", "d"].prefix(choices).joined(separator: ", ")
    var scheduler = "algorithm: \(algorithm), reduction_factor: \(2 + random.below(3))"
    if isBounded { scheduler += ", max_resource: \(algorithm == "top_k" ? resource + 4 : resource)" }
    if algorithm == "parallel_sha", random.chance(0.8) { scheduler += ", bracket_size: \(1 + random.below(12))" }
    if ["median", "curve"].contains(algorithm) { scheduler += ", min_trials: \(1 + random.below(4))" }
    if algorithm == "asha", random.chance(0.3) { scheduler += ", promotion: delayed" }
    var budget: [String] = []
    if !isGrid || random.chance(0.5) { budget.append("configurations: \(1 + random.below(50))") }
    if random.chance(0.2) { budget.append("time: \(1 + random.below(60))") }
    if random.chance(0.3) { budget.append("target: \(random.pick(["0", "1", "0.01", "-3"]))") }
    var yaml = """
      name: virtual
      seed: \(seed)
      objective: {metric: \(random.pick(["validation_loss", "score"])), mode: \(random.pick(["min", "max"]))}
      search_space:
        x: {type: int, min: 1, max: \(levels)}
        y: {type: categorical, values: [\(names)]}\(isFinite ? "" : "\n  z: {type: float, min: 0, max: 1}")
      scheduler: {\(scheduler)}
      retries: \(random.below(4))
      trainer: {kind: none}

      """
    if random.chance(0.5) { yaml += "stop_after_failures: \(random.pick(["never", "1", "5"]))\n" }
    if isGrid {
      yaml += "sampler: {kind: grid}\n"
    } else if seed % 4 == 1 {
      yaml += "sampler: {kind: kde}\n"
    }
    if !budget.isEmpty { yaml += "budget: {\(budget.joined(separator: ", "))}\n" }
    if random.chance(0.3) {
      let z = isFinite ? "" : ", z: 0.5"
      let starts = (levels == 1 ? [1] : [1, levels]).map { "{x: \($0), y: a\(z)}" }
      yaml += "start_with: [\(starts.joined(separator: ", "))]\n"
    }
    if random.chance(0.6) {
      yaml += "checkpoints: {keep: \(random.pick(["promotable", "all", "best 1", "best \(1 + random.below(8))"]))}\n"
    }
    return (yaml, isFinite ? levels * choices : nil)
  }

  /// Runs the study to its end.
  mutating func run() throws {
    while naive.finished == nil {
      try step()
      try require(tally.events < 100_000, "the study does not end")
    }
    // What comes afterwards changes nothing.
    for _ in 0..<5 { try step() }
    tally.endings.insert(naive.finished ?? .configurations)
    tally.keptAsBest += naive.bestKept.count { !naive.ladder.canStillPromote($0) }
    let started = naive.ladder.trials.count - naive.ladder.erasedCount
    if let limit = naive.limit { try require(started <= limit, "\(started) configurations") }
    // Synchronous successive halving replaces invalid trials as long as its first rung is not finished, and no longer.
    let isUsedUp =
      started == naive.limit || naive.ladder.trials.count == naive.available
      || study.plan.scheduler.configurations != nil
    try require(naive.isStopping || isUsedUp, "the study ends before the configurations are used up")
  }

  private func readAgain(_ event: SearchRecord) throws -> SearchRecord {
    var line = JournalText()
    line.append(event)
    guard let again = SearchRecord(json: try JSONValue(parsing: line.lines.bytes)) else {
      throw Difference(description: "seed \(seed): \(event) is written so that it cannot be read")
    }
    return again
  }

  /// Makes a tuner from the journal alone and compares it with the one that wrote it.
  private func replay() throws {
    var again = try Tuner(plan: study.plan)
    for event in journal { try again.replay(event) }
    try require(again.scheduler.state == tuner.scheduler.state, "replaying the journal gives another ladder")
    try compareSuggestions(again)
    try require(again.checkpointsKeptAtEnd == tuner.checkpointsKeptAtEnd, "the replay keeps other checkpoints")
    again.finishReplay()
    try require(again.scheduler.state == tuner.scheduler.state, "the end of the replay changes the ladder")
    try require(again.runningCount == 0, "after a replay \(again.runningCount) jobs run")
    for (ours, theirs) in [(again.incumbent, tuner.incumbent), (again.fullyTrained, tuner.fullyTrained)] {
      try require(
        ours?.job == theirs?.job && ours?.loss == theirs?.loss,
        "the replayed incumbent is \(String(describing: ours)), not \(String(describing: theirs))")
    }
    let (ours, theirs) = (again.counts, tuner.counts)
    // A job that was told to stop, and had not ended, ends with the run.
    let stopped = naive.runningJobs.count { $0.job.isStopped }
    try require(
      ours.configurations == theirs.configurations && ours.jobs == theirs.jobs
        && ours.results == theirs.results + stopped && ours.failures == theirs.failures,
      "the replay counts \(ours), not \(theirs)")
  }

  /// Where a new trial begins with the worker that comes next, both give it the same configuration.
  private func compareSuggestions(_ again: Tuner) throws {
    guard !naive.isStopping else { return }
    let began = [again, tuner].map { tuner in
      var tuner = tuner
      var actions: [Tuner.Action] = []
      tuner.handle(.workerReady(WorkerID(workers + 1)), at: time, into: &actions)
      return actions.compactMap { action in
        if case .dispatch(let job, _) = action, suggested[job.trial] == nil, job.rung == 0 { job } else { nil }
      }
    }
    guard let ours = began[0].first, let theirs = began[1].first, ours.trial == theirs.trial else { return }
    try require(
      ours.configuration == theirs.configuration, "after the replay trial \(ours.trial) is \(ours.configuration)")
  }

  private mutating func step() throws {
    time += random.chance(0.1) ? 0 : Double(random.below(400)) / 1000
    let event = nextEvent()
    tally.events += 1
    trace.append("\(time) s: \(event)")
    let expected = naive.handle(event, at: time)
    var actions: [Tuner.Action] = []
    tuner.handle(event, at: time, into: &actions)
    var twins: [Tuner.Action] = []
    twin.handle(event, at: time, into: &twins)
    try require(actions == twins, "the copy says \(twins)")
    for action in actions { if let event = action.searchRecord(at: time) { journal.append(try readAgain(event)) } }
    if random.chance(0.01) { try replay() }
    let steps = try actions.indices.compactMap { try sentence(actions, $0) }
    for step in steps { trace.append("    \(step)") }
    try require(steps == expected, "expected\n    \(expected.joined(separator: "\n    "))")
    try compareState()
    if random.chance(0.2) { twin = tuner }
  }

  // MARK: Events

  private mutating func nextEvent() -> Tuner.Event {
    let absent = naive.workers.indices.filter { if case .absent = naive.workers[$0] { true } else { false } }
    let running = naive.runningJobs
    if !absent.isEmpty, running.isEmpty || random.chance(0.3) { return .workerReady(WorkerID(random.pick(absent))) }
    switch random.below(100) {
    case 0...2: return .clock
    case 3...5: return foreignAnswer()
    case 6:
      // One worker stays, so that the study can end.
      let others = naive.workers.indices.filter { if case .lost = naive.workers[$0] { false } else { true } }
      if others.count > 1 { return .workerLost(WorkerID(random.pick(others)), reason: "pulled the plug") }
    case 7 where random.chance(0.1): return .stop(random.chance(0.5) ? .signal : .walltime)
    case 8: return .workerReady(WorkerID(random.below(workers)))
    default: break
    }
    guard !running.isEmpty else { return .clock }
    let (worker, job) = random.pick(running)
    return answer(worker, job)
  }

  private mutating func answer(_ number: Int, _ job: NaiveTuner.Job) -> Tuner.Event {
    let (worker, id) = (WorkerID(number), JobID(job.id))
    if random.chance(0.4) {
      let loss = randomLoss(job)
      return .report(
        worker, id, resource: Double(random.below(140)) / 2,
        TrainingReport(loss: loss, metrics: [.init(random.chance(0.95) ? "score" : "other", loss)]))
    }
    if case .running(let own) = naive.workers[number], own.isStopped, random.chance(0.7) {
      return .interrupted(worker, id)
    }
    if naive.isStopping, random.chance(0.7) { return .interrupted(worker, id) }
    if number == brokenWorker { return .failure(worker, id, .failed, reason: "no such device") }
    switch random.below(40) {
    case 0...2: return .failure(worker, id, .failed, reason: "out of luck")
    case 3: return .failure(worker, id, .invalid, reason: "makes no sense")
    case 4: return .interrupted(worker, id)
    case 6...7: return .dropped(worker, id, reason: "preempted")
    case 5 where random.chance(0.3):
      return .result(worker, id, TrainingReport(loss: 1, metrics: [.init("other", 1)]), seconds: 1)
    default:
      let loss = randomLoss(job)
      let report = TrainingReport(loss: loss, metrics: [.init("score", loss)])
      return .result(worker, id, report, seconds: Double(random.below(100)))
    }
  }

  /// An answer for a job that its worker does not have: late, doubled, or out of nowhere.
  private mutating func foreignAnswer() -> Tuner.Event {
    let worker = WorkerID(random.below(workers + 2))
    let id = JobID(random.below(30))
    switch random.below(5) {
    case 4: return .report(worker, id, resource: 100, TrainingReport(loss: -100, metrics: [.init("score", -100)]))
    case 0: return .result(worker, id, TrainingReport(loss: -100, metrics: [.init("score", -100)]), seconds: 1)
    case 1: return .failure(worker, id, .failed, reason: "late")
    case 2: return .failure(worker, id, .invalid, reason: "late")
    default: return .interrupted(worker, id)
    }
  }

  private mutating func randomLoss(_ job: NaiveTuner.Job) -> Double {
    switch lossKind {
    case 0: Double(random.below(4))
    case 1: random.uniform()
    case 2: Double(job.trial % 7) / Double(job.rung + 1) + Double(random.below(3))
    default:
      random.pick([
        .nan, -.nan, .signalingNaN, .infinity, -.infinity, 0, -0.0, 1, -1, 1, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.5, 0.25,
      ])
    }
  }

  // MARK: Comparison

  /// An action as the reference words it; nil where it is said together with the next.
  private mutating func sentence(_ actions: [Tuner.Action], _ at: Int) throws -> String? {
    switch actions[at] {
    case .dispatch(let job, let worker):
      try require(job.seed == study.plan.trainingSeed(of: job.trial), "job \(job.id) has another seed")
      try checkConfiguration(of: job)
      if job.attempt > 1 { tally.retries += 1 }
      if job.rung > 0 { tally.promotions += 1 }
      if case .record(.result(let result)) = actions[0], result.trial == job.trial, result.worker == worker {
        tally.continued += 1
      }
      return "dispatch job \(job.id) trial \(job.trial) bracket \(job.bracket) rung \(job.rung) from "
        + "\(job.resumeResource) to \(job.resource) try \(job.attempt) on worker \(worker)"
    case .learn: throw Difference(description: "seed \(seed): a model is wanted, and the sampler has none")
    case .interrupt(let worker, let id): return "interrupt job \(id) on worker \(worker)"
    case .record(.dispatch): throw Difference(description: "seed \(seed): a dispatch is an action of its own")
    case .record(.result(let result)):
      tally.results += 1
      return
        "record result of job \(result.job) trial \(result.trial) rung \(result.rung) loss \(text(result.loss.value))"
    case .record(.report(let report)):
      tally.passed += 1
      if report.isStopped { tally.stopped += 1 }
      return "record report of job \(report.job) rung \(report.rung) loss \(text(report.loss.value))"
        + (report.isStopped ? " stop" : "")
    case .record(.failure(let failure)):
      tally.failures += 1
      return
        "record \(failure.kind.rawValue) job \(failure.job) try \(failure.attempt)\(failure.isFinal ? " for good" : "")"
    case .record(.stop(let reason, let time)):
      try require(time == self.time, "the stop is recorded at \(time)")
      return "record stop \(reason)"
    case .record(let event): return "record \(event)"
    case .keepIncumbent(let best, let isTraining):
      return "keep trial \(best.job.trial) of rung \(best.job.rung)\(isTraining ? " that trains" : "")"
    case .discardCheckpoint(let trial): return "discard \(trial)"
    case .finish(let reason): return "finish \(reason)"
    case .warn(let text):
      // The reference does not count kinds of failures.
      let isReason = text.hasPrefix("trial ") || text.hasPrefix("the trainer reports no loss")
      return isReason ? nil : warning(text)
    }
  }

  /// A warning in the reference's words.
  private mutating func warning(_ text: String) -> String {
    let words = text.split { " ,:".contains($0) }.map(String.init)
    switch words.dropFirst(2).prefix(2).joined(separator: " ") {
    case "answered for":
      tally.dropped += 1
      return "drop the answer of worker \(words[1]) for job \(words[5])"
    case "is set":
      tally.setAside += 1
      return "set worker \(words[1]) aside"
    case "is lost":
      tally.lost += 1
      return "worker \(words[1]) is lost"
    case "is back":
      tally.calledBack += 1
      return "call worker \(words[1]) back"
    default: return text
    }
  }

  /// Where the sampler learns, a trial keeps its configuration, which is one of the space and, where that is finite, of no other
  /// trial.
  private mutating func checkConfiguration(of job: Job) throws {
    guard study.plan.sampler.learns, job.trial.rawValue >= study.plan.startWith.count else {
      let expected = try configuration(ofTrial: job.trial.rawValue)
      return try require(job.configuration == expected, "job \(job.id): \(job.configuration)")
    }
    if let known = suggested[job.trial] {
      return try require(job.configuration == known, "job \(job.id) has another configuration than its trial")
    }
    try require(
      try study.plan.space.validated(job.configuration) == job.configuration, "job \(job.id): \(job.configuration)")
    let isFinite = !study.plan.space.parameters.contains { $0.name == "z" }
    try require(
      !isFinite || !suggested.values.contains(job.configuration) && !study.plan.startWith.contains(job.configuration),
      "job \(job.id): \(job.configuration) comes again")
    suggested[job.trial] = job.configuration
  }

  /// A function of the study and the number alone.
  private func configuration(ofTrial trial: Int) throws -> Configuration? {
    let first = study.plan.startWith
    var sampler = try study.plan.makeSampler()
    return trial < first.count ? first[trial] : sampler.suggest(trial - first.count)
  }

  private func compareState() throws {
    try require(tuner.runningCount == naive.runningJobs.count, "\(tuner.runningCount) jobs run")
    try require(tuner.workersInService == naive.inService, "\(tuner.workersInService) workers in service")
    let valid = naive.ladder.trials.count - naive.ladder.erasedCount
    try require(tuner.counts.configurations == valid, "\(tuner.counts.configurations) configurations, not \(valid)")
    try require(tuner.counts.results == tally.results, "\(tuner.counts.results) results")
    try require(tuner.counts.failures == tally.failures, "\(tuner.counts.failures) failures")
    let best = tuner.incumbent.map { "\($0.job.trial) rung \($0.job.rung) loss \($0.loss)" }
    let expected = naive.best.map { "\($0.trial) rung \($0.rung) loss \($0.loss)" }
    try require(best == expected, "the incumbent is \(best ?? "none"), not \(expected ?? "none")")
    try require(
      tuner.fullyTrained?.job.trial.rawValue == naive.fullyTrained?.trial,
      "fully trained: \(tuner.fullyTrained?.job.trial.description ?? "none")")
    for trial in naive.ladder.trials.indices {
      let keeps = tuner.keepsCheckpoint(of: TrialID(trial))
      try require(keeps == naive.keeps(trial), "keepsCheckpoint(of: \(trial)) is \(keeps)")
    }
    let kept = study.plan.checkpoints == .all ? nil : naive.bestKept.map { TrialID($0) }
    try require(tuner.checkpointsKeptAtEnd == kept.map { Set($0) }, "kept at the end: \(String(describing: kept))")
    for bracket in tuner.brackets {
      let s = bracket.bracket.rawValue
      for (rung, summary) in bracket.rungs.enumerated() {
        let counts = [naive.ladder.completed(in: rung, s: s), naive.ladder.promoted(from: rung, s: s)]
        try require([summary.completed, summary.promoted] == counts, "rung \(rung): \(summary), not \(counts)")
      }
    }
  }

  private func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
    guard !condition else { return }
    throw Difference(
      description: """
        seed \(seed): \(problem())
        \(workers) workers
        \(yaml)
        \(trace.suffix(200).joined(separator: "\n"))
        """)
  }
}
