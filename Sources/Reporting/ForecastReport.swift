public import Simulation
internal import SuccessiveHalving

/// What a study comes to on some workers, as `validate` tells it.
public struct ForecastReport {
  private let forecast: PlanForecast
  private let resourceUnit: String

  public init(_ forecast: PlanForecast, resourceUnit: String) {
    self.forecast = forecast
    self.resourceUnit = resourceUnit
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
    let share = "\(Wording.percent(forecast.busyShare)) of the workers busy"
    lines.append("It takes \(duration(forecast.time)), with \(share). \(first)")
    lines += advice.map { ["", $0] } ?? []
    return lines.joined(separator: "\n") + "\n"
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

  private var advice: String? {
    guard let more = forecast.advisedConfigurations else { return nil }
    return """
      Warning: this plan wastes the machine. Its \(forecast.configurations) configurations are soon started, and while the \
      last of them climb the ladder, most of the \(forecast.workers) workers have nothing to do. Limit the study by time \
      instead (budget: {time: 2h}), or start more: about \(more) would keep 80 % of the workers busy.
      """
  }
}
