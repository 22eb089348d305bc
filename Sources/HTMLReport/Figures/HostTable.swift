internal import Reporting

/// What the workers of each host did, where there is more than one host.
struct HostTable {
  private struct Row {
    var results = 0
    var failed = 0
    var training = 0.0
    /// Of its workers, in all.
    var seconds = 0.0
  }

  private let hosts: [WorkerRows.Host]
  private let rows: [Row]

  /// - Parameter places: the row of each of the timeline's intervals.
  init?(_ timeline: WorkerTimeline, _ workers: WorkerRows, places: [Int32], until end: Double) {
    hosts = workers.hosts
    guard !hosts.isEmpty else { return nil }
    var hostOfRow = [Int](repeating: 0, count: workers.count)
    for (number, host) in hosts.enumerated() { for row in host.rows { hostOfRow[row] = number } }
    var rows = [Row](repeating: Row(), count: hosts.count)
    for (place, interval) in zip(places, timeline.intervals) {
      let host = hostOfRow[Int(place)]
      switch interval.ending {
      case .completed:
        rows[host].results += 1
        rows[host].training += Double(interval.training)
      case .failed: rows[host].failed += 1
      case .cutOff, .open: break
      }
    }
    for (number, host) in hosts.enumerated() { rows[number].seconds = timeline.seconds(on: host.name, until: end) }
    self.rows = rows
  }

  var markup: Markup {
    var markup = Markup()
    markup.element("details", class: "hosts") { details in
      details.element("summary", text: "\(hosts.count) hosts: which of them failed, which were idle")
      details.element("table") { table in
        table.element("tr") { head in
          head.element("th", text: "host")
          for name in ["workers", "results", "failed", "of their time in training"] {
            head.element("th", class: "number", text: name)
          }
        }
        for (host, row) in zip(hosts, rows) { append(host, row, to: &table) }
      }
    }
    return markup
  }

  private func append(_ host: WorkerRows.Host, _ row: Row, to table: inout Markup) {
    let share = row.seconds > 0 ? Wording.percent(row.training / row.seconds) : "–"
    table.element(
      "tr",
      [
        .init("data-host", host.name), .init("data-workers", host.workers), .init("data-results", row.results),
        .init("data-failed", row.failed), .init("data-training", exactly: row.training),
      ]
    ) { line in
      line.element("td", text: host.name)
      for cell in ["\(host.workers)", "\(row.results)", "\(row.failed)", share] {
        line.element("td", class: "number", text: cell)
      }
    }
  }
}
