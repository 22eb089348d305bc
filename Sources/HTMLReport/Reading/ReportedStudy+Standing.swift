internal import Journal
internal import Reporting
internal import Search
internal import SearchSpace
internal import StudyFile
internal import TuningTypes

extension ReportedStudy {
  /// How far a trial has got.
  struct Standing: Sendable {
    /// The highest level that it has a result at; -1 where it has none.
    var level = -1
    /// Its loss there; NaN where it diverged.
    var loss = Double.nan
  }

  /// How far each trial has got, in their order.
  var standings: [Standing] {
    var standings = [Standing](repeating: Standing(), count: history.trials.count)
    for (number, level) in levels.enumerated() {
      for index in level.trials.indices {
        let place = Int(level.trials[index])
        if number >= standings[place].level { standings[place] = Standing(level: number, loss: level.losses[index]) }
      }
    }
    return standings
  }

  /// At most so many of the levels, both ends among them.
  func shownLevels(_ most: Int) -> [Int] {
    let some = levels.indices.filter { levels[$0].count > 0 }
    guard some.count > most else { return some }
    return (0..<most).map { some[$0 * (some.count - 1) / (most - 1)] }
  }

  /// The configuration of the trial that is at a place among the study's, with a place for each hyperparameter.
  func configuration(at place: Int) -> Configuration {
    (history.configuration(of: history.trials[place].id) ?? Configuration()).laidOut(as: study.plan.space.layout)
  }

  /// How a trial is called where it is pointed at: its number, and what it was.
  func description(ofTrialAt place: Int) -> String {
    let entries = configuration(at: place).entries.map { "\($0.name) \($0.value.shortText)" }
    return "trial \(history.trials[place].id)\n" + entries.joined(separator: "\n")
  }
}
