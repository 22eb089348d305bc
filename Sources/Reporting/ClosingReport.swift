internal import Files
internal import Journal
internal import Search
internal import SuccessiveHalving
internal import TuningTypes

/// The last page: what was found, how the search went, where everything lies.
public struct ClosingReport {
  private let summary: Summary
  private let folder: String
  private let resourceUnit: String
  private let files: [String]
  private let details: ClosingDetails?
  private let page: String?

  /// - Parameters:
  ///   - files: what of the folder is worth a look.
  ///   - details: what only the journal tells; nil leaves it out.
  ///   - page: the path of the page of pictures, if there is one.
  public init(
    _ summary: Summary, folder: String, resourceUnit: String,
    files: [String] = ["summary.json", "results.csv", "journal.jsonl", "best/"], details: ClosingDetails? = nil,
    page: String? = nil
  ) {
    self.details = details
    self.summary = summary
    self.folder = folder
    self.resourceUnit = resourceUnit
    self.files = files
    self.page = page
  }

  public var text: String {
    let tuner = summary.tuner
    let isSimulated = summary.simulation != nil
    var lines = ["", "\(ending).", ""]
    let ladder = tuner.ladder
    for bracket in ladder {
      if ladder.count > 1 { lines.append("bracket \(bracket.bracket)") }
      lines += table(of: bracket).lines + [""]
    }
    lines += best
    if let importance = details?.importance { lines += [Self.text(importance, resourceUnit), ""] }
    lines += failures
    let (failed, invalid) = (tuner.counts.failures - tuner.counts.invalid, tuner.counts.invalid)
    lines.append(
      "\(Wording.count(tuner.counts.results, "job")) on \(Wording.count(summary.workers, "worker")), "
        + "\(Wording.decimal(summary.jobsPerSecond, 1)) jobs/s, \(Wording.percent(summary.utilisation)) of their time in "
        + "training" + (failed > 0 ? "; \(Wording.count(failed, "failed job"))" : "")
        + (invalid > 0 ? "; \(Wording.count(invalid, "invalid configuration"))" : "") + ".")
    if !isSimulated, let sizes = FolderSizes(of: StudyFolder(path: folder)).line { lines.append(sizes) }
    lines.append("Everything lies in \(folder): \(files.joined(separator: ", ")).")
    if let page { lines.append("Pictures of it, for any browser: \(page)") }
    if !summary.reason.isFinished, !isSimulated { lines += continuation }
    return lines.joined(separator: "\n") + "\n"
  }

  /// How a study that stopped goes on. Where nothing has worked, the study itself may be wrong, which `resume` can't change.
  private var continuation: [String] {
    guard summary.reason == .failures else { return ["To go on: ash-mpi resume \(folder.shellWord)"] }
    return [
      "If the study is wrong: mend it, train one configuration with ash-mpi validate STUDY --try, and run it again.",
      "If only a module, a file or the script was wrong: ash-mpi resume \(folder.shellWord)",
    ]
  }

  private func table(of bracket: BracketCounts) -> TextTable {
    let someFailed = bracket.rungs.contains { $0.failed > 0 }
    let times = details.map { details in bracket.rungs.map { details.seconds(in: $0.key, of: bracket.bracket) } }
    var table = TextTable(
      header: ["rung", resourceUnit, "completed", "promoted"] + (someFailed ? ["failed"] : [])
        + (times == nil ? [] : ["training time"]))
    for (index, rung) in bracket.rungs.enumerated() {
      table.add(
        ["\(rung.key)", "\(rung.resource)", "\(rung.completed)", "\(rung.promoted)"]
          + (someFailed ? ["\(rung.failed)"] : []) + (times.map { [Wording.duration($0[index])] } ?? []))
    }
    return table
  }

  private static func text(_ importance: ImportanceReport.Most, _ resourceUnit: String) -> String {
    let shares = importance.shares.map { "\($0.name.visible) \(Wording.percent($0.share))" }.joined(separator: ", ")
    return "What decides, after \(Wording.resource(importance.resource, resourceUnit)), of "
      + "\(importance.trials) trials: \(shares)."
  }

  /// The result in one line.
  public var line: String {
    let tuner = summary.tuner
    let best =
      tuner.incumbent.map {
        "best \(tuner.plan.objective.metric) \(Wording.short(tuner.plan.objective.value(of: $0.loss))) (trial \($0.job.trial))"
      } ?? "no finite loss"
    return "\(ending) · \(best) · \(folder)\n"
  }

  /// What has ended, why, and after which time.
  package var ending: String {
    let time = Wording.duration(summary.wallSeconds) + (summary.simulation != nil ? ", simulated" : "")
    return "\(summary.name): \(reason) after \(time)"
  }

  private var reason: String {
    switch summary.reason {
    case .configurations:
      switch summary.tuner.counts.configurations {
      case 1: "the one configuration tried"
      case let count: "all \(Wording.count(count, "configuration")) tried"
      }
    case .time: "the time is used up"
    case .target: "the target is reached"
    case .invalid: "ended, as nearly every configuration is invalid,"
    case .failures: "stopped, since no job has succeeded,"
    case .signal: "stopped on request"
    case .walltime: "stopped near the end of its time"
    case .workers: "stopped, since no worker was left,"
    case .place: "stopped by a fault of its place"
    }
  }

  /// Why jobs failed, the most frequent reasons first, and on which workers.
  private var failures: [String] {
    let (tally, kinds) = (summary.tuner.failureTally, summary.tuner.failureTally.ranked)
    guard !kinds.isEmpty else { return [] }
    var lines = ["Failures:"]
    for kind in kinds.prefix(Self.mostReasons) { lines.append("  \(kind.count) × \(kind.reason.visible)") }
    let rest = kinds.dropFirst(Self.mostReasons).reduce(tally.others) { $0 + $1.count }
    if rest > 0 { lines.append("  \(rest) × other reasons (ash-mpi status \(folder.shellWord) --failures)") }
    let workers = tally.byWorker.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    if summary.workers > 1, !workers.isEmpty {
      let shown = workers.prefix(Self.mostWorkers).map { "worker \($0.key): \($0.value)" }.joined(separator: ", ")
      lines.append("  on \(shown)\(workers.count > Self.mostWorkers ? ", …" : "")")
    }
    return lines + [""]
  }

  private static let mostReasons = 3
  private static let mostWorkers = 8

  private var best: [String] {
    let tuner = summary.tuner
    guard let incumbent = tuner.incumbent else {
      return ["No trial has given a finite loss.", ""]
    }
    let value = Wording.short(tuner.plan.objective.value(of: incumbent.loss))
    let resource = Wording.resource(incumbent.job.resource, resourceUnit)
    var lines = [
      "Best configuration: trial \(incumbent.job.trial), \(resource), "
        + "\(tuner.plan.objective.metric) \(value)"
    ]
    let width = incumbent.job.configuration.entries.map(\.name.count).max() ?? 0
    for entry in incumbent.job.configuration.entries {
      let padding = String(repeating: " ", count: width - entry.name.count)
      lines.append("  \(entry.name)\(padding)  \(entry.value.shortText)")
    }
    let metrics = incumbent.report.metrics + summary.finalMetrics
    if !metrics.isEmpty {
      lines.append("  " + metrics.map { "\($0.name.visible) \(Wording.short($0.value))" }.joined(separator: ", "))
    }
    if let full = tuner.fullyTrained, full != incumbent {
      let value = Wording.short(tuner.plan.objective.value(of: full.loss))
      lines.append("Best of those trained to the end: trial \(full.job.trial), \(value)")
    }
    return lines + [""]
  }
}
