extension SchedulerAlgorithm {
  /// Brackets of synchronous successive halving, a new one whenever a worker is idle; see ``SynchronousBrackets``.
  public static let parallelSuccessiveHalving = SchedulerAlgorithm(
    name: "parallel_sha", options: [.bracketSize], isSynchronous: true,
    shares: { specification, configurations in
      let size = specification.integer(.bracketSize)
      return [BracketShare(times: configurations / size, size: size, rest: configurations % size)]
    },
    complete: { specification throws(SchedulerError) in
      try specification.completeCount(.bracketSize, default: specification.ladder.trialsForOneAtTheTop)
    },
    make: { SynchronousBrackets(specification: $0, sizes: [$0.integer(.bracketSize)], isSequential: false) })
}

extension SchedulerOption {
  /// Of parallel SHA: how many configurations a bracket starts with. η^(rungs − 1) by default, so that one of them
  /// reaches the top.
  public static let bracketSize = SchedulerOption("bracket_size", .integer)
}

extension LadderSpecification {
  /// η^(rungs − 1): of so many in rung 0, one reaches the top. More than an `Int` holds is `Int.max`.
  fileprivate var trialsForOneAtTheTop: Int {
    var count = 1
    for _ in resources.dropFirst() {
      let (product, isTooMuch) = count.multipliedReportingOverflow(by: reductionFactor)
      if isTooMuch { return .max }
      count = product
    }
    return count
  }
}
