public import TuningTypes

extension SchedulerAlgorithm {
  /// Successive halving with finished rungs; see ``SynchronousSuccessiveHalving``.
  public static let synchronousSuccessiveHalving = SchedulerAlgorithm(
    name: "sha", isSynchronous: true, canDoWithoutTop: true, needsConfigurations: true,
    make: { SynchronousSuccessiveHalving(specification: $0, survivors: nil) })
}

/// Synchronous successive halving (SHA): *n* trials, and the best ⌊n_k/η⌋ of each *finished* rung go on. The baseline.
///
/// Rung 0 is finished when *n* trials have completed it, or when no further one can start and none is in flight: then
/// it has to do with what there is, and its first promotion closes it. Rung *k* is finished when the rung below is, all that it passes on have been
/// passed on, and all of them have completed rung *k*. Of a finished rung with n_k trials, the diverged among them,
/// the best ⌊n_k/η⌋ go on that have not diverged.
///
/// *One rung and top-k* is the same with two rungs, the lowest and R, of which the first passes on the best *k*: every
/// configuration trains a little, then the best few are trained to the end.
///
/// A trial that is erased before rung 0 is finished is replaced by a new one. Later nobody new starts; but where the
/// erased trial had taken a place among the best of those that remain, the next best trial of that rung goes on in its
/// stead.
///
/// Complexity: `nextJob(canStart:)` is O(rungs + log n), `complete(_:rung:loss:)` is O(log n).
///
/// Source: Jamieson and Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization*; in the
/// form with brackets, Li et al., *Hyperband*, Algorithm 1, and *A System for Massively Parallel Hyperparameter
/// Tuning*, section 3.1 and Algorithm 1.
public struct SynchronousSuccessiveHalving: TrialScheduler {
  public let specification: SchedulerSpecification
  private var bracket: SynchronousBracket

  /// - Precondition: `configurations` ≥ 1.
  public init(ladder: LadderSpecification, configurations: Int) {
    self.init(
      specification: SchedulerSpecification(
        valid: .synchronousSuccessiveHalving, ladder: ladder, configurations: configurations), survivors: nil)
  }

  /// - Parameter survivors: how many go on from rung 0; nil for ⌊n/η⌋.
  init(specification: SchedulerSpecification, survivors: Int?) {
    self.specification = specification
    bracket = SynchronousBracket(
      ladder: specification.ladder, configurations: specification.configurations ?? 1,
      survivors: survivors)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    return bracket.nextJob(canStart: canStart)
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    bracket.complete(trial, rung: rung, loss: loss)
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    bracket.erase(trial)
    checkIfEnabled()
  }
}

extension SynchronousSuccessiveHalving {
  public var startedCount: Int { bracket.startedCount }
  public var runningCount: Int { bracket.bracket.ledger.runningCount }
  /// O(rungs).
  public var isExhausted: Bool { bracket.isExhausted }
  public var brackets: [BracketSummary] { [bracket.bracket.summary] }
  /// With whether rung 0 is finished.
  public var state: SchedulerState {
    SchedulerState(specification, bracket.bracket.trialStates, rest: [bracket.isLowestFinished ? 1 : 0])
  }

  public func assignment(of trial: TrialID) -> Assignment? { bracket.bracket.assignment(of: trial) }
  public func canStillPromote(_ trial: TrialID) -> Bool { bracket.canStillPromote(trial) }
  public func checkInvariants() { bracket.checkInvariants() }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}
