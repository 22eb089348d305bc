extension SchedulerAlgorithm {
  /// One rung and top-k: every configuration trains a little, then the best *k* are trained to the end; see
  /// ``SynchronousSuccessiveHalving``.
  public static let topK = SchedulerAlgorithm(
    name: "top_k", options: [.topCount], isSynchronous: true, needsConfigurations: true,
    survivors: { specification, trials in trials == 0 ? 0 : specification.integer(.topCount) },
    check: { specification throws(SchedulerError) in
      guard specification.ladder.resources.count < 2 else { return }
      throw SchedulerError(
        .maxResource, "leaves one rung, and \(specification.algorithm) needs a first and a last",
        advice: "Raise max_resource, or lower min_resource.")
    },
    complete: { specification throws(SchedulerError) in
      let configurations = specification.configurations ?? 1
      try specification.completeCount(
        .topCount, default: max(1, configurations / specification.ladder.reductionFactor))
      let count = specification.integer(.topCount)
      guard count <= configurations else {
        throw SchedulerError(
          SchedulerOption.topCount.key, "is \(count), and there are only \(configurations) configurations",
          advice: "Lower it, or raise budget.configurations.")
      }
      specification.ladder = specification.ladder.endsOnly
    },
    make: { SynchronousSuccessiveHalving(specification: $0, survivors: $0.integer(.topCount)) })
}

extension SchedulerOption {
  /// Of one rung and top-k: *k*, how many are trained to the end. ⌊n/η⌋ by default, and at least 1.
  public static let topCount = SchedulerOption("top_k", .integer)
}

extension LadderSpecification {
  /// The ladder with no rung but its lowest and its top.
  fileprivate var endsOnly: LadderSpecification {
    LadderSpecification(
      validResources: resources.count > 2 ? [resources[0], maxResource] : resources,
      reductionFactor: reductionFactor, earlyStoppingRate: earlyStoppingRate, isBounded: isBounded)
  }
}
