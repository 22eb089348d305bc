internal import Files
internal import Foundation
internal import Journal
internal import Search
internal import StudyFile
internal import SuccessiveHalving
internal import Text
internal import TuningTypes

extension StatusReport {
  /// The status in Prometheus' text format 0.0.4, for the textfile collector of node_exporter: no timestamps, a line's end at the
  /// end, no label whose values grow with the study.
  public var prometheus: String {
    var text = MetricsText(common: [("study", study.name), ("folder", folder)])
    text.gauge(
      "ash_mpi_info", "What the study is.",
      [([("algorithm", study.plan.scheduler.algorithm.name), ("metric", study.plan.objective.metric)], 1)])
    text.gauge(
      "ash_mpi_state", "Whether the study is in the state.",
      Self.states.map { ([("state", $0)], $0 == stateName ? 1 : 0) })
    text.gauge("ash_mpi_rung_trials", "Trials by bracket, rung and state.", rungSamples)
    let busy = Double(isRunning ? history.runningCount : 0)
    let inService = Double(isRunning ? status?.workersInService ?? history.workers : 0)
    text.gauge(
      "ash_mpi_workers", "Workers by state.",
      [([("state", "busy")], busy), ([("state", "idle")], max(0, inService - busy))])
    if let best = history.best {
      text.gauge("ash_mpi_best_metric", "The best value so far.", study.plan.objective.value(of: best.loss))
      text.gauge("ash_mpi_best_resource", "What the best trial had been trained to.", Double(best.resource.rawValue))
    }
    text.gauge("ash_mpi_utilisation_ratio", "The share of the workers' time that went into jobs.", utilisation)
    text.gauge("ash_mpi_elapsed_seconds", "How long the study has run.", elapsed)
    if let left = secondsLeft { text.gauge("ash_mpi_left_seconds", "About how long it will still run.", left) }
    if let expected = expectedUnits {
      text.gauge("ash_mpi_expected_units", "Units of resource that the whole study takes.", expected)
    }
    let now = Date().timeIntervalSince1970
    if let last = history.lastAnswer {
      text.gauge(
        "ash_mpi_last_result_timestamp_seconds", "When the last result, report or failure came.",
        now - (isRunning ? max(0, elapsed - last) : age + max(0, history.time - last)))
    }
    text.gauge("ash_mpi_last_update_timestamp_seconds", "When this was written.", now)
    text.counter("ash_mpi_trials_total", "Trials that were begun.", [([], Double(history.trials.count))])
    text.counter(
      "ash_mpi_jobs_total", "Jobs that have ended, by how.",
      [
        ([("status", "completed")], Double(history.results)), ([("status", "failed")], Double(history.failedJobs)),
        ([("status", "invalid")], Double(history.invalid)),
      ])
    text.counter("ash_mpi_units_total", "Units of resource that were trained.", [([], history.units)])
    text.counter("ash_mpi_training_seconds_total", "Seconds of training.", [([], history.trainingSeconds)])
    return text.text
  }

  private static let states = ["running", "finished", "stopped", "ended", "simulated", "asked"]

  private var rungSamples: [MetricsText.Sample] {
    let running = runningByRung
    return rungs.flatMap { key, rung in
      let place = [("bracket", "\(key.bracket)"), ("rung", "\(key.rung)"), ("resource", "\(rung.resource)")]
      let counts = [
        ("completed", rung.losses.count), ("promoted", rung.promoted), ("running", running[key] ?? 0),
        ("failed", rung.failed),
      ]
      return counts.map { (place + [("state", $0.0)], Double($0.1)) }
    }
  }

  /// The metrics of several studies.
  public static func metrics(of reports: [StatusReport]) -> String { MetricsText.merging(reports.map(\.prometheus)) }

  /// Replaces a file of metrics: whoever reads it meanwhile has the old one or the new one.
  ///
  /// - Throws: `DiskError`.
  public static func write(_ reports: [StatusReport], prometheus path: String) throws {
    try Disk.writeNamed(Array(metrics(of: reports).utf8), to: path)
  }
}

/// Metrics as Prometheus reads them.
struct MetricsText {
  typealias Sample = (labels: [(name: String, value: String)], value: Double)

  private(set) var text = ""
  private let common: [(name: String, value: String)]

  init(common: [(name: String, value: String)]) { self.common = common }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) { gauge(name, help, [([], value)]) }

  mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) { append(name, "gauge", help, samples) }

  mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) { append(name, "counter", help, samples) }

  private mutating func append(_ name: String, _ type: String, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    for sample in samples {
      let labels = (common + sample.labels).map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
      text += "\(name){\(labels)} \(Self.number(sample.value))\n"
    }
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }

  /// Several texts of metrics as one, in which each metric's lines stand together.
  static func merging(_ texts: [String]) -> String {
    guard texts.count > 1 else { return texts.first ?? "" }
    var order: [String] = []
    var heads: [String: String] = [:]
    var samples: [String: String] = [:]
    for text in texts {
      var name = ""
      for line in text.split(separator: "\n") {
        if line.hasPrefix("# HELP ") {
          name = String(line.split(separator: " ")[2])
          if samples[name] == nil { (samples[name], heads[name]) = ("", "") }
          if heads[name] == "" { order.append(name) }
        }
        let isNew = heads[name].map { !$0.contains("\(line)\n") } ?? false
        if line.hasPrefix("# ") {
          if isNew { heads[name]? += "\(line)\n" }
        } else {
          samples[name]? += "\(line)\n"
        }
      }
    }
    return order.map { (heads[$0] ?? "") + (samples[$0] ?? "") }.joined()
  }
}
