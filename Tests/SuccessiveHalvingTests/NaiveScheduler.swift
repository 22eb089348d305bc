import SuccessiveHalving
import TuningTypes

/// The papers' pseudocode as it is written: sort everything, every time. The reference for the real schedulers.
///
/// It shares no code with them but the specification.
struct NaiveScheduler {
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
  var isClosed = false

  init(_ specification: SchedulerSpecification) {
    self.specification = specification
    let all = specification.ladder.resources.map(\.rawValue)
    switch specification.algorithm {
    case .randomSearch, .gridSearch: resources = [all[all.count - 1]]
    default: resources = all
    }
  }

  var live: [Trial] { trials.filter { !$0.isErased } }
  func running(in rung: Int) -> Int { live.filter { $0.isRunning && $0.rung == rung }.count }
  func completed(in rung: Int) -> Int { live.filter { $0.losses.count > rung }.count }
  func promoted(from rung: Int) -> Int { live.filter { $0.rung > rung }.count }

  /// Algorithm 1, lines 14 to 16: top_k(rung k, |rung k| / η), without those already promoted; here the best of them.
  func promotable(in rung: Int) -> Int? {
    guard rung < resources.count - 1 else { return nil }
    let eta = specification.ladder.reductionFactor
    let ranked = trials.indices
      .filter { !trials[$0].isErased && trials[$0].losses.count > rung }
      .map { (trial: $0, loss: trials[$0].losses[rung]) }
      .sorted {
        let (a, b) = ($0.loss.isFinite ? $0.loss : .infinity, $1.loss.isFinite ? $1.loss : .infinity)
        return a == b ? $0.trial < $1.trial : a < b
      }
    if specification.promotion == .delayed, (promoted(from: rung) + 1) * eta > ranked.count { return nil }
    return ranked.prefix(ranked.count / eta).first { $0.loss.isFinite && trials[$0.trial].rung == rung }?.trial
  }

  mutating func nextJob(canStart: Bool) -> (trial: Int, rung: Int)? {
    switch specification.algorithm {
    case .asynchronousSuccessiveHalving:
      for rung in (0..<resources.count).reversed() {
        if let trial = promotable(in: rung) { return promote(trial) }
      }
      return canStart ? start() : nil
    case .synchronousSuccessiveHalving:
      if !isClosed {
        if canStart, live.count < specification.configurations ?? 0 { return start() }
        if live.isEmpty || live.contains(where: \.isRunning) { return nil }
        isClosed = true
      }
      for rung in resources.indices {
        if running(in: rung) > 0 { return nil }
        if let trial = promotable(in: rung) { return promote(trial) }
      }
      return nil
    case .randomSearch, .gridSearch:
      return canStart ? start() : nil
    }
  }

  mutating func complete(_ trial: Int, loss: Double) {
    trials[trial].losses.append(loss)
    trials[trial].isRunning = false
  }

  mutating func erase(_ trial: Int) {
    trials[trial].isErased = true
    trials[trial].isRunning = false
  }

  func canStillPromote(_ trial: Int) -> Bool {
    let trial = trials[trial]
    if trial.isErased || isExhausted { return false }
    return trial.isRunning || (trial.losses.last?.isFinite == true && trial.rung < resources.count - 1)
  }

  var isExhausted: Bool {
    guard let configurations = specification.configurations else { return false }
    return (isClosed || completed(in: 0) == configurations) && !live.contains(where: \.isRunning)
      && resources.indices.allSatisfy { promotable(in: $0) == nil }
  }

  private mutating func start() -> (trial: Int, rung: Int) {
    trials.append(Trial())
    return (trials.count - 1, 0)
  }

  private mutating func promote(_ trial: Int) -> (trial: Int, rung: Int) {
    trials[trial].rung += 1
    trials[trial].isRunning = true
    return (trial, trials[trial].rung)
  }
}
