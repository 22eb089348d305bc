public import TuningTypes

extension SchedulerAlgorithm {
  /// ASHA in several brackets at once; see ``AsynchronousHyperband``.
  public static let asynchronousHyperband = SchedulerAlgorithm(
    name: "hyperband", options: [.brackets], promotions: [.eager, .delayed],
    shares: { specification, configurations in
      // All brackets get the same resource: the dearer a configuration, the fewer there are.
      let rates = specification.bracketLadders.map { 1 / $0.meanCost }
      let sum = rates.reduce(0, +)
      return rates.map { BracketShare(rest: Int(exactly: (Double(configurations) * $0 / sum).rounded()) ?? .max) }
    },
    ladders: HyperbandBrackets.ladders, check: HyperbandBrackets.check, complete: HyperbandBrackets.complete,
    make: { AsynchronousHyperband(specification: $0) })
}

/// Asynchronous Hyperband: ASHA in several brackets at once, each of which gets the same resource.
///
/// Bracket *s* is promotion-type ASHA without the lowest *s* rungs; the highest is random search. Nobody knows
/// beforehand how early it is safe to stop, so all are tried. A free worker gets
///
/// 1. a promotion, from the bracket on which the least resource was spent among those that have one;
/// 2. else a new configuration, in the bracket on which the least resource was spent.
///
/// Ties go to the lower *s*. A job's resource counts as spent when the job is given out: what training it takes beyond
/// the rung below. What was spent on trials found invalid does not count. So a decision depends on which jobs were given
/// out, never on who was faster. With r = 1, R = 9, η = 3 and losses that get worse (nobody is promoted before η trials
/// have completed a rung), one worker gets:
///
/// | job | spent on s = 0, 1, 2 before it | gets |
/// |---:|---|---|
/// | 1 | 0, 0, 0 | trial 0 in bracket 0, to 1 |
/// | 2 | 1, 0, 0 | trial 1 in bracket 1, to 3 |
/// | 3 | 1, 3, 0 | trial 2 in bracket 2, to 9 |
/// | 4 | 1, 3, 9 | trial 3 in bracket 0, to 1 |
/// | 5 | 2, 3, 9 | trial 4 in bracket 0, to 1 |
/// | 6 | 3, 3, 9 | trial 0 again, to 3: the best of three in rung 0 of bracket 0 |
/// | 7 | 5, 3, 9 | trial 5 in bracket 1, to 3 |
/// | 8 | 5, 6, 9 | trial 6 in bracket 0, to 1 |
///
/// Complexity: O(brackets + log n) for everything that ASHA does in O(log n), and nothing is allocated.
///
/// Source: Li et al., *A System for Massively Parallel Hyperparameter Tuning*, which has asynchronous Hyperband loop
/// through brackets of ASHA as Hyperband does through those of SHA, and leaves open what a turn is. The equal share of
/// each bracket is Hyperband's (Li et al., JMLR 18, Algorithm 1). The authors' released code (liamcli/darts_asha) takes
/// the bracket that is behind in *fully trained* trials, counted in loops; resources do the same for brackets that never
/// train one to the end. Others draw the bracket at random.
public struct AsynchronousHyperband: TrialScheduler {
  public let specification: SchedulerSpecification
  private var members: [AsynchronousSuccessiveHalving]
  private var places = TrialPlaces()
  /// The positions of the brackets, the one with the least resource spent first.
  private var order: [Int]
  public private(set) var runningCount = 0

  init(specification: SchedulerSpecification) {
    self.specification = specification
    members = specification.bracketLadders.map {
      AsynchronousSuccessiveHalving(ladder: $0, promotion: specification.promotion)
    }
    order = Array(members.indices)
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    for at in order.indices {
      if let assignment = take(from: at, canStart: false) { return assignment }
    }
    return canStart ? take(from: 0, canStart: true) : nil
  }

  public mutating func nextJob(canStart: Bool, atMost limit: Resource) -> Assignment? {
    defer { checkIfEnabled() }
    for at in order.indices {
      if let assignment = take(from: at, canStart: false, atMost: limit) { return assignment }
    }
    guard canStart else { return nil }
    // The least spent may begin higher than there is time for.
    for at in order.indices {
      if let assignment = take(from: at, canStart: true, atMost: limit) { return assignment }
    }
    return nil
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    let place = places.requirePlace(of: trial)
    members[place.bracket].complete(place.trial, rung: rung, loss: loss)
    runningCount -= 1
    checkIfEnabled()
  }

  public mutating func erase(_ trial: TrialID) {
    let place = places.requirePlace(of: trial)
    members[place.bracket].erase(place.trial)
    runningCount -= 1
    if let at = order.firstIndex(of: place.bracket) { sortIn(at) }
    checkIfEnabled()
  }

  /// The next assignment of the bracket at a position of the order.
  private mutating func take(from at: Int, canStart: Bool, atMost limit: Resource? = nil) -> Assignment? {
    let bracket = order[at]
    let next =
      if let limit {
        members[bracket].nextJob(canStart: canStart, atMost: limit)
      } else {
        members[bracket].nextJob(canStart: canStart)
      }
    guard let assignment = next else { return nil }
    runningCount += 1
    sortIn(at)
    return places.note(assignment, in: bracket)
  }

  /// Moves the bracket at a position to where it belongs. O(brackets).
  private mutating func sortIn(_ position: Int) {
    var at = position
    while at > 0, precedes(order[at], order[at - 1]) {
      order.swapAt(at, at - 1)
      at -= 1
    }
    while at + 1 < order.count, precedes(order[at + 1], order[at]) {
      order.swapAt(at, at + 1)
      at += 1
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    let (one, other) = (members[a].bracket.spent, members[b].bracket.spent)
    return one != other ? one < other : a < b
  }
}

extension AsynchronousHyperband {
  public var startedCount: Int { places.count }
  /// Never: there is always room for a new trial.
  public var isExhausted: Bool { false }
  public var brackets: [BracketSummary] { members.map(\.bracket.summary) }
  public var state: SchedulerState { SchedulerState(specification, places.trialStates(members.map(\.bracket))) }

  public func assignment(of trial: TrialID) -> Assignment? {
    guard let place = places.place(of: trial), let assignment = members[place.bracket].assignment(of: place.trial)
    else { return nil }
    return places.named(assignment, in: place.bracket)
  }

  public func canStillPromote(_ trial: TrialID) -> Bool {
    guard let place = places.place(of: trial) else { return false }
    return members[place.bracket].canStillPromote(place.trial)
  }

  public func checkInvariants() {
    for member in members { member.checkInvariants() }
    precondition(runningCount == members.reduce(0) { $0 + $1.runningCount }, "running trials are miscounted")
    precondition(places.count == members.reduce(0) { $0 + $1.startedCount }, "a trial has no bracket, or two")
    precondition(order.sorted() == Array(members.indices), "the order is none")
    precondition(zip(order, order.dropFirst()).allSatisfy(precedes), "the brackets are not in order")
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}

extension LadderSpecification {
  /// The resource that a configuration of the ladder takes on average.
  fileprivate var meanCost: Double {
    var (cost, reach, below) = (0.0, 1.0, 0)
    for resource in resources {
      cost += Double(resource.rawValue - below) * reach
      reach /= Double(reductionFactor)
      below = resource.rawValue
    }
    return cost
  }
}
