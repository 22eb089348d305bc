internal import Journal
internal import Reporting

/// What the workers' time went into, over time.
struct UtilisationFigure {
  private let study: ReportedStudy
  let parts: [TimeShares]
  let whole: TimeShares
  private static let mostParts = 100

  init?(_ study: ReportedStudy) {
    guard !study.isAsked, study.time > 0, !study.timeline.intervals.isEmpty else { return nil }
    self.study = study
    parts = study.timeline.shares(until: study.time, parts: Self.mostParts)
    whole = study.timeline.shares(until: study.time)
  }

  private static let kinds: [(name: String, kind: String, part: any KeyPath<TimeShares, Double> & Sendable)] = [
    ("training", "training", \.training), ("start and transfer", "overhead", \.overhead),
    ("failed or cut off", "failed", \.lost), ("training now", "open", \.open), ("idle", "idle", \.idle),
  ]

  var figure: Figure {
    Figure(
      name: "utilisation", title: "How busy the workers were",
      caption:
        "The share of the time of \(Wording.count(study.timeline.workers, "worker")) that went into training, into "
        + "starting jobs and moving checkpoints, and into jobs that gave no result; the rest is idle. At the end of a study "
        + "workers wait for the last jobs.",
      body: drawn)
  }

  private var drawn: Markup {
    var markup = Markup()
    markup.element("p", class: "legend") { legend in
      for kind in Self.kinds where whole.share(kind.part) > 0.0005 || kind.name == "idle" {
        legend.key(
          kind.kind, "\(kind.name) \(Wording.percent(whole.share(kind.part)))",
          [.init("data-kind", kind.kind), .init("data-value", exactly: whole.share(kind.part))])
      }
    }
    var picture = Picture(height: 250, label: "What the workers' time went into")
    let (time, share) = (Axis.time(upTo: study.time), Axis(0, 100, label: "% of the workers' time"))
    picture.verticalAxis(share)
    var base = [Double](repeating: 0, count: parts.count)
    for kind in Self.kinds.dropLast() {
      let next = zip(base, parts).map { min(1, $0 + $1.share(kind.part)) }
      if next != base { picture.path(Self.area(base, next, picture), class: "area \(kind.kind)", closed: true) }
      base = next
    }
    picture.horizontalAxis(time)
    markup.append(picture.svg)
    return markup
  }

  /// The outline between two heights of each part.
  private static func area(_ low: [Double], _ high: [Double], _ picture: Picture) -> [(x: Double, y: Double)] {
    let edges = { (values: [Double]) in
      values.indices.flatMap { index in
        [
          (x: picture.x(Double(index) / Double(values.count)), y: picture.y(values[index])),
          (x: picture.x(Double(index + 1) / Double(values.count)), y: picture.y(values[index])),
        ]
      }
    }
    return edges(high) + edges(low).reversed()
  }
}

/// Results by second, over time.
struct ThroughputFigure {
  private let study: ReportedStudy
  /// Results in each part of the time.
  let results: [Int]
  private static let mostParts = 80

  init?(_ study: ReportedStudy) {
    guard study.time > 0, study.history.results > 1 else { return nil }
    self.study = study
    results = study.timeline.results(until: study.time, parts: Self.mostParts)
  }

  var figure: Figure {
    let mean = Double(results.reduce(0, +)) / study.time
    return Figure(
      name: "throughput", title: "Results over time",
      caption:
        "\(Wording.count(results.reduce(0, +), "job")) ended with a result, \(Wording.short(mean)) a second on average. "
        + "Jobs of higher rungs take longer.",
      body: drawn)
  }

  private var drawn: Markup {
    var picture = Picture(height: 250, label: "Results per second over time")
    let width = study.time / Double(results.count)
    let rates = results.map { Double($0) / width }
    let up = Axis.count(upTo: (rates.max() ?? 1) * 1.05, label: "results a second")
    picture.verticalAxis(up)
    picture.horizontalAxis(.time(upTo: study.time))
    let step = (picture.right - picture.left) / Double(results.count)
    for (index, rate) in rates.enumerated() where rate > 0 {
      let y = picture.y(up.position(of: rate))
      picture.rectangle(
        picture.left + Double(index) * step, y, max(1, step - 1), picture.bottom - y, class: "bar accent",
        [.init("data-count", results[index])],
        tip: "\(Wording.count(results[index], "result"))\n\(Wording.short(rate)) a second")
    }
    return picture.svg
  }
}
