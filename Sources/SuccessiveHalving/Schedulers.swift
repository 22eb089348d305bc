extension SchedulerAlgorithm: CaseIterable {
  /// Every scheduler that a study can name, in the order in which they are best shown.
  public static let allCases: [SchedulerAlgorithm] = [
    .asynchronousSuccessiveHalving,
    .asynchronousHyperband,
    .progressiveSuccessiveHalving,
    .stoppingSuccessiveHalving,
    .medianStopping,
    .curveStopping,
    .synchronousSuccessiveHalving,
    .parallelSuccessiveHalving,
    .synchronousHyperband,
    .topK,
    .randomSearch,
    .gridSearch,
  ]
}
