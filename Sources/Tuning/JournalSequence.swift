internal import TuningTypes

/// What the lines of a journal must be by their order alone, whatever the study is: the damage that no single line shows.
struct JournalSequence {
  /// Below this the workers of the run that is being read are numbered.
  private var workers = 0
  private(set) var time = 0.0
  /// Why the study stopped, if nothing has come after.
  private(set) var stopped: StopReason?
  private var hasHeader = false

  /// More ranks than any machine has: a journal that claims more is damaged, and must not cost the memory for them.
  private static let mostWorkers = 1 << 20

  /// Takes the next event.
  ///
  /// - Throws: ``ReplayError`` where it could not follow the ones before.
  mutating func take(_ event: JournalEvent) throws(ReplayError) {
    if case .study(let header) = event {
      guard !hasHeader else { throw ReplayError(problem: "a second header: two journals in one file?") }
      hasHeader = true
      workers = try count(header["workers"]?.integer ?? Self.mostWorkers)
      return
    }
    guard event.time >= time else {
      throw ReplayError(problem: "time goes back from \(time) to \(event.time) seconds")
    }
    time = event.time
    if case .resume(_, let workers, _) = event {
      self.workers = try count(workers ?? Self.mostWorkers)
      stopped = nil
      return
    }
    guard stopped == nil else {
      throw ReplayError(problem: "the study had stopped, and nothing says that it was resumed")
    }
    switch event {
    case .dispatch(_, let worker, _):
      guard worker.rawValue < workers else {
        throw ReplayError(problem: "there is no worker \(worker): the study ran on \(workers)")
      }
    case .stop(let reason, _): stopped = reason
    // Results and failures come from workers that have had a job.
    case .result, .failure, .horizon, .study, .resume: break
    }
  }

  private func count(_ workers: Int) throws(ReplayError) -> Int {
    guard (1...Self.mostWorkers).contains(workers) else { throw ReplayError(problem: "\(workers) workers cannot be") }
    return workers
  }
}
