internal import Journal
internal import Reporting
internal import TuningTypes

/// The best loss so far, over time, over what was trained, and over trials.
struct IncumbentFigure {
  private let study: ReportedStudy
  /// At most so many steps are drawn.
  private static let most = 500

  init?(_ study: ReportedStudy) {
    guard !study.incumbents.steps.isEmpty else { return nil }
    self.study = study
  }

  /// The steps that are drawn: all, or some of them and the last.
  static func shown(_ path: IncumbentPath) -> [IncumbentPath.Step] {
    let steps = path.steps
    guard steps.count > most else { return steps }
    return (0..<most).map { steps[$0 * (steps.count - 1) / (most - 1)] }
  }

  func figure(prefix: String) -> Figure {
    let tabs = Tabs(name: "\(prefix)incumbent")
    let panes: [(label: String, content: Markup)] = [
      ("time", drawn(.time(upTo: study.time), \.time, study.time)),
      (
        study.unit,
        drawn(
          .count(upTo: study.history.units, label: "\(study.unit) trained, all trials"), \.units, study.history.units)
      ),
      (
        "trials",
        drawn(
          .count(upTo: Double(study.history.trials.count), label: "trials begun"), \.number,
          Double(study.history.trials.count))
      ),
    ]
    let steps = study.incumbents.steps.count
    let both = study.fullyTrained.steps.isEmpty || study.levels.count < 2
    return Figure(
      name: "incumbent", title: "The best so far",
      caption: "The \(study.isLowBest ? "lowest" : "highest") \(study.metric) that any trial had reported, of "
        + "\(Wording.count(study.history.results, "result")); \(Wording.count(steps, "improvement")). Each dot is the trial "
        + "that was better than all before it, in the colour of its rung (see The ladder)."
        + (both ? "" : " The thin line counts only trials that were trained to the end."),
      body: tabs.markup(panes))
  }

  private func drawn(_ axis: Axis, _ key: KeyPath<IncumbentPath.Step, Double>, _ end: Double) -> Markup {
    let (all, full) = (Self.shown(study.incumbents), Self.shown(study.fullyTrained))
    let values = (all + full).map { study.value($0.loss) }
    var picture = Picture(label: "\(study.metric) of the best trial so far")
    let vertical = Axis.robust(values, isLowBest: study.isLowBest, label: study.metric)
    picture.verticalAxis(vertical)
    picture.horizontalAxis(axis)
    let path = { (steps: [IncumbentPath.Step]) in
      Self.stairs(
        steps.map {
          (picture.x(axis.position(of: $0[keyPath: key])), picture.y(vertical.position(of: study.value($0.loss))))
        },
        upTo: picture.x(axis.position(of: end)))
    }
    if study.levels.count > 1 { picture.path(path(full), class: "curve faint") }
    picture.path(path(all), class: "curve strong")
    for step in all {
      let level = study.level(of: step.resource)
      picture.circle(
        picture.x(axis.position(of: step[keyPath: key])), picture.y(vertical.position(of: study.value(step.loss))), 4,
        class: "dot \(study.ramp(level))",
        [.init("data-trial", step.trial.rawValue), .init("data-value", exactly: study.value(step.loss))],
        tip: "trial \(step.trial), \(study.longName(level))\n\(study.metric) \(study.short(step.loss))\n"
          + "after \(step.time < 10 ? "\(Wording.short(step.time)) s" : Wording.duration(step.time)), \(study.amount(step.units)), "
          + Wording.count(step.trials, "trial"))
    }
    return picture.svg
  }

  /// A line that keeps its height until the next point.
  static func stairs(_ points: [(x: Double, y: Double)], upTo end: Double) -> [(x: Double, y: Double)] {
    var path: [(x: Double, y: Double)] = []
    for point in points {
      if let last = path.last { path.append((point.x, last.y)) }
      path.append(point)
    }
    if let last = path.last { path.append((max(end, last.x), last.y)) }
    return path
  }
}

extension IncumbentPath.Step {
  /// ``trials`` as an axis takes it.
  var number: Double { Double(trials) }
}
