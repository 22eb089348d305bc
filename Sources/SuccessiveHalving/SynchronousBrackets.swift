public import TuningTypes

/// Many brackets of synchronous successive halving, for ever: synchronous Hyperband, and SHA for more workers than one
/// bracket keeps busy.
///
/// *Synchronous Hyperband* runs brackets s = 0 … s_max one after the other, each with its own n_s (``HyperbandBrackets``),
/// and begins again. Workers wait at the end of every rung.
///
/// *Parallel SHA* keeps workers busy: whoever finds no job in the open brackets, the oldest first, starts a new bracket of
/// the same size. Each bracket for itself still waits at the end of its rungs.
///
/// When no further configuration can start, the brackets that are open end with what they have. Brackets that start
/// again under the same *s* are shown as one.
///
/// Complexity: O(rungs + log n) for a job of a bracket that has one. A bracket that had none is not asked again before
/// something has happened in it, unless it still takes configurations.
///
/// Source: Li et al., *Hyperband* (JMLR 18), Algorithm 1; for new brackets on idle workers Falkner et al., *BOHB*,
/// section 4.2, which *A System for Massively Parallel Hyperparameter Tuning*, section 3.1, takes as its synchronous SHA.
public struct SynchronousBrackets: TrialScheduler {
  public let specification: SchedulerSpecification
  /// The ladder and the size of each bracket of a loop.
  private let cycle: [(ladder: LadderSpecification, configurations: Int)]
  /// Whether a bracket starts only when the one before it is over.
  private let isSequential: Bool
  private var members: [SynchronousBracket] = []
  private var places = TrialPlaces()
  /// The brackets that may have a job, the oldest first.
  private var ready: [Int] = []
  public private(set) var runningCount = 0

  /// - Parameter sizes: how many configurations each bracket of a loop starts with.
  init(specification: SchedulerSpecification, sizes: [Int], isSequential: Bool) {
    self.specification = specification
    self.isSequential = isSequential
    cycle = zip(specification.bracketLadders, sizes).map { ($0, $1) }
  }

  public mutating func nextJob(canStart: Bool) -> Assignment? {
    defer { checkIfEnabled() }
    var at = 0
    while at < ready.count {
      let bracket = ready[at]
      if let assignment = members[bracket].nextJob(canStart: canStart) { return note(assignment, in: bracket) }
      if members[bracket].isFilling { at += 1 } else { ready.remove(at: at) }
    }
    guard canStart, !isSequential || members.last?.isExhausted ?? true else { return nil }
    let bracket = members.count
    let (ladder, configurations) = cycle[bracket % cycle.count]
    members.append(SynchronousBracket(ladder: ladder, configurations: configurations))
    ready.append(bracket)
    return members[bracket].nextJob(canStart: true).map { note($0, in: bracket) }
  }

  public mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) {
    let place = places.requirePlace(of: trial)
    members[place.bracket].complete(place.trial, rung: rung, loss: loss)
    end(in: place.bracket)
  }

  public mutating func erase(_ trial: TrialID) {
    let place = places.requirePlace(of: trial)
    members[place.bracket].erase(place.trial)
    end(in: place.bracket)
  }

  private mutating func note(_ assignment: Assignment, in bracket: Int) -> Assignment {
    runningCount += 1
    return places.note(assignment, in: bracket)
  }

  /// Takes note of a job's end: its bracket may have another.
  private mutating func end(in bracket: Int) {
    runningCount -= 1
    let at = ready.firstIndex { bracket <= $0 } ?? ready.endIndex
    if at == ready.endIndex || ready[at] != bracket { ready.insert(bracket, at: at) }
    checkIfEnabled()
  }
}

extension SynchronousBrackets {
  public var startedCount: Int { places.count }
  /// Never: there is always another bracket.
  public var isExhausted: Bool { false }

  /// A summary for each *s*, over all its brackets. O(brackets · rungs).
  public var brackets: [BracketSummary] {
    cycle.indices.map { turn in
      let parts = stride(from: turn, to: members.count, by: cycle.count).map { members[$0].bracket.summary }
      let rungs = cycle[turn].ladder.resources.enumerated().map { number, resource in
        RungSummary(
          rung: RungIndex(number), resource: resource, completed: parts.reduce(0) { $0 + $1.rungs[number].completed },
          promoted: parts.reduce(0) { $0 + $1.rungs[number].promoted },
          running: parts.reduce(0) { $0 + $1.rungs[number].running })
      }
      return BracketSummary(bracket: cycle[turn].ladder.bracket, rungs: rungs)
    }
  }

  /// With whether rung 0 of each bracket is finished.
  public var state: SchedulerState {
    SchedulerState(
      specification, places.trialStates(members.map(\.bracket)), rest: members.map { $0.isLowestFinished ? 1 : 0 })
  }

  public func assignment(of trial: TrialID) -> Assignment? {
    guard let place = places.place(of: trial),
      let assignment = members[place.bracket].bracket.assignment(of: place.trial)
    else { return nil }
    return places.named(assignment, in: place.bracket)
  }

  /// O(rungs).
  public func canStillPromote(_ trial: TrialID) -> Bool {
    guard let place = places.place(of: trial) else { return false }
    return members[place.bracket].canStillPromote(place.trial)
  }

  public func checkInvariants() {
    for member in members { member.checkInvariants() }
    precondition(
      runningCount == members.reduce(0) { $0 + $1.bracket.ledger.runningCount }, "running trials are miscounted")
    precondition(places.count == members.reduce(0) { $0 + $1.startedCount }, "a trial has no bracket, or two")
    precondition(zip(ready, ready.dropFirst()).allSatisfy { $0 < $1 }, "the brackets are out of order")
    precondition(!isSequential || members.dropLast().allSatisfy(\.isExhausted), "a bracket starts before its turn")
    for (number, member) in members.enumerated() where !ready.contains(number) {
      var member = member
      precondition(!member.isFilling && member.nextJob(canStart: true) == nil, "bracket \(number) waits unseen")
    }
  }

  private func checkIfEnabled() {
    #if ASH_CHECK_INVARIANTS
      checkInvariants()
    #endif
  }
}
