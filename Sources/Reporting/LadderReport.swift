internal import SearchSpace
internal import SuccessiveHalving
public import Tuning
internal import TuningTypes

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
    limit = study.configurationLimit(of: try study.makeSampler())
  }

  public var text: String {
    var lines = ["\(study.name): the study is sound.", ""]
    lines += ["search space: " + study.space.parameters.map(\.name).joined(separator: ", ")]
    lines += ["scheduler: \(study.scheduler.algorithm.rawValue), \(configurations)", ""]
    lines += table + [""]
    if let limit {
      let total = (0..<expected.count).reduce(0.0) { $0 + cost(ofRung: $1, configurations: limit) }
      let share = (total / Double(workers)).rounded(.up)
      lines.append(
        "In all about \(Wording.whole(total)) \(resourceUnit), or \(Wording.whole(share)) for each of "
          + "\(Wording.count(workers, "worker")) if all are always busy.")
    }
    if let time = study.budget.time { lines.append("The study ends after \(Wording.duration(time)) at the latest.") }
    return lines.joined(separator: "\n") + "\n"
  }

  private var configurations: String {
    limit.map { Wording.count($0, "configuration") } ?? "configurations without end"
  }

  private var isSingleRung: Bool { [.randomSearch, .gridSearch].contains(study.scheduler.algorithm) }

  /// The resource of each rung that will be reached.
  private var expected: [Resource] {
    let ladder = study.scheduler.ladder
    if isSingleRung { return [ladder.maxResource] }
    guard !ladder.isBounded else { return ladder.resources }
    var rungs = 1
    var left = limit ?? 4096
    while left / ladder.reductionFactor > 0, rungs < ladder.resources.count {
      left /= ladder.reductionFactor
      rungs += 1
    }
    return Array(ladder.resources.prefix(rungs))
  }

  /// About how many configurations reach a rung.
  private func count(inRung rung: Int, configurations: Int) -> Int {
    (0..<rung).reduce(configurations) { count, _ in count / study.scheduler.ladder.reductionFactor }
  }

  /// The resource that a rung takes in all. A floating-point number: a study may ask for more than an `Int` holds.
  private func cost(ofRung rung: Int, configurations: Int) -> Double {
    let below = rung == 0 ? 0 : expected[rung - 1].rawValue
    return Double(count(inRung: rung, configurations: configurations)) * Double(expected[rung].rawValue - below)
  }

  private var table: [String] {
    var table = TextTable(header: ["rung", resourceUnit, "configurations", "\(resourceUnit) in all"])
    for (rung, resource) in expected.enumerated() {
      let count = limit.map { "\(self.count(inRung: rung, configurations: $0))" } ?? "–"
      let cost = limit.map { Wording.whole(self.cost(ofRung: rung, configurations: $0)) } ?? "–"
      table.add(["\(rung)", "\(resource)", count, cost])
    }
    return table.lines
  }
}
