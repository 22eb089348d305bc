extension SchedulerAlgorithm {
  /// Random search over the points of a grid: only the sampler differs; see ``RandomSearch``.
  public static let gridSearch = SchedulerAlgorithm(
    name: "grid", usesTopAlone: true, needsGrid: true, ladders: { [$0.ladder.topOnly] },
    make: { RandomSearch(ladder: $0.ladder, algorithm: $0.algorithm) })
}
