public import Simulation
internal import SuccessiveHalving
internal import TuningTypes

/// What a study comes to on some workers, as `validate` tells it.
public struct ForecastReport {
  private let forecast: PlanForecast
  private let resourceUnit: String
  private let planned: Double?

  /// - Parameter planned: the units that the ladder alone comes to; see ``LadderReport/units``.
  public init(_ forecast: PlanForecast, resourceUnit: String, planned: Double? = nil) {
    self.forecast = forecast
    self.resourceUnit = resourceUnit
    self.planned = planned
  }

  public var text: String {
    let title = "On \(Wording.count(forecast.workers, "worker")), simulated"
    var lines = ["", forecast.isCut ? "\(title) for a million jobs:" : "\(title):", ""]
    for bracket in forecast.brackets {
      if forecast.brackets.count > 1 { lines.append("bracket \(bracket.bracket)") }
      var table = TextTable(header: ["rung", resourceUnit, "configurations"])
      for rung in bracket.rungs { table.add(["\(rung.rung)", "\(rung.resource)", "\(rung.completed)"]) }
      lines += table.lines + [""]
    }
    lines += difference.map { [$0, ""] } ?? []
    let share = "\(Wording.percent(forecast.busyShare)) of the workers busy"
    lines.append("It takes \(duration(forecast.time)), with \(share). \(first)")
    lines += advice.map { ["", $0] } ?? []
    lines += modelAdvice.map { ["", $0] } ?? []
    return lines.joined(separator: "\n") + "\n"
  }

  /// Why the two tables differ, where they do.
  private var difference: String? {
    let units = forecast.brackets.reduce(0.0) { sum, bracket in
      var below = 0
      return bracket.rungs.reduce(sum) { sum, rung in
        defer { below = rung.resource.rawValue }
        return sum + Double(rung.completed) * Double(rung.resource.rawValue - below)
      }
    }
    guard let planned, !forecast.isCut, units > planned * 1.01 else { return nil }
    return
      "That is \(Wording.whole(units)) \(resourceUnit), and not \(Wording.whole(planned)): a trial goes up when it is among the "
      + "best so far, and some that went up early would not be among the best of all."
  }

  private var first: String {
    guard let first = forecast.firstFullyTrained else {
      return forecast.unit == .resourceUnit ? "" : "No configuration is trained to the end."
    }
    return "The first configuration is trained to the end after \(duration(first))."
  }

  private func duration(_ time: Double) -> String {
    switch forecast.unit {
    case .seconds: Wording.duration(time)
    case .fullTraining(let resource): "the time of \(Wording.decimal(time, 2)) trainings to \(resource) \(resourceUnit)"
    case .resourceUnit: "the time of \(Wording.decimal(time, 1)) units of resource"
    }
  }

  private var modelAdvice: String? {
    guard forecast.isHeldUpByModel, let seconds = forecast.jobSeconds else { return nil }
    let jobs = seconds > 0 ? "their jobs take \(Wording.milliseconds(seconds)) in the mean" : "their jobs take no time"
    return """
      Warning: \(Wording.count(forecast.workers, "worker")) would wait for the model. A suggestion takes the driver about \
      \(Wording.milliseconds(forecast.suggestionSeconds)), and \(jobs). Use sampler: {kind: random}, or jobs of at least \
      \(Wording.milliseconds(forecast.shortestJobSeconds)).
      """
  }

  private var advice: String? {
    guard let more = forecast.advisedConfigurations else { return nil }
    return """
      Warning: this plan wastes the machine. Its \(forecast.configurations) configurations are soon started, and while the \
      last of them climb the ladder, most of the \(forecast.workers) workers have nothing to do. Limit the study by time \
      instead (budget: {time: 2h}), or start more: about \(more) would keep 80 % of the workers busy.
      """
  }
}
