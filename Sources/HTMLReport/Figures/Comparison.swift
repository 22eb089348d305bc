internal import Journal
internal import Reporting
internal import Search
internal import StudyFile
internal import SuccessiveHalving
internal import TuningTypes

/// Several studies side by side: the best so far of each, and of those that differ in their seeds alone the middle and the range.
struct Comparison {
  struct Group {
    let name: String
    let members: [Int]
  }

  /// The values of a group at one place of the axis; of those of its studies that have a result by then.
  struct Band: Equatable {
    let low: Double
    let median: Double
    let high: Double
    let count: Int
  }

  private let studies: [ReportedStudy]
  let groups: [Group]
  static let parts = 160
  private static let mostGroups = 8

  init?(_ studies: [ReportedStudy]) {
    guard studies.count > 1, let metric = studies.first?.metric, studies.allSatisfy({ $0.metric == metric }),
      Set(studies.map(\.isLowBest)).count == 1, studies.contains(where: { !$0.incumbents.steps.isEmpty })
    else { return nil }
    self.studies = studies
    var groups: [(key: String, members: [Int])] = []
    for (index, study) in studies.enumerated() {
      let key = "\(study.study.name) · \(study.study.plan.scheduler.algorithm.name) · \(study.samplerName)"
      if let known = groups.firstIndex(where: { $0.key == key }) {
        groups[known].members.append(index)
      } else {
        groups.append((key, [index]))
      }
    }
    self.groups = groups.map { Group(name: $0.key, members: $0.members) }
  }

  /// The band of a group at each part of an axis from 0 to `end`; nil before all of its studies have a result.
  func bands(of group: Group, along key: KeyPath<IncumbentPath.Step, Double>, upTo end: Double) -> [Band?] {
    (0...Self.parts).map { part in
      let place = end * Double(part) / Double(Self.parts)
      let values = group.members.compactMap { studies[$0].incumbents.loss(at: place, of: key) }.sorted()
      guard values.count == group.members.count, let low = values.first, let high = values.last else { return nil }
      let middle = values.count / 2
      let median = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
      return Band(low: low, median: median, high: high, count: values.count)
    }
  }

  var figure: Figure {
    let unit = studies.first?.unit ?? "units"
    let time = studies.map(\.time).max() ?? 1
    let units = studies.map(\.history.units).max() ?? 1
    let panes = [
      (label: "time", content: drawn(.time(upTo: time), \.time, time)),
      (label: unit, content: drawn(.count(upTo: units, label: "\(unit) trained, all trials"), \.units, units)),
    ]
    return Figure(
      name: "comparison", title: "The best so far, of \(studies.count) studies",
      caption:
        "Lines are the median of the studies of a group, bands reach from the best to the worst of them; a group differs "
        + "in its seeds alone. " + groups.map { "\($0.name): n = \($0.members.count)" }.joined(separator: "; ") + ".",
      isWide: true, body: Tabs(name: "comparison").markup(panes))
  }

  private func drawn(_ across: Axis, _ key: KeyPath<IncumbentPath.Step, Double>, _ end: Double) -> Markup {
    var markup = Markup()
    markup.element("p", class: "legend") { legend in
      for (index, group) in groups.prefix(Self.mostGroups).enumerated() {
        legend.key("c\(index)", group.name)
      }
    }
    var picture = Picture(width: Picture.full, height: 360, label: "The best so far of several studies")
    let values = studies.flatMap { study in IncumbentFigure.shown(study.incumbents).map { study.value($0.loss) } }
    let up = Axis.robust(values, isLowBest: studies[0].isLowBest, label: studies[0].metric)
    picture.verticalAxis(up)
    picture.horizontalAxis(across)
    for (index, group) in groups.prefix(Self.mostGroups).enumerated() {
      let bands = bands(of: group, along: key, upTo: end)
      let points = bands.indices.compactMap { part in
        bands[part].map { (x: Double(part) / Double(Self.parts), band: $0) }
      }
      let edge = { (value: (Band) -> Double) in
        points.map { (x: picture.x($0.x), y: picture.y(up.position(of: studies[0].value(value($0.band))))) }
      }
      if group.members.count > 1 {
        picture.path(edge { $0.high } + edge { $0.low }.reversed(), class: "band c\(index)", closed: true)
      }
      guard let last = points.last?.band else { continue }
      let median = studies[0].short(last.median)
      picture.path(
        edge { $0.median }, class: "curve c\(index)",
        [.init("data-group", group.name), .init("data-value", exactly: studies[0].value(last.median))],
        tip:
          "\(group.name)\nat the end: median \(median), from \(studies[0].short(last.low)) to \(studies[0].short(last.high))"
      )
    }
    markup.append(picture.svg)
    return markup
  }

  /// A row a study.
  var table: Markup {
    var markup = Markup()
    let columns = ["folder", "study", "seed", "best", "trial", "resource", "trials", "time", "training"]
    markup.element("div", class: "scroll") { wrapper in
      wrapper.element("table", class: "studies") { table in
        table.element("thead") { head in
          head.element("tr") { row in for name in columns { row.element("th", text: name) } }
        }
        table.element("tbody") { body in
          for (index, study) in studies.enumerated() {
            body.element("tr") { row in
              row.element("td") { $0.element("a", [.init("href", "#s\(index)")], text: study.label) }
              for cell in cells(of: study) { row.element("td", text: cell) }
            }
          }
        }
      }
    }
    return markup
  }

  private func cells(of study: ReportedStudy) -> [String] {
    let best = study.history.best
    let shares = study.timeline.shares(until: study.time)
    return [
      study.study.name, "\(study.study.plan.seed)", best.map { study.short($0.loss.value) } ?? "–",
      best.map { "\($0.trial)" } ?? "–", best.map { study.name(of: $0.resource) } ?? "–",
      "\(study.history.trials.count)",
      Wording.duration(study.time), study.isAsked ? "–" : Wording.percent(shares.share(\.training)),
    ]
  }
}
