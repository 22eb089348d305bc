internal import SuccessiveHalving

extension SchedulerSpecification {
  /// - Parameter configurations: how many configurations the study has at most, for schedulers that must know.
  init(section: StudySection?, budget: StudySection?, top: StudySection, configurations: Int?)
    throws(StudyError)
  {
    guard let section else {
      throw top.missing(
        "scheduler",
        "Give the ladder: scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}.")
    }
    try section.allow([
      "algorithm", "reduction_factor", "min_resource", "max_resource", "early_stopping_rate", "resources", "promotion",
      "brackets", "bracket_size", "top_k", "min_trials", "stop_probability",
    ])
    let name = try section.choice("algorithm", SchedulerAlgorithm.names)
    let algorithm = name.flatMap(SchedulerAlgorithm.init(rawValue:)) ?? .asynchronousSuccessiveHalving
    let promotion = try section.choice("promotion", PromotionRule.allCases.map(\.rawValue)) ?? "eager"
    do {
      try self.init(
        algorithm: algorithm, ladder: try LadderSpecification(section: section),
        promotion: PromotionRule(rawValue: promotion) ?? .eager, configurations: configurations,
        options: try SchedulerOptions(section: section))
    } catch let error as SchedulerError {
      if error.key == .configurations { throw (budget ?? top).error("configurations", error.problem, error.advice) }
      throw section.error(error.key.rawValue, error.problem, error.advice)
    } catch let error as StudyError {
      throw error
    } catch {
      throw section.error(nil, "\(error)", "Correct it.")
    }
  }
}

extension SchedulerOptions {
  fileprivate init(section: StudySection) throws(StudyError) {
    self.init(
      brackets: try section.integers("brackets"), bracketSize: try section.integer("bracket_size"),
      topCount: try section.integer("top_k"), minTrials: try section.integer("min_trials"),
      stopProbability: try section.number("stop_probability"))
  }
}

extension LadderSpecification {
  fileprivate init(section: StudySection) throws {
    let factor = try section.integer("reduction_factor") ?? 4
    let rate = try section.integer("early_stopping_rate") ?? 0
    guard let resources = try section.integers("resources") else {
      try self.init(
        minResource: try section.integer("min_resource") ?? 1, maxResource: try section.integer("max_resource"),
        reductionFactor: factor, earlyStoppingRate: rate)
      return
    }
    for key in ["min_resource", "max_resource"] where section.has(key) {
      throw section.error(key, "stands beside 'resources', which names the rungs already", "Keep one of the two.")
    }
    try self.init(resources: resources, reductionFactor: factor, earlyStoppingRate: rate)
  }
}
