internal import Search
internal import Text
internal import TuningTypes

/// What the lines of a journal must be by their order alone, whatever the study is: the damage that no single line shows.
struct JournalSequence {
  /// Below this the workers of the run that is being read are numbered.
  private var workers: Int
  private(set) var time = 0.0
  /// Why the study stopped, if nothing has come after.
  private(set) var stopped: StopReason?

  /// More ranks than any machine has: a journal that claims more is damaged, and must not cost the memory for them.
  private static let mostWorkers = 1 << 20

  /// - Parameter header: the journal's first line.
  /// - Throws: ``ReplayError`` where it claims what cannot be.
  init(after header: JSONValue) throws(ReplayError) {
    workers = try Self.count(header["workers"]?.integer ?? Self.mostWorkers)
  }

  /// Takes the next record.
  ///
  /// - Throws: ``ReplayError`` where it could not follow the ones before.
  mutating func take(_ event: SearchRecord) throws(ReplayError) {
    guard event.time >= time else {
      throw ReplayError(problem: "time goes back from \(time) to \(event.time) seconds")
    }
    time = event.time
    if case .resume(_, let workers, _, _) = event {
      self.workers = try Self.count(workers ?? Self.mostWorkers)
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
    case .result, .report, .failure, .horizon, .model, .resume: break
    }
  }

  private static func count(_ workers: Int) throws(ReplayError) -> Int {
    guard (1...mostWorkers).contains(workers) else { throw ReplayError(problem: "\(workers) workers cannot be") }
    return workers
  }
}
