internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import TuningTypes

/// The trials that parallel coordinates and slices draw, as columns of numbers.
struct TrialColumns {
  private let study: ReportedStudy
  /// Their places among the study's trials, in their order.
  let places: [Int]
  /// What a script finds.
  private static let mostBytes = 3_600_000

  init(_ study: ReportedStudy, _ standings: [ReportedStudy.Standing]) {
    self.study = study
    let all = study.history.trials.count
    let results = study.levels.reduce(0) { $0 + $1.count }
    let bytes = all * (2 * study.study.plan.space.parameters.count + 6) + 4 * results
    guard bytes > Self.mostBytes else {
      places = Array(0..<all)
      return
    }
    places = Self.some(Int(Double(all) * Double(Self.mostBytes) / Double(bytes)), standings)
  }

  /// Half of them those that got furthest, the others evenly from the rest.
  static func some(_ count: Int, _ standings: [ReportedStudy.Standing]) -> [Int] {
    guard standings.count > count else { return Array(standings.indices) }
    let order = ranked(standings)
    let best = order.prefix(count / 2)
    let rest = order.dropFirst(count / 2).sorted()
    let others = (0..<(count - best.count)).map { rest[$0 * rest.count / (count - best.count)] }
    return (best + others).sorted()
  }

  /// All trials, those first that got furthest, and of these the best. O(n log n).
  static func ranked(_ standings: [ReportedStudy.Standing]) -> [Int] {
    standings.indices.sorted { a, b in
      let (left, right) = (standings[a], standings[b])
      if left.level != right.level { return left.level > right.level }
      let (first, second) = (Loss(left.loss), Loss(right.loss))
      return first == second ? a < b : first < second
    }
  }

  /// What became of a trial, as the script knows it.
  enum Status: UInt8 { case trained = 0, running, failed, invalid }

  static func status(of trial: StudyHistory.Trial, running: Set<TrialID>) -> Status {
    if trial.isInvalid { return .invalid }
    if running.contains(trial.id) { return .running }
    return trial.hasFailed ? .failed : .trained
  }

  func add(to columns: inout Columns, _ standings: [ReportedStudy.Standing], running: Set<TrialID>) {
    columns.add("trial", places.map { UInt32(clamping: study.history.trials[$0].id.rawValue) })
    columns.add("level", places.map { UInt8(clamping: standings[$0].level + 1) })
    columns.add("status", places.map { Self.status(of: study.history.trials[$0], running: running).rawValue })
    for index in study.positions.axes.indices {
      columns.add(
        "p\(index)", places.map { Columns.quantised(study.positions.position(of: index, ofTrialAt: $0)) })
    }
    addLosses(to: &columns)
  }

  /// The metric at each level; NaN where there is no result, infinite where it was no number.
  private func addLosses(to columns: inout Columns) {
    var row = [Int32](repeating: -1, count: study.history.trials.count)
    for (index, place) in places.enumerated() { row[place] = Int32(index) }
    for (number, level) in study.levels.enumerated() {
      var values = [Float](repeating: .nan, count: places.count)
      for index in level.trials.indices {
        let place = row[Int(level.trials[index])]
        guard place >= 0 else { continue }
        let loss = level.losses[index]
        values[Int(place)] = loss.isFinite ? Float(study.value(loss)) : .infinity
      }
      columns.add("l\(number)", values)
    }
  }
}
