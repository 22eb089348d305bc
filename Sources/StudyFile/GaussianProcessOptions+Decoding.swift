internal import SearchSpace
internal import TuningTypes

extension GaussianProcessOptions {
  /// The `sampler` section of a study, where its kind is `gp`.
  init(section: StudySection) throws(StudyError) {
    self.init()
    try section.allow(["kind", "random_fraction", "model_from"])
    randomFraction = try section.randomFraction() ?? randomFraction
    modelFrom = try section.integer("model_from", in: 1...Int.max).map { Resource($0) }
  }
}
