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

  /// n_s for each bracket of a loop.
  static func sizes(_ specification: SchedulerSpecification) -> [Int] {
    ladders(specification).map {
      configurations(
        bracket: $0.earlyStoppingRate, rungs: specification.ladder.resources.count, reductionFactor: $0.reductionFactor)
    }
  }

  /// The ladders of the brackets in the order of a loop.
  static func ladders(_ specification: SchedulerSpecification) -> [LadderSpecification] {
    specification.integers(.brackets).map { specification.ladder.bracket($0) }
  }
}

extension SchedulerOption {
  /// Of Hyperband: which brackets *s* take part, rising. All by default.
  public static let brackets = SchedulerOption("brackets", .integers)
}

// What both schedulers with brackets of Hyperband ask of a study.
extension HyperbandBrackets {
  static func check(_ specification: SchedulerSpecification) throws(SchedulerError) {
    let rate = specification.ladder.earlyStoppingRate
    guard rate > 0 else { return }
    throw SchedulerError(
      .earlyStoppingRate, "is \(rate), and \(specification.algorithm) has a bracket for each",
      advice: "Take it out; 'brackets: [\(rate)]' runs this bracket alone.")
  }

  static func complete(_ specification: inout SchedulerSpecification) throws(SchedulerError) {
    let all = specification.ladder.resources.indices
    guard let brackets = specification.options[.brackets]?.integers else {
      specification.options[.brackets] = .integers(Array(all))
      return
    }
    let key = SchedulerOption.brackets.key
    guard !brackets.isEmpty else {
      throw SchedulerError(key, "names no bracket", advice: "List at least one, or leave it out to have all.")
    }
    for s in brackets where !all.contains(s) {
      throw SchedulerError(
        key, "has \(s), and this ladder's brackets are 0 to \(all.count - 1)",
        advice: "Bracket s leaves out the lowest s rungs, and at least one has to stay.")
    }
    for (lower, upper) in zip(brackets, brackets.dropFirst()) where lower >= upper {
      throw SchedulerError(
        key, "must rise, and \(upper) follows \(lower)", advice: "Sort the list and drop what stands in it twice.")
    }
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
}
