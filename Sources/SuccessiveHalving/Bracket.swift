internal import TuningTypes

/// One bracket: its ladder, its rungs, and where its trials stand. What all schedulers share; they differ in when to
/// promote.
struct Bracket: Sendable {
  let ladder: LadderSpecification
  let promotion: PromotionRule
  /// How many go on from rung 0, where that is fixed.
  let lowestQuota: Int?
  /// Whether the rungs rank their trials themselves.
  let keepsOrder: Bool
  /// The resource of all that was given out, without that of erased trials. Wide enough for any ladder.
  private(set) var spent: Int128 = 0
  private(set) var ledger = TrialLedger()
  /// The rungs that a trial has entered, from the bottom up, and at least the lowest.
  private(set) var rungs: [Rung] = []
  /// For each of `rungs`, how many trials are in flight to it.
  private(set) var running: [Int] = []

  init(
    ladder: LadderSpecification, promotion: PromotionRule = .eager, lowestQuota: Int? = nil, keepsOrder: Bool = true
  ) {
    self.ladder = ladder
    self.promotion = promotion
    self.lowestQuota = lowestQuota
    self.keepsOrder = keepsOrder
    reach(0)
  }

  /// Starts a new trial in rung 0.
  mutating func start() -> Assignment {
    let trial = ledger.start()
    running[0] += 1
    spent += cost(of: 0)
    return assignment(trial, to: 0)
  }

  /// Promotes the promotable trial of rung `rung`, if there is one. O(log n).
  mutating func promoteBest(from rung: Int) -> Assignment? {
    guard let trial = rungs[rung].promoteBest() else { return nil }
    let above = RungIndex(rung).above
    reach(above)
    ledger.promote(trial, to: above)
    running[above.rawValue] += 1
    spent += cost(of: above)
    return assignment(trial, to: above)
  }

  /// Says that a trial which has just completed a rung is to run on to the next. Of brackets that keep no order. O(1).
  mutating func makeDue(_ trial: TrialID, from rung: RungIndex) {
    rungs[rung.rawValue].promote(trial)
    reach(rung.above)
    ledger.makeDue(trial, to: rung.above)
  }

  /// The job of a trial that is due, or nil where it is not. O(1).
  mutating func startDue(_ trial: TrialID) -> Assignment? {
    guard let record = ledger.record(of: trial), record.phase == .due else { return nil }
    ledger.promote(trial, to: record.rung)
    running[record.rung.rawValue] += 1
    spent += cost(of: record.rung)
    return assignment(trial, to: record.rung)
  }

  /// Takes in a result, and says whether its rung then has a promotable trial. O(log n).
  @discardableResult
  mutating func complete(_ trial: TrialID, rung: RungIndex, loss: Loss) -> Bool {
    ledger.complete(trial, rung: rung, loss: loss)
    running[rung.rawValue] -= 1
    return rungs[rung.rawValue].complete(trial, loss: loss)
  }

  /// Erases a trial in flight from the rungs below the one it was in flight to, and names that one. O(log n) for
  /// each, amortised.
  mutating func erase(_ trial: TrialID) -> RungIndex {
    let rung = ledger.erase(trial)
    running[rung.rawValue] -= 1
    spent -= Int128(ladder.resources[rung.rawValue].rawValue)
    for below in 0..<rung.rawValue { rungs[below].erase(trial) }
    return rung
  }

  /// O(1).
  func hasPromotable(in rung: Int) -> Bool { rungs[rung].promotable != nil }

  func assignment(of trial: TrialID) -> Assignment? {
    guard let record = ledger.record(of: trial), record.phase == .running else { return nil }
    return assignment(trial, to: record.rung)
  }

  /// Whether the trial is in flight, or has completed a rung, not the top one, with a finite loss.
  func canStillPromote(_ trial: TrialID) -> Bool {
    guard let record = ledger.record(of: trial) else { return false }
    return switch record.phase {
    case .running, .due: true
    case .paused: record.rung < ladder.topRung
    case .diverged, .erased: false
    }
  }

  var summary: BracketSummary {
    // A rung may be empty again after its only trial was erased; an unbounded bracket then ends below it.
    let populated = rungs.indices.last { rungs[$0].completed + running[$0] > 0 } ?? 0
    let shown = ladder.rungCount ?? populated + 1
    return BracketSummary(
      bracket: ladder.bracket,
      rungs: (0..<shown).map { rung in
        let isReached = rung < rungs.count
        return RungSummary(
          rung: RungIndex(rung), resource: ladder.resources[rung],
          completed: isReached ? rungs[rung].completed : 0, promoted: isReached ? rungs[rung].promoted : 0,
          running: isReached ? running[rung] : 0)
      })
  }

  /// What a promotion from `rung` trains. The rung is not the top one of its ladder, or has nothing to promote.
  func cost(above rung: Int) -> Resource {
    guard RungIndex(rung) < ladder.topRung else { return 0 }
    return Resource(ladder.resources[rung + 1].rawValue - ladder.resources[rung].rawValue)
  }

  /// What training to a rung takes beyond the rung below.
  private func cost(of rung: RungIndex) -> Int128 {
    Int128(ladder.resources[rung.rawValue].rawValue - ladder.resumeResource(of: rung).rawValue)
  }

  private func assignment(_ trial: TrialID, to rung: RungIndex) -> Assignment {
    Assignment(
      trial: trial, bracket: ladder.bracket, rung: rung, resource: ladder.resources[rung.rawValue],
      resumeResource: ladder.resumeResource(of: rung))
  }

  /// Makes the rungs up to `rung`.
  private mutating func reach(_ rung: RungIndex) {
    while rungs.count <= rung.rawValue {
      let isTop = rungs.count == ladder.topRung.rawValue
      rungs.append(
        Rung(
          reductionFactor: ladder.reductionFactor, promotion: promotion, isTop: isTop,
          fixedQuota: rungs.isEmpty ? lowestQuota : nil, keepsOrder: keepsOrder && !isTop))
      running.append(0)
    }
  }
}
