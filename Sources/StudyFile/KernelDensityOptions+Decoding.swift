internal import SearchSpace
internal import TuningTypes

extension KernelDensityOptions {
  /// The `sampler` section of a study, where its kind is `kde`.
  init(section: StudySection) throws(StudyError) {
    self.init()
    try section.allow([
      "kind", "random_fraction", "good_fraction", "candidates", "bandwidth_factor", "min_bandwidth",
      "model_from", "lower_rungs",
    ])
    randomFraction = try section.randomFraction() ?? randomFraction
    if let share = try section.number("good_fraction") {
      guard share > 0, share <= 0.5 else {
        throw section.error(
          "good_fraction", "is \(share)", "Give the share of the results that count as good, above 0 and at most 0.5.")
      }
      goodFraction = share
    }
    candidates = try section.integer("candidates", in: 1...10_000) ?? candidates
    if let factor = try section.number("bandwidth_factor") {
      guard (0.1...100).contains(factor) else {
        throw section.error(
          "bandwidth_factor", "is \(factor)",
          "Give how much wider the kernels are that are drawn from, from 0.1 to 100.")
      }
      bandwidthFactor = factor
    }
    modelFrom = try section.integer("model_from", in: 1...Int.max).map { Resource($0) }
    let choices = LowerRungs.allCases.map(\.rawValue)
    lowerRungs = try section.choice("lower_rungs", choices).flatMap(LowerRungs.init) ?? lowerRungs
    if let width = try section.number("min_bandwidth") {
      guard (0.001...1).contains(width) else {
        throw section.error(
          "min_bandwidth", "is \(width)", "Give a share of a hyperparameter's range, from 0.001 to 1.")
      }
      minBandwidth = width
    }
  }
}

extension StudySection {
  /// The share of the configurations that are those of the random study.
  func randomFraction() throws(StudyError) -> Double? {
    guard let share = try number("random_fraction") else { return nil }
    guard (0...1).contains(share) else {
      throw error("random_fraction", "is \(share)", "Give the share of random configurations, from 0 to 1.")
    }
    return share
  }
}
