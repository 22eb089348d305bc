internal import Search
internal import TuningTypes

/// How the best loss so far fell.
struct IncumbentPath: Sendable {
  /// A trial was better than all before it.
  struct Step: Sendable {
    let trial: TrialID
    let resource: Resource
    let loss: Double
    /// Seconds since the study began.
    let time: Double
    /// Units of resource that had been trained by then.
    let units: Double
    /// Trials that had begun by then.
    let trials: Int
  }

  private(set) var steps: [Step] = []

  mutating func consider(
    _ trial: TrialID, at resource: Resource, _ loss: Loss, time: Double, units: Double, trials: Int
  ) {
    guard loss.isFinite, steps.last.map({ loss.value < $0.loss }) ?? true else { return }
    steps.append(Step(trial: trial, resource: resource, loss: loss.value, time: time, units: units, trials: trials))
  }

  /// The best loss at a time; nil before the first.
  func loss(at value: Double, of axis: KeyPath<Step, Double>) -> Double? {
    var (low, high) = (0, steps.count)
    while low < high {
      let middle = (low + high) / 2
      if steps[middle][keyPath: axis] <= value { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? steps[low - 1].loss : nil
  }
}
