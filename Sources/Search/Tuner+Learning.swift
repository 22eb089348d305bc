internal import SearchSpace
internal import SuccessiveHalving
internal import TuningTypes

// Models that are made beside the search.

extension Tuner {
  /// Whether the next configuration waits for a model, because nothing else runs that would be kept waiting; asks for one where the
  /// sampler wants it, and none is in the making.
  ///
  /// So a study with one worker learns from every result, however long that takes.
  ///
  /// - Complexity: O(trials in the rungs) where the sampler wants a model, for a look at what comes next; else O(1).
  mutating func waitsForModel(into actions: inout [Action]) -> Bool {
    let number = trials.count - plan.startWith.count
    guard learnsBesideSearch, canStart, number >= 0 else { return false }
    guard !modelIsInMaking || runningCount == 0 else { return false }
    guard let request = learner?.modelRequest(for: number), nextIsNewTrial else { return false }
    if !modelIsInMaking {
      modelIsInMaking = true
      actions.append(.learn(request))
    }
    return runningCount == 0
  }

  /// Whether the scheduler would begin a trial next.
  private var nextIsNewTrial: Bool {
    var tuner = self
    return tuner.nextAssignment(canStart: canStart)?.isNewTrial ?? false
  }

  mutating func learn(_ answer: ModelAnswer, at time: Double, into actions: inout [Action]) {
    guard modelIsInMaking else { return }
    modelIsInMaking = false
    guard phase == .searching else { return }
    learner?.learned(answer)
    record(.model(answer, time: time), into: &actions)
  }

  /// Tells, once, that most configurations have to be found without the model.
  mutating func tellOfLateModel(into actions: inout [Action]) {
    guard case .gp = plan.sampler, !lateModelIsTold, let lateness = learner?.lateness, lateness.isTooLate
    else { return }
    lateModelIsTold = true
    actions.append(
      .warn(
        "the Gaussian process was not ready for \(lateness.late) of \(lateness.wanted) configurations, which came from densities (kde) "
          + "instead: 'sampler: {kind: kde}' suits so many workers, or so short jobs, better"))
  }
}
