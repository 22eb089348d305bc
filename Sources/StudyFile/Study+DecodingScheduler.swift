internal import SuccessiveHalving

extension SchedulerSpecification {
  /// - Parameters:
  ///   - configurations: how many configurations the study has at most, for schedulers that must know.
  ///   - samplerLearns: whether the configurations improve. Eager promotion would promote nearly all of them.
  init(
    section: StudySection?, budget: StudySection?, top: StudySection, configurations: Int?, samplerLearns: Bool
  ) throws(StudyError) {
    guard let section else {
      throw top.missing(
        "scheduler",
        "Give the ladder: scheduler: {algorithm: asha, reduction_factor: 4, min_resource: 1, max_resource: 64}.")
    }
    let keys = [
      "algorithm", "reduction_factor", "min_resource", "max_resource", "early_stopping_rate", "resources", "promotion",
    ]
    try section.allow(keys + SchedulerAlgorithm.allOptions.map(\.key.rawValue))
    let algorithm = try section.schedulerAlgorithm() ?? .asynchronousSuccessiveHalving
    let promotion = try section.choice("promotion", PromotionRule.allCases.map(\.rawValue))
    let delays = samplerLearns && algorithm.promotions.contains(.delayed)
    do {
      try self.init(
        algorithm: algorithm, ladder: try LadderSpecification(section: section),
        promotion: promotion.flatMap(PromotionRule.init(rawValue:)) ?? (delays ? .delayed : nil),
        configurations: configurations,
        options: try section.schedulerOptions())
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

extension StudySection {
  /// The scheduler that the section names, or nil where it names none.
  func schedulerAlgorithm() throws(StudyError) -> SchedulerAlgorithm? {
    try choice("algorithm", SchedulerAlgorithm.names).flatMap(SchedulerAlgorithm.init(named:))
  }

  fileprivate func schedulerOptions() throws(StudyError) -> SchedulerOptions {
    var options: SchedulerOptions = [:]
    for option in SchedulerAlgorithm.allOptions {
      let key = option.key.rawValue
      switch option.kind {
      case .integer: options[option] = try integer(key).map { .integer($0) }
      case .integers: options[option] = try integers(key).map { .integers($0) }
      case .number: options[option] = try number(key).map { .number($0) }
      }
    }
    return options
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
