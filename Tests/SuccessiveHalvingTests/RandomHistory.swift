import SchedulerReference
import SuccessiveHalving
import TuningTypes

/// One search of random shape with random events, told to the real scheduler, to another that is made now and then from
/// the calls so far, and to the naive reference. The first difference ends it.
struct RandomHistory {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// How often what happened.
  struct Tally {
    var started = 0
    var promoted = 0
    /// Promotions to rung 2 or higher.
    var promotedTwice = 0
    var diverged = 0
    var lost = 0
    /// Stopping-type trials that ran on at once.
    var continued = 0
    var erased = 0
    /// Erasures of trials that had completed a rung.
    var erasedAbove = 0

    mutating func add(_ other: Tally) {
      started += other.started
      promoted += other.promoted
      promotedTwice += other.promotedTwice
      diverged += other.diverged
      lost += other.lost
      continued += other.continued
      erased += other.erased
      erasedAbove += other.erasedAbove
    }
  }

  let seed: Int
  private(set) var tally = Tally()
  private var random: TestGenerator
  private let specification: SchedulerSpecification
  private var real: any TrialScheduler
  private var replayed: any TrialScheduler
  private var naive: NaiveScheduler
  private let workers: Int
  private let lossKind: Int
  private let budget: Int
  /// Trials on a worker, and those that lost theirs and wait for another; all are in flight.
  private var training: [Assignment] = []
  private var orphaned: [Assignment] = []
  private var trace: [String] = []
  /// What has changed the scheduler, from the beginning; who asked in vain is not in it.
  private var calls: [(inout any TrialScheduler) -> Void] = []

  init(seed: Int, algorithm: SchedulerAlgorithm) throws {
    self.seed = seed
    random = TestGenerator(seed: seed)
    specification = try Self.randomSpecification(&random, algorithm)
    real = specification.makeScheduler()
    replayed = specification.makeScheduler()
    naive = NaiveScheduler(specification)
    workers = 1 + random.below(12)
    lossKind = random.below(4)
    budget = 1 + random.below(60)
  }

  private static func randomSpecification(
    _ random: inout TestGenerator, _ algorithm: SchedulerAlgorithm
  ) throws -> SchedulerSpecification {
    let eta = 2 + random.below(4)
    let isHyperband = algorithm.options.contains(.brackets)
    let ladder: LadderSpecification
    switch random.below(3) {
    case 0 where algorithm.canDoWithoutTop:
      ladder = try LadderSpecification(
        minResource: 1 + random.below(3), maxResource: nil, reductionFactor: eta, earlyStoppingRate: random.below(3))
    case 0, 1:
      let r = 1 + random.below(3)
      let bounds = try LadderSpecification(
        minResource: r, maxResource: r * eta + random.below(300), reductionFactor: eta)
      ladder = try LadderSpecification(
        minResource: r, maxResource: bounds.maxResource.rawValue, reductionFactor: eta,
        earlyStoppingRate: isHyperband || random.chance(0.5) ? 0 : random.below(bounds.resources.count - 1))
    default:
      var resources = [1 + random.below(4)]
      for _ in 0...random.below(6) { resources.append(resources[resources.count - 1] + 1 + random.below(9)) }
      ladder = try LadderSpecification(
        resources: resources, reductionFactor: eta,
        earlyStoppingRate: isHyperband ? 0 : random.below(resources.count - 1))
    }
    let canDelay = algorithm.promotions.contains(.delayed)
    let configurations = 1 + random.below(50)
    return try SchedulerSpecification(
      algorithm: algorithm, ladder: ladder, promotion: canDelay && random.chance(0.3) ? .delayed : .eager,
      configurations: configurations, options: randomOptions(&random, algorithm, ladder, configurations))
  }

  private static func randomOptions(
    _ random: inout TestGenerator, _ algorithm: SchedulerAlgorithm, _ ladder: LadderSpecification, _ configurations: Int
  ) -> SchedulerOptions {
    var options: SchedulerOptions = [:]
    guard random.chance(0.7) else { return options }
    for option in algorithm.options {
      switch option {
      case .brackets:
        let brackets = ladder.resources.indices.filter { _ in random.chance(0.6) }
        options[option] = .integers(brackets.isEmpty ? [random.below(ladder.resources.count)] : brackets)
      case .bracketSize: options[option] = .integer(1 + random.below(20))
      case .topCount: options[option] = .integer(1 + random.below(configurations))
      case .minTrials: options[option] = .integer(1 + random.below(5))
      default: options[option] = .number(random.chance(0.5) ? 0.3 : 0.7)
      }
    }
    return options
  }

  /// Runs the search to its end.
  mutating func run() throws {
    var idle = false
    while !(idle && training.isEmpty && orphaned.isEmpty) {
      idle = false
      if training.count < workers, !orphaned.isEmpty, random.chance(0.5) {
        let again = orphaned.removeFirst()
        note("another worker takes \(Self.name(again))")
        training.append(again)
      } else if training.count < workers, training.isEmpty || random.chance(0.6) {
        idle = try !ask()
        if idle, !training.isEmpty { try finishOne() }
      } else {
        try finishOne()
      }
      try compare()
    }
  }

  private mutating func ask() throws -> Bool {
    let canStart = naive.live.count < budget
    let before = real.state
    let answer = real.nextJob(canStart: canStart)
    let copied = replayed.nextJob(canStart: canStart)
    let expected = naive.nextJob(canStart: canStart)
    note("nextJob(canStart: \(canStart)): \(answer.map(Self.name) ?? "wait")")
    try require(answer == copied, "the replayed one says \(copied.map(Self.name) ?? "wait")")
    try require(
      answer?.trial.rawValue == expected && answer?.rung.rawValue == expected.map { naive.trials[$0].rung },
      "the reference says \(expected.map { "trial \($0) rung \(naive.trials[$0].rung)" } ?? "wait")")
    guard let answer else {
      // A journal records jobs, not who asked in vain.
      try require(real.state == before, "an answer of nil has changed the state")
      return false
    }
    try require(real.state != before, "the job is not in the state")
    calls.append { _ = $0.nextJob(canStart: canStart) }
    try begin(answer)
    return true
  }

  private mutating func begin(_ job: Assignment) throws {
    let (trial, rung) = (job.trial.rawValue, job.rung.rawValue)
    if rung == 0 { tally.started += 1 } else { tally.promoted += 1 }
    if rung > 1 { tally.promotedTwice += 1 }
    let resources = naive.resources(of: trial)
    try require(job.resource.rawValue == resources[rung], "resource \(job.resource)")
    let resume = rung == 0 ? 0 : resources[rung - 1]
    try require(job.resumeResource.rawValue == resume, "resumes at \(job.resumeResource)")
    let s = naive.brackets[naive.trials[trial].bracket].earlyStoppingRate
    try require(job.bracket.rawValue == s, "bracket \(job.bracket)")
    try require(!(training + orphaned).contains { $0.trial == job.trial }, "a second job of the trial at once")
    try require(naive.trials[trial].losses.count == rung, "the rung below was not completed")
    try require(real.assignment(of: job.trial) == job, "another assignment is in flight")
    training.append(job)
  }

  /// The worker that has just reported asks whether its trial runs on; now and then it is gone, and does not.
  private mutating func continueTrial(_ trial: TrialID) throws {
    guard random.chance(0.8) else { return }
    let answer = real.continueTrial(trial)
    let copied = replayed.continueTrial(trial)
    note("continueTrial(\(trial)): \(answer.map(Self.name) ?? "no")")
    try require(answer == copied, "the replayed one says \(copied.map(Self.name) ?? "no")")
    try require((answer != nil) == naive.continueTrial(trial.rawValue), "the reference says otherwise")
    guard let answer else { return }
    calls.append { _ = $0.continueTrial(trial) }
    try require(answer.trial == trial, "another trial runs on")
    tally.continued += 1
    try begin(answer)
  }

  private mutating func finishOne() throws {
    guard !training.isEmpty else { return }
    let before = real.state
    let job = training.remove(at: random.below(training.count))
    switch random.below(40) {
    case 0, 1:
      note("\(Self.name(job)) is invalid")
      tally.erased += 1
      if job.rung > 0 { tally.erasedAbove += 1 }
      call { $0.erase(job.trial) }
      naive.erase(job.trial.rawValue)
    case 2, 3:
      note("\(Self.name(job)) loses its worker")
      try require(real.assignment(of: job.trial) == job, "no longer in flight")
      orphaned.append(job)
      tally.lost += 1
      return
    case 4, 5:
      finish(job, loss: .diverged)
    default:
      finish(job, loss: Loss(randomLoss(job)))
    }
    try require(real.state != before, "the job's end is not in the state")
    try continueTrial(job.trial)
  }

  private mutating func finish(_ job: Assignment, loss: Loss) {
    note("\(Self.name(job)): \(loss)")
    if !loss.isFinite { tally.diverged += 1 }
    call { $0.complete(job.trial, rung: job.rung, loss: loss) }
    naive.complete(job.trial.rawValue, loss: loss.value)
  }

  private mutating func call(_ change: @escaping (inout any TrialScheduler) -> Void) {
    change(&real)
    change(&replayed)
    calls.append(change)
  }

  private mutating func randomLoss(_ job: Assignment) -> Double {
    switch lossKind {
    case 0: Double(random.below(4))
    case 1: Double.random(in: 0..<1, using: &random)
    case 2: Double(job.trial.rawValue % 7) / Double(job.rung.rawValue + 1) + Double(random.below(3))
    default:
      [
        .nan, -.nan, .signalingNaN, .infinity, -.infinity, 0, -0.0, 1, -1, 1, .greatestFiniteMagnitude,
        -.greatestFiniteMagnitude, .leastNonzeroMagnitude, 0.5, 0.25,
      ][random.below(15)]
    }
  }

  private mutating func compare() throws {
    for bracket in real.brackets {
      let s = bracket.bracket.rawValue
      for rung in bracket.rungs {
        let k = rung.rung.rawValue
        let expected = [naive.completed(in: k, s: s), naive.promoted(from: k, s: s), naive.running(in: k, s: s)]
        let counts = [rung.completed, rung.promoted, rung.running]
        try require(
          counts == expected, "bracket \(s) rung \(k) completed, promoted, running \(counts), and not \(expected)")
      }
    }
    try require(real.startedCount == naive.trials.count, "started \(real.startedCount)")
    try require(real.runningCount == training.count + orphaned.count, "running \(real.runningCount)")
    try require(real.isExhausted == naive.isExhausted, "exhausted \(real.isExhausted)")
    if !naive.trials.isEmpty {
      let trial = random.below(naive.trials.count)
      let matters = real.canStillPromote(TrialID(trial))
      try require(matters == naive.canStillPromote(trial), "canStillPromote(\(trial)) is \(matters)")
    }
    real.checkInvariants()
    try require(real.specification == specification, "made from \(real.specification)")
    let state = real.state
    try require(state == replayed.state, "the replayed one is in another state")
    guard random.chance(0.3) else { return }
    replayed = specification.makeScheduler()
    for call in calls { call(&replayed) }
    replayed.checkInvariants()
    try require(state == replayed.state, "the same calls again give another state")
    try require(real.brackets == replayed.brackets, "replayed to \(replayed.brackets)")
  }

  private mutating func note(_ event: String) { trace.append("\(trace.count): \(event)") }

  private func require(_ condition: Bool, _ problem: @autoclosure () -> String) throws {
    guard !condition else { return }
    throw Difference(
      description: """
        seed \(seed): \(problem())
        \(specification)
        \(workers) workers, \(budget) configurations
        \(trace.joined(separator: "\n"))
        """)
  }

  private static func name(_ job: Assignment) -> String { "trial \(job.trial) rung \(job.rung)" }
}
