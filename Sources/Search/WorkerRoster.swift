internal import TuningTypes

/// The workers of a search: who is absent, idle, busy with which job, set aside or lost.
///
/// A worker is a number that takes one job at a time. How many processes stand behind it is nobody's business here.
struct WorkerRoster: Sendable {
  private enum State: Hashable, Sendable {
    case absent
    case idle
    case running
    case setAside
    case lost

    var isInService: Bool {
      switch self {
      case .idle, .running: true
      case .absent, .setAside, .lost: false
      }
    }
  }

  private struct Record: Sendable {
    var state = State.absent
    /// The job in flight, while the worker is running.
    var job: JobRecord?
    var failuresInARow = 0
    /// The study's successes when this worker's run of failures began.
    var successesBefore = 0
  }

  private var records: [Record] = []
  /// Workers that wait for a job, the lowest number first.
  private(set) var idle: [WorkerID] = []
  /// How many workers have a job at this moment.
  private(set) var runningCount = 0
  /// How many workers the study can count on: those that wait, and those that have a job.
  private(set) var inServiceCount = 0
  private var successes = 0
  /// Whether a worker is there for one job only. None of them waits, and none is set aside.
  var serveOnce = false

  /// After so many failed jobs in a row a worker is set aside, if others succeed meanwhile.
  static let failuresBeforeSetAside = 5

  /// How many workers there have been.
  var count: Int { records.count }
}

// MARK: - Coming and going

extension WorkerRoster {
  /// A worker asks for a job that has none.
  mutating func arrive(_ worker: WorkerID) {
    makeRecord(of: worker)
    guard [.absent, .lost].contains(records[worker.rawValue].state) else { return }
    records[worker.rawValue].failuresInARow = 0
    set(worker, .idle)
  }

  /// A worker is gone, maybe before it has said a word.
  ///
  /// - Returns: whether that is news, and the job that it had.
  mutating func lose(_ worker: WorkerID) -> (isNews: Bool, job: JobRecord?) {
    makeRecord(of: worker)
    guard records[worker.rawValue].state != .lost else { return (false, nil) }
    let job = records[worker.rawValue].job
    set(worker, .lost)
    return (true, job)
  }

  /// Sends away who has no job, where workers serve once.
  mutating func dismissOneJobWorkers() {
    guard serveOnce else { return }
    for worker in idle { set(worker, .absent) }
  }

  /// Forgets all workers.
  ///
  /// - Returns: the jobs that they had. O(workers).
  mutating func removeAll() -> [JobRecord] {
    let jobs = records.compactMap(\.job)
    records = []
    idle = []
    runningCount = 0
    inServiceCount = 0
    return jobs
  }

  private mutating func makeRecord(of worker: WorkerID) {
    while records.count <= worker.rawValue { records.append(Record()) }
  }
}

// MARK: - Jobs

extension WorkerRoster {
  /// The job that a worker has.
  func job(on worker: WorkerID) -> JobRecord? {
    worker.rawValue < records.count ? records[worker.rawValue].job : nil
  }

  /// The job of that number, where the worker has it in flight.
  func job(_ id: JobID, on worker: WorkerID) -> JobRecord? {
    guard let record = job(on: worker), record.id == id else { return nil }
    return record
  }

  /// The jobs in flight, in the order of their workers. O(workers).
  var running: [(worker: WorkerID, job: JobRecord)] {
    records.enumerated().compactMap { number, record in record.job.map { (WorkerID(number), $0) } }
  }

  func isIdle(_ worker: WorkerID) -> Bool { records[worker.rawValue].state == .idle }

  /// The lowest number below `limit` that has no job, other than `other` if there is such a one.
  func free(below limit: Int, otherThan other: WorkerID?) -> WorkerID? {
    let free = (0..<limit).lazy.map { WorkerID($0) }.filter { job(on: $0) == nil }
    return free.first { $0 != other } ?? free.first
  }

  mutating func begin(_ job: JobRecord, on worker: WorkerID) { set(worker, .running, job: job) }

  /// The worker's job is in flight to another rung.
  mutating func replaceJob(on worker: WorkerID, by job: JobRecord) { records[worker.rawValue].job = job }

  /// Takes the job off its worker, which becomes idle; nil where the two do not belong together.
  mutating func end(_ id: JobID, on worker: WorkerID) -> JobRecord? {
    guard let record = job(id, on: worker) else { return nil }
    set(worker, .idle)
    return record
  }

  private mutating func set(_ worker: WorkerID, _ state: State, job: JobRecord? = nil) {
    let was = records[worker.rawValue].state
    records[worker.rawValue].state = state
    records[worker.rawValue].job = job
    inServiceCount += (state.isInService ? 1 : 0) - (was.isInService ? 1 : 0)
    runningCount += (state == .running ? 1 : 0) - (was == .running ? 1 : 0)
    if was == .idle { removeFromIdle(worker) }
    if state == .idle { addToIdle(worker) }
  }

  // Most often there is no other than the worker that has just ended a job, and both are done at the end of the list.

  private mutating func addToIdle(_ worker: WorkerID) {
    guard let last = idle.last, worker < last else { return idle.append(worker) }
    idle.insert(worker, at: idle.firstIndex { worker < $0 } ?? idle.endIndex)
  }

  private mutating func removeFromIdle(_ worker: WorkerID) {
    if idle.last == worker {
      idle.removeLast()
    } else if let at = idle.firstIndex(of: worker) {
      idle.remove(at: at)
    }
  }
}

// MARK: - Quarantine

extension WorkerRoster {
  /// Whether any job has come to a result, or reported at a rung.
  var hasSucceeded: Bool { successes > 0 }

  /// A job of the worker's has come to a result, or reported at a rung.
  mutating func noteSuccess(of worker: WorkerID) {
    successes += 1
    records[worker.rawValue].failuresInARow = 0
  }

  /// A job of the worker's has failed, perhaps by its fault.
  ///
  /// - Returns: whether it is set aside for that: its jobs fail one after the other while others succeed.
  mutating func noteFailure(of worker: WorkerID) -> Bool {
    let record = records[worker.rawValue]
    guard !serveOnce, record.state.isInService else { return false }
    if record.failuresInARow == 0 { records[worker.rawValue].successesBefore = successes }
    records[worker.rawValue].failuresInARow += 1
    guard records[worker.rawValue].failuresInARow >= Self.failuresBeforeSetAside,
      successes > records[worker.rawValue].successesBefore, inServiceCount > 1
    else { return false }
    set(worker, .setAside)
    return true
  }

  /// Takes back those that were set aside, where no other is left: a worker that fails is better than none.
  ///
  /// - Returns: who they are.
  mutating func recallIfAlone() -> [WorkerID] {
    guard inServiceCount == 0 else { return [] }
    let recalled = records.indices.filter { records[$0].state == .setAside }.map { WorkerID($0) }
    for worker in recalled {
      records[worker.rawValue].failuresInARow = 0
      set(worker, .idle)
    }
    return recalled
  }
}
