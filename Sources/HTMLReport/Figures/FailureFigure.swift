internal import Journal
internal import Reporting
internal import Search
internal import TuningTypes

/// Why jobs failed, and where.
struct FailureFigure {
  private let study: ReportedStudy
  /// The most frequent first.
  let reasons: [FailureTally.Kind]
  private static let mostReasons = 12
  private static let mostWorkers = 6

  init?(_ study: ReportedStudy) {
    reasons = study.history.failures.ranked
    guard !reasons.isEmpty else { return nil }
    self.study = study
  }

  var figure: Figure {
    let all = reasons.reduce(study.history.failures.others) { $0 + $1.count }
    let rest = reasons.dropFirst(Self.mostReasons).reduce(study.history.failures.others) { $0 + $1.count }
    return Figure(
      name: "failures", title: "What failed",
      caption: "\(Wording.count(all, "job")) gave no result, of \(Wording.count(all + study.history.results, "job")); "
        + "\(Wording.count(study.history.invalid, "configuration")) made no sense to the trainer. A job that fails is tried "
        + "again, on another worker where there is one. Reasons that differ only in numbers count together."
        + (rest > 0 ? " \(rest) had other reasons." : "") + hosts,
      isWide: true, body: table)
  }

  /// On which hosts jobs failed, where there was more than one.
  private var hosts: String {
    let all = study.history.failuresByHost.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    guard all.count > 1 || Set(study.history.runs.flatMap(\.site.hosts)).count > 1, !all.isEmpty else { return "" }
    let shown = all.prefix(Self.mostHosts).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return " Failed jobs by host: \(shown)\(all.count > Self.mostHosts ? ", …" : "")."
  }

  private static let mostHosts = 8

  private var table: Markup {
    let most = Double(reasons.first?.count ?? 1)
    var markup = Markup()
    markup.element("table", class: "failures") { table in
      for reason in reasons.prefix(Self.mostReasons) {
        table.element("tr") { row in
          row.element("td", class: "number", [.init("data-count", reason.count)], text: "\(reason.count)")
          row.element("td", class: "share") { cell in
            cell.element("svg", [.init("viewBox", "0 0 120 10"), .init("aria-hidden", "true")]) {
              $0.single(
                "rect", class: "bar failed",
                [.init("width", max(2, 120 * Double(reason.count) / most)), .init("height", 10)])
            }
          }
          row.element("td", class: "reason", text: reason.reason.isEmpty ? "no reason was given" : reason.reason)
          row.element("td", class: "muted", text: places(of: reason))
        }
      }
    }
    return markup
  }

  private func places(of reason: FailureTally.Kind) -> String {
    guard reason.workers.count > Self.mostWorkers else {
      return "worker \(reason.workers.sorted().map { "\($0)" }.joined(separator: ", "))"
    }
    return "on \(reason.workers.count) workers"
  }
}
