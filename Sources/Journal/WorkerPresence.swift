/// The time that workers were there for, over the runs of a study, each of which may have another number of them.
package struct WorkerPresence: Hashable, Sendable {
  /// How many there are now.
  package private(set) var workers: Int
  /// Of the runs that have ended.
  private var seconds = 0.0
  /// When the run that lasts began.
  private var since = 0.0

  /// - Parameter workers: how many the study begins with.
  package init(workers: Int) { self.workers = workers }

  /// The study goes on, with another number of workers if that is said.
  package mutating func resume(at time: Double, workers: Int?) {
    seconds = seconds(until: time)
    since = time
    self.workers = workers ?? self.workers
  }

  /// The workers' time in seconds up to `time`.
  package func seconds(until time: Double) -> Double { seconds + max(0, time - since) * Double(workers) }
}
