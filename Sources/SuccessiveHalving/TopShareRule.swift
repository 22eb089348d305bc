internal import TuningTypes

extension SchedulerAlgorithm {
  /// Stopping-type ASHA: a trial runs on until it is stopped at a rung; see ``TopShareRule``.
  public static let stoppingSuccessiveHalving = SchedulerAlgorithm(
    name: "stopping", isStoppingType: true,
    make: { EarlyStopping(specification: $0, rule: TopShareRule(reductionFactor: $0.ladder.reductionFactor)) })
}

/// Stopping-type ASHA: a trial runs on unless it is not among the best ⌊n/η⌋ of the *n* trials that have completed its
/// rung so far, itself and the diverged among them. While there are fewer than η, every one runs on.
///
/// Ties go to the lower trial. A trial is judged once, when it reports; that others displace it later, or leave, changes
/// nothing.
///
/// Source: *A System for Massively Parallel Hyperparameter Tuning*, Algorithm 2, in the variant of Syne Tune
/// (`type="stopping"`) and of Ray Tune, which both let the first trials run on. These compare with a quantile that is
/// interpolated between two losses; here the share is counted, as in every other rung of this program.
struct TopShareRule: StoppingRule {
  let reductionFactor: Int
  private var orders = RungOrders()

  init(reductionFactor: Int) { self.reductionFactor = reductionFactor }

  var finished: [TrialID] { [] }

  mutating func letsRunOn(_ trial: TrialID, after rung: Int, _ rungs: [Rung]) -> Bool {
    guard let loss = rungs[rung].loss(of: trial), loss.isFinite else {
      orders.resize(rung, rungs, to: quota(rungs[rung]))
      return false
    }
    let ranked = RankedTrial(trial: trial, loss: loss)
    orders.insert(ranked, in: rung, rungs, top: quota(rungs[rung]))
    if rungs[rung].completed < reductionFactor { return true }
    return orders.worstOfTop(in: rung, rungs).map { !($0 < ranked) } ?? false
  }

  func finish(_ trial: TrialID, _ rungs: [Rung]) {}

  mutating func willErase(_ trial: TrialID, from rung: Int, _ rungs: [Rung]) {
    guard let loss = rungs[rung].loss(of: trial) else { return }
    orders.willErase(RankedTrial(trial: trial, loss: loss), from: rung, rungs)
  }

  mutating func didErase(from rung: Int, _ rungs: [Rung]) { orders.resize(rung, rungs, to: quota(rungs[rung])) }

  func violation(_ rungs: [Rung]) -> String? { orders.violation(rungs) }

  private func quota(_ rung: Rung) -> Int { rung.completed / reductionFactor }
}
