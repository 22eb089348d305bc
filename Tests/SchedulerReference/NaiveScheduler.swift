package import SuccessiveHalving
internal import TuningTypes

/// The papers' pseudocode as it is written: sort everything, every time. The reference for the real schedulers.
///
/// It shares no code with them but the specification.
package struct NaiveScheduler {
  package struct Trial {
    /// Which of `brackets` it is in.
    package var bracket: Int
    /// The rung that the trial trains for, or has completed last.
    package var rung = 0
    package var isRunning = true
    /// It is to run on to its rung, and nobody has the job.
    package var isDue = false
    package var isErased = false
    /// The losses of the rungs completed.
    package var losses: [Double] = []
  }

  package struct Bracket {
    package let earlyStoppingRate: Int
    package let resources: [Int]
    /// Of synchronous brackets: how many trials rung 0 gets.
    let configurations: Int?
    /// Of synchronous brackets: nobody starts any more.
    var isClosed = false
  }

  package let specification: SchedulerSpecification
  package private(set) var trials: [Trial] = []
  package private(set) var brackets: [Bracket] = []
  let eta: Int
  /// Of progressive successive halving: the top rung as it stands, and ε.
  var top: Int
  var epsilon = 0.0
  /// Of curve stopping: the trials trained to the end, in that order.
  var finished: [Int] = []

  package init(_ specification: SchedulerSpecification) {
    self.specification = specification
    eta = specification.ladder.reductionFactor
    top = min(1, specification.ladder.resources.count - 1)
    switch specification.algorithm {
    case .synchronousHyperband, .parallelSuccessiveHalving: break
    case .asynchronousHyperband: for _ in specification.options[.brackets]?.integers ?? [] { addBracket() }
    default: addBracket()
    }
  }

  private mutating func addBracket() {
    let all = specification.ladder.resources.map(\.rawValue)
    var (s, resources, configurations) = (specification.ladder.earlyStoppingRate, all, specification.configurations)
    switch specification.algorithm {
    case .randomSearch, .gridSearch: resources = [all[all.count - 1]]
    case .asynchronousHyperband, .synchronousHyperband:
      let loop = specification.options[.brackets]?.integers ?? []
      s = loop[brackets.count % loop.count]
      resources = Array(all[s...])
      if specification.algorithm == .synchronousHyperband {
        // ⌈(s_max + 1)·η^(s_max − s) / (s_max − s + 1)⌉
        let power = (s..<(all.count - 1)).reduce(1.0) { product, _ in product * Double(eta) }
        configurations = Int((Double(all.count) * power / Double(all.count - s)).rounded(.up))
      }
    case .parallelSuccessiveHalving: configurations = specification.options[.bracketSize]?.integer
    default: break
    }
    brackets.append(Bracket(earlyStoppingRate: s, resources: resources, configurations: configurations))
  }

  // MARK: What there is

  package var erasedCount: Int { trials.count(where: \.isErased) }
  func live(in bracket: Int) -> [Trial] { trials.filter { !$0.isErased && $0.bracket == bracket } }
  package var live: [Trial] { trials.filter { !$0.isErased } }

  private func live(s: Int) -> [Trial] { live.filter { brackets[$0.bracket].earlyStoppingRate == s } }
  package func running(in rung: Int, s: Int) -> Int { live(s: s).count { $0.isRunning && $0.rung == rung } }
  package func completed(in rung: Int, s: Int) -> Int { live(s: s).count { $0.losses.count > rung } }
  package func promoted(from rung: Int, s: Int) -> Int { live(s: s).count { $0.rung > rung } }

  package func resources(of trial: Int) -> [Int] { brackets[trials[trial].bracket].resources }
  func completed(_ rung: Int, in bracket: Int) -> Int { live(in: bracket).count { $0.losses.count > rung } }

  /// The trials that have completed a rung, the best first.
  func ranked(_ rung: Int, in bracket: Int) -> [(trial: Int, loss: Double)] {
    trials.indices
      .filter { !trials[$0].isErased && trials[$0].bracket == bracket && trials[$0].losses.count > rung }
      .map { (trial: $0, loss: trials[$0].losses[rung]) }
      .sorted {
        let (a, b) = ($0.loss.isFinite ? $0.loss : .infinity, $1.loss.isFinite ? $1.loss : .infinity)
        return a == b ? $0.trial < $1.trial : a < b
      }
  }

  /// Algorithm 2 of the ASHA paper: top_k(rung k, |rung k| / η), without those already promoted; here the best of them.
  private func promotable(_ rung: Int, in bracket: Int) -> Int? {
    guard rung < brackets[bracket].resources.count - 1 else { return nil }
    let ranked = ranked(rung, in: bracket)
    let promoted = live(in: bracket).count { $0.rung > rung }
    if specification.promotion == .delayed, (promoted + 1) * eta > ranked.count { return nil }
    let quota = rung == 0 ? specification.options[.topCount]?.integer ?? ranked.count / eta : ranked.count / eta
    return ranked.prefix(quota).first { $0.loss.isFinite && trials[$0.trial].rung == rung }?.trial
  }

  private func spent(on bracket: Int) -> Double {
    live(in: bracket).reduce(0) { $0 + Double(brackets[bracket].resources[$1.rung]) }
  }

  // MARK: Jobs

  /// The trial that gets the next job; its rung is then the one to train to.
  package mutating func nextJob(canStart: Bool) -> Int? {
    switch specification.algorithm {
    case .asynchronousSuccessiveHalving, .progressiveSuccessiveHalving:
      let limit = specification.algorithm == .asynchronousSuccessiveHalving ? .max : top
      return promoteHighest(in: 0, below: limit) ?? (canStart ? start(in: 0) : nil)
    case .asynchronousHyperband:
      let order = brackets.indices.sorted { (spent(on: $0), $0) < (spent(on: $1), $1) }
      for bracket in order {
        if let trial = promoteHighest(in: bracket, below: .max) { return trial }
      }
      return canStart ? start(in: order[0]) : nil
    case .synchronousSuccessiveHalving, .topK: return nextSynchronous(in: 0, canStart: canStart)
    case .parallelSuccessiveHalving, .synchronousHyperband:
      let isSequential = specification.algorithm == .synchronousHyperband
      for bracket in brackets.indices {
        if let trial = nextSynchronous(in: bracket, canStart: canStart) { return trial }
      }
      guard canStart, !isSequential || brackets.indices.last.map(isOver) ?? true else { return nil }
      addBracket()
      return start(in: brackets.count - 1)
    case .stoppingSuccessiveHalving, .medianStopping, .curveStopping:
      if let trial = trials.indices.first(where: { trials[$0].isDue }) {
        _ = continueTrial(trial)
        return trial
      }
      return canStart ? start(in: 0) : nil
    case .randomSearch, .gridSearch:
      return canStart ? start(in: 0) : nil
    default: preconditionFailure("\(specification.algorithm) has no naive twin")
    }
  }

  private mutating func promoteHighest(in bracket: Int, below limit: Int) -> Int? {
    for rung in (0..<brackets[bracket].resources.count).reversed() where rung < limit {
      if let trial = promotable(rung, in: bracket) { return promote(trial) }
    }
    return nil
  }

  private mutating func nextSynchronous(in bracket: Int, canStart: Bool) -> Int? {
    let live = live(in: bracket)
    if !brackets[bracket].isClosed {
      if canStart, live.count < brackets[bracket].configurations ?? 0 { return start(in: bracket) }
      guard !live.contains(where: \.isRunning), let trial = promotable(0, in: bracket) else { return nil }
      brackets[bracket].isClosed = true
      return promote(trial)
    }
    for rung in brackets[bracket].resources.indices {
      if live.contains(where: { $0.isRunning && $0.rung == rung }) { return nil }
      if let trial = promotable(rung, in: bracket) { return promote(trial) }
    }
    return nil
  }

  /// Whether a trial that is to run on now does.
  package mutating func continueTrial(_ trial: Int) -> Bool {
    guard trials.indices.contains(trial), trials[trial].isDue else { return false }
    trials[trial].isDue = false
    trials[trial].isRunning = true
    return true
  }

  package mutating func complete(_ trial: Int, loss: Double) {
    let rung = trials[trial].rung
    trials[trial].losses.append(loss)
    trials[trial].isRunning = false
    let isTop = rung == resources(of: trial).count - 1
    switch specification.algorithm {
    case .progressiveSuccessiveHalving: if rung == top, !isTop { growIfUnsettled() }
    case .stoppingSuccessiveHalving, .medianStopping, .curveStopping:
      if isTop, loss.isFinite { finished.append(trial) }
      guard !isTop, loss.isFinite, runsOn(trial, after: rung) else { return }
      trials[trial].rung += 1
      trials[trial].isDue = true
    default: break
    }
  }

  package mutating func erase(_ trial: Int) {
    trials[trial].isErased = true
    trials[trial].isRunning = false
  }

  private mutating func start(in bracket: Int) -> Int {
    trials.append(Trial(bracket: bracket))
    return trials.count - 1
  }

  private mutating func promote(_ trial: Int) -> Int {
    trials[trial].rung += 1
    trials[trial].isRunning = true
    return trial
  }

  // MARK: The end

  package func canStillPromote(_ trial: Int) -> Bool {
    let (state, resources) = (trials[trial], resources(of: trial))
    if state.isErased || isOver(state.bracket) { return false }
    if state.isRunning || state.isDue { return true }
    if specification.algorithm.isStoppingType { return false }
    return state.losses.last?.isFinite == true && state.rung < resources.count - 1
  }

  package var isExhausted: Bool { specification.configurations != nil && isOver(0) }

  /// Whether a synchronous bracket will never have a job again.
  private func isOver(_ bracket: Int) -> Bool {
    guard let configurations = brackets[bracket].configurations else { return false }
    let isClosed = brackets[bracket].isClosed || completed(0, in: bracket) == configurations
    return isClosed && !live(in: bracket).contains(where: \.isRunning)
      && brackets[bracket].resources.indices.allSatisfy { promotable($0, in: bracket) == nil }
  }
}
