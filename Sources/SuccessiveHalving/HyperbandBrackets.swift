/// The brackets of Hyperband over one ladder: what each trains to, and with how many configurations it starts.
///
/// Bracket *s* leaves out the lowest *s* rungs. Each bracket gets about the same budget, which decides how many
/// configurations it can start: with s_max = the number of rungs less one, n_s = ⌈(s_max + 1)·η^(s_max−s) / (s_max−s + 1)⌉.
/// For R/r = 81, η = 3 these are 81, 34, 15, 8, 5 for s = 0 … 4.
///
/// Source: Li et al., *Hyperband* (JMLR 18), Algorithm 1, where *s* counts from the other end; here *s* is the minimum
/// early-stopping rate of *A System for Massively Parallel Hyperparameter Tuning*.
public enum HyperbandBrackets {
  /// n_s for the bracket `s` of a ladder of so many rungs, in integers; more than an `Int` holds is `Int.max`.
  public static func configurations(bracket s: Int, rungs: Int, reductionFactor: Int) -> Int {
    let stages = rungs - s
    var count = rungs
    for _ in 1..<max(stages, 1) {
      let (product, isTooMuch) = count.multipliedReportingOverflow(by: reductionFactor)
      if isTooMuch { return .max }
      count = product
    }
    return count / stages + (count % stages == 0 ? 0 : 1)
  }
}

extension LadderSpecification {
  /// The ladder of bracket *s*: without the lowest *s* rungs.
  ///
  /// - Precondition: this is the ladder of bracket 0, and has more than `s` rungs.
  public func bracket(_ s: Int) -> LadderSpecification {
    LadderSpecification(
      validResources: Array(resources.dropFirst(s)), reductionFactor: reductionFactor, earlyStoppingRate: s,
      isBounded: isBounded)
  }

  /// The ladder with no rung but its lowest and its top.
  var endsOnly: LadderSpecification {
    LadderSpecification(
      validResources: resources.count > 2 ? [resources[0], maxResource] : resources,
      reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate, isBounded: isBounded)
  }
}
