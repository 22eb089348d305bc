import SuccessiveHalving
import Tuning
import TuningTypes

/// Who is to be promoted, by the papers' pseudocode as it is written: sort everything, every time.
struct NaiveLadder {
  struct Trial {
    /// The rung that the trial trains for, or has completed last.
    var rung = 0
    var isRunning = true
    var isErased = false
    /// The losses of the rungs completed.
    var losses: [Double] = []
  }

  let specification: SchedulerSpecification
  let resources: [Int]
  var trials: [Trial] = []
  /// Of synchronous successive halving: nobody starts any more.
  private var isClosed = false

  init(_ specification: SchedulerSpecification) {
    self.specification = specification
    let all = specification.ladder.resources.map(\.rawValue)
    resources = specification.algorithm == .randomSearch || specification.algorithm == .gridSearch ? all.suffix(1) : all
  }

  private var live: [Trial] { trials.filter { !$0.isErased } }
  func completed(in rung: Int) -> Int { live.filter { $0.losses.count > rung }.count }
  func promoted(from rung: Int) -> Int { live.filter { $0.rung > rung }.count }
  var erasedCount: Int { trials.filter(\.isErased).count }

  private func promotable(in rung: Int) -> Int? {
    guard rung < resources.count - 1 else { return nil }
    let eta = specification.ladder.reductionFactor
    var ranked: [(loss: Double, trial: Int)] = []
    for (trial, state) in trials.enumerated() where !state.isErased && state.losses.count > rung {
      ranked.append((state.losses[rung].isFinite ? state.losses[rung] : .infinity, trial))
    }
    ranked.sort { $0 < $1 }
    if specification.promotion == .delayed, (promoted(from: rung) + 1) * eta > ranked.count { return nil }
    return ranked.prefix(ranked.count / eta).first { $0.loss.isFinite && trials[$0.trial].rung == rung }?.trial
  }

  mutating func next(canStart: Bool) -> Int? {
    switch specification.algorithm {
    case .asynchronousSuccessiveHalving:
      for rung in (0..<resources.count).reversed() {
        if let trial = promotable(in: rung) { return promote(trial) }
      }
    case .synchronousSuccessiveHalving:
      if !isClosed {
        if canStart, let configurations = specification.configurations, live.count < configurations { break }
        if live.isEmpty || live.contains(where: \.isRunning) { return nil }
        isClosed = true
      }
      for rung in resources.indices {
        if live.contains(where: { $0.isRunning && $0.rung == rung }) { return nil }
        if let trial = promotable(in: rung) { return promote(trial) }
      }
      return nil
    case .randomSearch, .gridSearch: break
    }
    guard canStart else { return nil }
    trials.append(Trial())
    return trials.count - 1
  }

  mutating func complete(_ trial: Int, loss: Double) {
    trials[trial].losses.append(loss)
    trials[trial].isRunning = false
  }

  mutating func erase(_ trial: Int) {
    trials[trial].isErased = true
    trials[trial].isRunning = false
  }

  /// Whether the trial's checkpoint can still be asked for.
  func matters(_ trial: Int) -> Bool {
    let trial = trials[trial]
    if trial.isErased || isExhausted { return false }
    return trial.isRunning || (trial.losses.allSatisfy(\.isFinite) && trial.rung < resources.count - 1)
  }

  private var isExhausted: Bool {
    guard let configurations = specification.configurations else { return false }
    return (isClosed || completed(in: 0) == configurations) && !live.contains(where: \.isRunning)
      && resources.indices.allSatisfy { promotable(in: $0) == nil }
  }

  private mutating func promote(_ trial: Int) -> Int {
    trials[trial].rung += 1
    trials[trial].isRunning = true
    return trial
  }
}
