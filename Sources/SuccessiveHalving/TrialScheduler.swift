public import TuningTypes

/// A trial to be trained to a rung: what a free worker gets.
public struct Assignment: Hashable, Sendable {
  public let trial: TrialID
  public let bracket: BracketIndex
  public let rung: RungIndex
  /// The resource to train to, counted from the start of the trial.
  public let resource: Resource
  /// What the trial's checkpoint should hold: the resource of the rung below, or 0 for a new trial.
  public let resumeResource: Resource

  public init(
    trial: TrialID, bracket: BracketIndex, rung: RungIndex, resource: Resource, resumeResource: Resource
  ) {
    self.trial = trial
    self.bracket = bracket
    self.rung = rung
    self.resource = resource
    self.resumeResource = resumeResource
  }

  /// Whether the trial begins with this assignment and needs a configuration.
  public var isNewTrial: Bool { rung == 0 }

  /// What is to be trained: the resource less what the checkpoint holds.
  public var cost: Resource { Resource(resource.rawValue - resumeResource.rawValue) }
}

/// Decides which trial trains next and how far.
///
/// A pure value: it knows trial identifiers and losses, no clock, no worker, no random generator. The same calls in
/// the same order give the same answers. An assignment is *in flight* from the `nextJob(canStart:)` that gave it to
/// the `complete(_:rung:loss:)` or `erase(_:)` that ends it; a job that is tried again, here or on another worker,
/// simply stays in flight.
///
/// The study is over when `nextJob(canStart:)` has answered nil and nothing is running.
///
/// What contradicts this (to complete what is not in flight, to complete it twice) is a programming error and traps.
/// The caller has filtered what workers and files say.
public protocol TrialScheduler: Sendable {
  /// From what the scheduler was made.
  var specification: SchedulerSpecification { get }

  /// How many trials have been started, erased ones included. The next new trial gets this number.
  var startedCount: Int { get }

  /// How many assignments are in flight.
  var runningCount: Int { get }

  /// Whether there will never be another assignment, whatever `canStart` is. O(1).
  ///
  /// Asynchronous schedulers, which always have room for a new trial, never say so.
  var isExhausted: Bool { get }

  /// Whether a trial may run on without a pause, so that `continueTrial(_:)` is to be asked.
  var letsTrialsRunOn: Bool { get }

  /// The brackets with their rungs, for display. O(rungs).
  var brackets: [BracketSummary] { get }

  /// The next assignment, or nil where the worker has to wait.
  ///
  /// An answer of nil changes nothing that a later answer depends on: a journal records jobs, not who asked in vain.
  ///
  /// - Parameter canStart: whether a new trial may start: false when the sampler or the budget has no further
  ///   configuration. It may become true again when a trial is erased.
  /// - Complexity: O(log n) of the trials in a rung, and O(rungs).
  mutating func nextJob(canStart: Bool) -> Assignment?

  /// The same, but of the assignments that train no more than `limit` beyond the trial's checkpoint: with a deadline near,
  /// a promotion that can still finish comes before a larger one that can't.
  ///
  /// Schedulers in which nothing may be passed over, because others wait for it, take no notice of the limit.
  mutating func nextJob(canStart: Bool, atMost limit: Resource) -> Assignment?

  /// The next assignment of a trial that is to run on without a pause, or nil where it is not.
  ///
  /// Of stopping-type schedulers: whoever has just reported a trial's loss asks this before anything else, so that the
  /// trial goes on where it is. Where nobody asks, because the study is being stopped, `nextJob(canStart:)` gives it to
  /// the next who comes. All other schedulers say nil.
  /// - Complexity: O(log n).
  mutating func continueTrial(_ trial: TrialID) -> Assignment?

  /// Takes the loss of the trial in flight at `rung`.
  ///
  /// - Parameter loss: any value. One that is not finite says that the trial diverged or failed for good
  ///   (`Loss.diverged`): it counts as completed and is never promoted.
  /// - Complexity: O(log n) of the trials in the rung, amortised over the growth of arrays.
  mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss)

  /// Takes back a trial in flight whose configuration is invalid: it leaves every rung as if it never had been there.
  ///
  /// Its number is not given again, and promotions that others owe to its presence stand.
  /// - Complexity: O(log n) for each rung that the trial has completed, amortised.
  mutating func erase(_ trial: TrialID)

  /// What the trial is in flight with, or nil where it is not. O(1).
  func assignment(of trial: TrialID) -> Assignment?

  /// Whether the trial can still get, or is in, an assignment: if not, its checkpoint no longer matters to the
  /// search. O(1).
  ///
  /// Whether it matters otherwise, as the incumbent's, is the caller's to know.
  func canStillPromote(_ trial: TrialID) -> Bool

  /// The whole state: equal for equal states, however they came about. For tests that compare.
  /// - Complexity: O(trials · rungs of each).
  var state: SchedulerState { get }

  /// Traps where the parts of the state contradict each other.
  ///
  /// With the compilation condition `ASH_CHECK_INVARIANTS` this runs after every mutation, which makes each O(n log n).
  func checkInvariants()
}

extension TrialScheduler {
  public var letsTrialsRunOn: Bool { false }
  public mutating func continueTrial(_ trial: TrialID) -> Assignment? { nil }

  public mutating func nextJob(canStart: Bool, atMost limit: Resource) -> Assignment? { nextJob(canStart: canStart) }
}

/// A bracket for display.
public struct BracketSummary: Hashable, Sendable {
  public let bracket: BracketIndex
  /// All rungs of a bounded bracket; of an unbounded one, those up to the highest that has a trial, and at least one.
  public let rungs: [RungSummary]
}

/// A rung for display.
public struct RungSummary: Hashable, Sendable {
  public let rung: RungIndex
  public let resource: Resource
  /// Trials that have completed the rung, the diverged and the promoted among them.
  public let completed: Int
  /// Trials that have gone on from here.
  public let promoted: Int
  /// Trials in flight to this rung.
  public let running: Int
}
