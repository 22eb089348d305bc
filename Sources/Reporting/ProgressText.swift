internal import Files
package import Search
internal import SuccessiveHalving
package import TuningTypes

/// How a running study looks: the block on a terminal and the line in a log.
package struct ProgressText {
  package var elapsed: Double
  package var name: String
  package var configurations: Int
  package var configurationLimit: Int?
  package var timeLimit: Double?
  package var jobsPerSecond: Double
  package var busyWorkers: Int
  package var workers: Int
  package var failures: Int
  var brackets: [BracketCounts]
  package var resourceUnit: String
  package var metric: String
  /// The best value of the metric, its trial and the resource behind it.
  package var best: (value: Double, trial: TrialID, resource: Resource)?
  package var bestConfiguration: Configuration?

  package init(study name: String, tuner: borrowing Tuner, elapsed: Double, resourceUnit: String) {
    let plan = tuner.plan
    self.elapsed = elapsed
    self.name = name
    configurations = tuner.counts.configurations
    configurationLimit = tuner.configurationLimit
    timeLimit = plan.budget.time
    jobsPerSecond = elapsed > 0 ? Double(tuner.counts.results) / elapsed : 0
    busyWorkers = tuner.runningCount
    workers = tuner.workersInService
    failures = tuner.counts.failures - tuner.counts.invalid
    brackets = tuner.ladder
    self.resourceUnit = resourceUnit
    metric = plan.objective.metric
    best = tuner.incumbent.map { (plan.objective.value(of: $0.loss), $0.job.trial, $0.job.resource) }
    bestConfiguration = tuner.incumbent?.job.configuration
  }

  private var tried: String {
    let limit = configurationLimit.flatMap { $0 < configurations ? nil : $0 }
    return "\(configurations)\(limit.map { " of \($0)" } ?? "") configurations"
  }

  private var timeLeft: String? {
    timeLimit.map { "\(Wording.duration(max(0, $0 - elapsed))) left" }
  }

  private var rate: String { "\(Wording.decimal(jobsPerSecond, jobsPerSecond < 100 ? 1 : 0)) jobs/s" }

  /// One line for a log.
  package var line: String {
    var parts = ["\(Wording.duration(elapsed))", tried]
    let ladders = brackets.map { bracket in
      bracket.rungs.map { "\($0.completed)" }.joined(separator: " › ")
    }
    parts.append("rungs \(ladders.joined(separator: " | "))")
    if let best { parts.append("best \(metric) \(Wording.short(best.value)) (trial \(best.trial))") }
    parts.append("\(busyWorkers)/\(workers) workers busy")
    parts.append(rate)
    if failures > 0 { parts.append("\(failures) failed") }
    if let timeLeft { parts.append(timeLeft) }
    return parts.joined(separator: " · ")
  }

  /// The block for a terminal, a string a line, none wider than the terminal.
  package func block(columns: Int) -> [String] {
    var head = [name, Wording.duration(elapsed), tried, "\(busyWorkers)/\(workers) workers busy", rate]
    if failures > 0 { head.append("\(failures) failed") }
    if let timeLeft { head.append(timeLeft) }
    let header = ["rung", resourceUnit, "running", "completed", "promoted"]
    var table = TextTable(header: brackets.count > 1 ? ["bracket"] + header : header)
    for bracket in brackets {
      for rung in bracket.rungs {
        let row = [
          "\(rung.key)", "\(rung.resource)", "\(rung.running)", "\(rung.completed)", "\(rung.promoted)",
        ]
        table.add(brackets.count > 1 ? [rung.key == 0 ? "\(bracket.bracket)" : ""] + row : row)
      }
    }
    var lines = [head.joined(separator: " · ")] + table.lines
    if let best, let bestConfiguration {
      lines.append(
        "  best \(metric) \(Wording.short(best.value)): trial \(best.trial), \(best.resource) \(resourceUnit)")
      lines.append("  " + bestConfiguration.entries.map { "\($0.name) \($0.value.shortText)" }.joined(separator: ", "))
    }
    return lines.map { String($0.prefix(max(1, columns - 1))) }
  }
}

extension ParameterValue {
  /// The value with four significant digits at most, and without what would move a terminal's cursor.
  package var shortText: String {
    if case .real(let value) = self { return Wording.short(value) }
    return description.visible
  }
}
