internal import Journal
internal import SearchSpace
internal import TuningTypes

/// Where each trial's hyperparameters stand on their axes.
///
/// Pictures look at some hundred thousand values in the order of results. As numbers side by side they are found much faster than in
/// configurations, each of which has a place of its own in memory.
struct ParameterPositions: Sendable {
  /// Of each hyperparameter.
  let axes: [ParameterAxis]
  /// Of each hyperparameter a number from 0 to 1 for each trial; NaN where it has no value.
  private let columns: [[Float]]

  init(_ history: StudyHistory, in space: SearchSpace) {
    axes = space.parameters.map { ParameterAxis($0) }
    var columns = [[Float]](repeating: [], count: axes.count)
    for index in axes.indices { columns[index].reserveCapacity(history.trials.count) }
    for trial in history.trials {
      let configuration = (history.configuration(of: trial.id) ?? Configuration()).laidOut(as: space.layout)
      for index in axes.indices {
        columns[index].append(axes[index].position(of: configuration[index]).map { Float($0) } ?? .nan)
      }
    }
    self.columns = columns
  }

  /// Where a hyperparameter of the trial stands that is at a place among the study's; nil where it has no value.
  func position(of parameter: Int, ofTrialAt place: Int) -> Double? {
    let position = columns[parameter][place]
    return position.isNaN ? nil : Double(position)
  }
}
