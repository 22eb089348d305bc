internal import SuccessiveHalving
internal import TuningTypes

/// Near the end of its time a study starts nothing that would be in vain.
extension Tuner {
  /// When a study has to end, by its own time.
  public struct Deadline: Hashable, Sendable {
    /// Seconds since the study began.
    public var time: Double
    /// Whether what runs then is kept: it checkpoints, and goes on when the study is resumed.
    public var isResumed: Bool

    public init(time: Double, isResumed: Bool) {
      self.time = time
      self.isResumed = isResumed
    }
  }

  /// Finds out, now and then, how much a job may train that has to end before the deadline; records a change.
  ///
  /// What a unit of resource takes is the mean over all results so far. A job that is resumed later has to reach its next
  /// checkpoint, a unit away; any other has to finish. The limit is one of the ladder's own steps, so that it changes, and
  /// is told, a few times in all.
  ///
  /// - Complexity: O(rungs).
  mutating func lookAtDeadline(at time: Double, into actions: inout [Action]) {
    guard phase == .searching, let deadline, counts.trainedUnits > 0 else { return }
    let units = (deadline.time - time) / (counts.trainingSeconds / counts.trainedUnits)
    var limit: Resource?
    if deadline.isResumed {
      if units < 1 { limit = 0 }
    } else {
      let steps = ladderSteps
      if let largest = steps.max(), Double(largest.rawValue) > units {
        limit = steps.filter { Double($0.rawValue) <= units }.max() ?? 0
      }
    }
    guard limit != longestJob else { return }
    longestJob = limit
    record(.horizon(limit, time: time), into: &actions)
  }

  /// What jobs train, from the lowest rung of a bracket or from the one below.
  private var ladderSteps: [Resource] {
    scheduler.brackets.flatMap { bracket in
      let resources = bracket.rungs.map(\.resource.rawValue)
      return zip(resources, [0] + resources).map { Resource($0 - $1) }
    }
  }

  /// Whether an assignment may still start.
  func isWithinHorizon(_ assignment: Assignment) -> Bool { longestJob.map { assignment.cost <= $0 } ?? true }

  /// Whether nothing is left to do only because there is not the time for what could be done.
  var isOutOfTime: Bool {
    guard longestJob != nil else { return false }
    guard hasNoJobs else { return true }
    return hasMoreToTrain
  }
}
