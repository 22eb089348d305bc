package import TuningTypes

/// Which workers are there: notices those that have fallen silent, and those that come back.
///
/// Every worker says something every ``heartbeatInterval`` seconds, if only that it lives. One that has not for the
/// timeout is given up, and its job goes elsewhere; when it speaks again (its node was frozen, or swapping) it has to let go
/// of that job, and is welcome.
package struct WorkerWatch {
  /// What is to be done about a message.
  package enum Verdict: Hashable, Sendable {
    /// It is one like any other.
    case take
    /// It says nothing that the tuner should know.
    case ignore
    /// Its sender was given up, and still works on this job, which is another's now.
    case interrupt(JobID)
    /// Its sender was given up, and is free.
    case welcomeBack
  }

  private enum Standing: Hashable { case present, silent, lost }

  private struct Record {
    var standing = Standing.present
    var heard: Double
    var job: JobID?
  }

  /// Seconds between two signs of life of a worker.
  package static let heartbeatInterval = 1.0

  private let timeout: Double
  private var records: [Record]
  private var lastLook: Double

  /// - Parameters:
  ///   - timeout: seconds of silence after which a worker is given up; nil for never.
  ///   - time: now, in seconds of the study, as everywhere here.
  package init(workers: Int, timeout: Double?, at time: Double) {
    self.timeout = timeout ?? .infinity
    records = Array(repeating: Record(heard: time), count: workers)
    lastLook = time
  }

  /// No worker is left that could train.
  package var nobodyIsLeft: Bool { !records.contains { $0.standing == .present } }

  /// Some worker has been given up, and has not come back.
  package var someAreSilent: Bool { records.contains { $0.standing == .silent } }

  package mutating func dispatched(_ job: JobID, to worker: WorkerID) { records[worker.rawValue].job = job }

  /// Takes note of a message.
  package mutating func hear(_ message: WorkerMessage, from worker: WorkerID, at time: Double) -> Verdict {
    var record = records[worker.rawValue]
    defer { records[worker.rawValue] = record }
    record.heard = time
    let hasEnded =
      switch message {
      case .ready, .result, .failure, .interrupted, .placeFault: true
      case .warning, .report, .alive, .meet: false
      }
    if hasEnded { record.job = nil }
    switch (record.standing, message) {
    case (.present, .alive): return .ignore
    case (.present, _): return .take
    case (.lost, _): return .ignore
    case (.silent, .warning): return .take
    case (.silent, _):
      if let job = record.job { return .interrupt(job) }
      record.standing = .present
      return .welcomeBack
    }
  }

  /// The workers that have been silent for too long, each once.
  ///
  /// If nobody looked for long, it was the driver that stood still, and all of them get another chance.
  package mutating func newlySilent(at time: Double) -> [WorkerID] {
    defer { lastLook = time }
    guard timeout.isFinite else { return [] }
    if time - lastLook > timeout / 2 {
      for index in records.indices { records[index].heard = time }
      return []
    }
    var silent: [WorkerID] = []
    for index in records.indices where records[index].standing == .present && time - records[index].heard > timeout {
      records[index].standing = .silent
      silent.append(WorkerID(index))
    }
    return silent
  }

  /// The worker's rank has died. False if that was known.
  package mutating func lose(_ worker: WorkerID) -> Bool {
    defer { records[worker.rawValue].standing = .lost }
    return records[worker.rawValue].standing != .lost
  }
}
