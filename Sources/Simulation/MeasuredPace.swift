/// How fast a trainer trains, from jobs that it did one after another.
package struct MeasuredPace: Sendable {
  /// A job that was done.
  package struct Job: Sendable {
    /// Units of resource that it trained.
    package let units: Double
    package let seconds: Double

    package init(units: Double, seconds: Double) { (self.units, self.seconds) = (units, seconds) }
  }

  /// Seconds for a unit of resource.
  package let secondsPerUnit: Double
  /// Seconds that every job takes besides, such as to start a program.
  package let secondsPerJob: Double

  /// - Parameters:
  ///   - first: the first job, in which the trainer started.
  ///   - last: a later one.
  ///   - startsWithEachJob: whether it started anew for the last. If so, the two must differ in length to tell starting from
  ///     training; where they don't, starting counts as training.
  package init(first: Job, last: Job, startsWithEachJob: Bool) {
    guard startsWithEachJob else {
      (secondsPerUnit, secondsPerJob) = (last.seconds / last.units, 0)
      return
    }
    if last.units > first.units, last.seconds > first.seconds {
      secondsPerUnit = (last.seconds - first.seconds) / (last.units - first.units)
    } else {
      secondsPerUnit = min(first.seconds / first.units, last.seconds / last.units)
    }
    secondsPerJob = max(0, first.seconds - secondsPerUnit * first.units)
  }
}
