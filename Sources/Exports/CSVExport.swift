internal import Files
internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import TuningTypes

/// The study as three long tables: `trials.csv`, `jobs.csv` and `curves.csv`.
public struct CSVExport {
  private let record: StudyRecord

  public init(_ record: StudyRecord) { self.record = record }

  public var files: [ExportedFile] {
    [ExportedFile("trials.csv", trials), ExportedFile("jobs.csv", jobs), ExportedFile("curves.csv", curves)]
  }

  /// A row a trial: where it got, the metric there in its own sign, its hyperparameters as `configuration.NAME`.
  private var trials: [UInt8] {
    let names = record.study.plan.space.parameters.map(\.name)
    var table = CSVText(
      [
        "trial", "bracket", "status", "rung", "resource", record.study.plan.objective.metric, "training_seconds",
        "attempts",
      ]
        + names.map { "configuration.\($0)" })
    for trial in record.trials {
      let (last, newest) = (trial.last, trial.jobs.last)
      let status = newest.map { $0.status == .completed ? "completed" : $0.status.rawValue } ?? "running"
      table.add(
        [
          "\(trial.id)", "\(trial.bracket)", status, last.map { "\($0.rung)" }, last.map { "\($0.resource)" },
          last?.loss.map { number(record.value($0)) },
          number(trial.results.reduce(0) { $0 + ($1.seconds ?? 0) }), "\(trial.jobs.count)",
        ] + names.map { trial.configuration[$0]?.description })
    }
    return table.bytes
  }

  /// A row a job, with every metric that any result has.
  private var jobs: [UInt8] {
    var metrics: [String] = []
    var known: Set<String> = [record.study.plan.objective.metric]
    for trial in record.trials {
      for job in trial.jobs {
        for metric in job.metrics where known.insert(metric.name).inserted { metrics.append(metric.name) }
      }
    }
    var table = CSVText(
      [
        "job", "trial", "bracket", "rung", "resource", "worker", "attempt", "start", "end", "seconds", "status",
        "reason",
        record.study.plan.objective.metric,
      ] + metrics.map { "metric.\($0)" })
    for trial in record.trials {
      for job in trial.jobs {
        let own = Dictionary(job.metrics.map { ($0.name, $0.value) }) { first, _ in first }
        table.add(
          [
            "\(job.id)", "\(trial.id)", "\(trial.bracket)", "\(job.rung)", "\(job.resource)", "\(job.worker)",
            "\(job.attempt)", number(job.start), job.end.map(number), job.seconds.map(number), job.status.rawValue,
            job.reason, job.loss.map { number(record.value($0)) },
          ] + metrics.map { own[$0].map(number) })
      }
    }
    return table.bytes
  }

  /// A row a point of a learning curve.
  private var curves: [UInt8] {
    var table = CSVText(["trial", "job", "resource", "loss"])
    for trial in record.trials {
      for job in trial.jobs {
        for point in job.curve.points {
          table.add(["\(trial.id)", "\(job.id)", number(point.resource), number(point.loss)])
        }
      }
    }
    return table.bytes
  }

  /// Whole numbers without a fraction; others with the fewest digits that give them back.
  private func number(_ value: Double) -> String {
    // NaN has a sign, which says nothing, and which readers of tables do not know.
    if value.isNaN { return "nan" }
    return Int(exactly: value).map { abs($0) < 1 << 53 ? "\($0)" : "\(value)" } ?? "\(value)"
  }
}

/// RFC 4180 text under construction; a cell that is nil is empty.
struct CSVText {
  private(set) var bytes: [UInt8] = []

  init(_ header: [String]) { add(header) }

  mutating func add(_ row: [String?]) {
    for (column, cell) in row.enumerated() {
      if column > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += (cell ?? "").visible(keepingLines: true).csvCell.utf8
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}
