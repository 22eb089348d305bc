internal import Search
internal import SearchSpace
public import StudyFile
internal import SuccessiveHalving

/// What a study will do, before it does it: its ladder, what each rung costs, and what that means for some workers.
public struct LadderReport {
  private let study: Study
  private let resourceUnit: String
  private let workers: Int
  private let limit: Int?

  /// - Throws: where the study's sampler can't draw from its space.
  public init(study: Study, resourceUnit: String, workers: Int) throws {
    self.study = study
    self.resourceUnit = resourceUnit
    self.workers = workers
    limit = study.plan.configurationLimit(of: try study.plan.makeSampler())
  }

  public var text: String {
    var lines = ["\(study.name): the study is sound.", ""]
    lines += ["search space: " + study.plan.space.parameters.map(\.name).joined(separator: ", ")]
    lines += ["scheduler: \(study.plan.scheduler.algorithm.name), \(configurations)"]
    if let choice = study.plan.sampler.automaticChoice(in: study.plan.space) {
      lines += ["sampler: auto, which is \(choice)"]
    }
    lines += [""]
    let brackets = study.plan.scheduler.expectedBrackets(configurations: limit)
    for bracket in brackets {
      if brackets.count > 1 { lines.append("bracket \(bracket.number)") }
      lines += table(of: bracket) + [""]
    }
    if let total = units {
      let share = (total / Double(workers)).rounded(.up)
      lines.append(
        "In all \(study.plan.scheduler.algorithm.expectsAtMost ? "at most" : "about") \(Wording.whole(total)) \(resourceUnit), or "
          + "\(Wording.whole(share)) for each of \(Wording.count(workers, "worker")) if all are always busy.")
    }
    if let time = study.plan.budget.time {
      lines.append("The study ends after \(Wording.duration(time)) at the latest.")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The units of resource of the whole ladder; nil where it has no end.
  public var units: Double? {
    limit == nil ? nil : study.plan.scheduler.expectedBrackets(configurations: limit).reduce(0) { $0 + $1.cost }
  }

  private var configurations: String {
    limit.map { Wording.count($0, "configuration") } ?? "configurations without end"
  }

  private func table(of bracket: ExpectedBracket) -> [String] {
    var table = TextTable(header: ["rung", resourceUnit, "configurations", "\(resourceUnit) in all"])
    for (rung, resource) in bracket.resources.enumerated() {
      let count = limit.map { _ in "\(bracket.counts[rung])" } ?? "–"
      let cost = limit.map { _ in Wording.whole(bracket.cost(of: rung)) } ?? "–"
      table.add(["\(rung)", "\(resource)", count, cost])
    }
    return table.lines
  }
}
