internal import Journal
internal import Reporting
internal import TuningTypes

/// How the losses of single trials fell while they trained: the best ones, and some of the others.
struct LearningCurves {
  struct Curve {
    let place: Int
    let points: [(resource: Double, loss: Double)]
    let isBest: Bool
  }

  private let study: ReportedStudy
  let curves: [Curve]
  private static let mostBest = 8
  private static let mostOthers = 60
  private static let mostPoints = 48

  init?(_ study: ReportedStudy, _ standings: [ReportedStudy.Standing]) {
    self.study = study
    let reached = standings.indices.filter { standings[$0].level >= 0 }
    let best = Self.best(Self.mostBest, of: reached, standings)
    // The others evenly, those that went far first.
    let rest = reached.filter { !best.contains($0) }
    let far = rest.filter { standings[$0].level > 0 }
    let low = rest.filter { standings[$0].level == 0 }
    let some = Self.evenly(far, Self.mostOthers / 2) + Self.evenly(low, Self.mostOthers / 2)
    var curves: [Curve] = []
    for place in some + best.reversed() {
      let points = Self.points(of: place, study)
      if points.count > 1 { curves.append(Curve(place: place, points: points, isBest: best.contains(place))) }
    }
    self.curves = curves
    if curves.isEmpty { return nil }
  }

  /// The trials that went furthest, and of these the best first.
  static func best(_ most: Int, of trials: [Int], _ standings: [ReportedStudy.Standing]) -> [Int] {
    let key = { (place: Int) in
      (-standings[place].level, standings[place].loss.isFinite ? standings[place].loss : .infinity, place)
    }
    var best: [Int] = []
    for place in trials {
      if best.count == most, let last = best.last, key(place) > key(last) { continue }
      let position = best.firstIndex { key(place) < key($0) } ?? best.count
      best.insert(place, at: position)
      if best.count > most { best.removeLast() }
    }
    return best
  }

  private static func evenly(_ places: [Int], _ most: Int) -> [Int] {
    guard places.count > most else { return places }
    return (0..<most).map { places[$0 * places.count / most] }
  }

  /// What was said while it trained, and its results at the rungs, by resource; the study's own loss only.
  static func points(of place: Int, _ study: ReportedStudy) -> [(resource: Double, loss: Double)] {
    let trial = study.history.trials[place]
    var points: [Double: Double] = [:]
    if study.objective.isLoss, study.objective.mode == .min {
      for point in study.curves.points(of: trial.id) where point.loss.isFinite && point.resource.isFinite {
        points[point.resource] = point.loss
      }
    }
    for passed in study.history.passedBackwards(of: trial) {
      points[Double(passed.resource.rawValue)] = passed.loss.value
    }
    for job in study.history.jobsBackwards(of: trial) where job.status == .completed {
      points[Double(job.resource.rawValue)] = job.loss.value
    }
    let sorted = points.sorted { $0.key < $1.key }.filter { $0.key > 0 && $0.value.isFinite }
      .map { (resource: $0.key, loss: $0.value) }
    guard sorted.count > mostPoints else { return sorted }
    return (0..<mostPoints).map { sorted[$0 * (sorted.count - 1) / (mostPoints - 1)] }
  }

  var figure: Figure {
    let best = curves.count { $0.isBest }
    return Figure(
      name: "curves", title: "Learning curves",
      caption:
        "The \(study.metric) of \(Wording.count(curves.count, "trial")) of \(study.history.trials.count) while they "
        + "trained. In colour: of those that got furthest the best \(best), the darkest the best of all. In grey: some of the others. "
        + "Trials with a single result have no line.",
      body: drawn)
  }

  private var drawn: Markup {
    var picture = Picture(label: "Learning curves")
    let resources = curves.flatMap { $0.points.map(\.resource) }
    let (low, high) = (resources.min() ?? 0, resources.max() ?? 1)
    let unit = "\(study.unit) that a trial was trained"
    let across =
      high / low > 20 ? Axis(low, high, scale: .log, label: unit) : Axis(low, max(high, low + 1e-9), label: unit)
    let values = curves.flatMap { $0.points.map { study.value($0.loss) } }
    let up = Axis.robust(values, isLowBest: study.isLowBest, label: study.metric)
    picture.verticalAxis(up)
    picture.horizontalAxis(across)
    let best = curves.count { $0.isBest }
    var rank = best
    for curve in curves {
      let points = curve.points.map {
        (x: picture.x(across.position(of: $0.resource)), y: picture.y(up.position(of: study.value($0.loss))))
      }
      if curve.isBest { rank -= 1 }
      let kind = curve.isBest ? "curve \(Ramp.kind(1 - Double(rank) / Double(max(1, best)) * 0.6))" : "curve other"
      let last = curve.points[curve.points.count - 1]
      picture.path(
        points, class: kind,
        [
          .init("data-trial", study.history.trials[curve.place].id.rawValue),
          .init("data-value", exactly: study.value(last.loss)),
        ],
        tip: "\(study.description(ofTrialAt: curve.place))\n\(study.metric) \(study.short(last.loss)) at "
          + study.amount(last.resource))
    }
    return picture.svg
  }
}
