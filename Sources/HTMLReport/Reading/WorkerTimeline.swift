internal import Search
internal import TuningTypes

/// What each worker did when: an interval for every time that a job went out, also those that failed or were cut off.
struct WorkerTimeline: Sendable {
  enum Ending: UInt8, Sendable {
    case completed = 0
    case failed
    /// The run ended while it trained, and another began.
    case cutOff
    /// The journal ends while it trains.
    case open
  }

  struct Interval: Sendable {
    /// Seconds since the study began.
    var start: Double
    var end: Double
    /// Seconds of it that the trainer took, at its end; of one that is no result nothing is known.
    var training: Float
    var worker: Int32
    var trial: Int32
    /// Which of ``keys`` it was for.
    var key: UInt16
    var ending: Ending
  }

  /// The workers of a run.
  struct Crew: Sendable {
    /// Seconds since the study began.
    var start: Double
    var workers: Int
    /// The host of each worker, by its number; empty where hosts are unknown.
    var hosts: [String]
    /// Which of the intervals is the run's first.
    fileprivate var firstInterval = 0
  }

  private(set) var intervals: [Interval] = []
  private(set) var crews: [Crew]
  /// Which interval of a worker is open; -1 where none is.
  private var open: [Int32] = []

  /// More than any machine has: a damaged journal must not cost the memory for them.
  private static let mostWorkers = 1 << 20

  init(workers: Int, hosts: [String] = []) { crews = [Crew(start: 0, workers: workers, hosts: hosts)] }

  mutating func begin(_ job: Job, key: UInt16, worker: WorkerID, at time: Double) {
    guard (0..<Self.mostWorkers).contains(worker.rawValue) else { return }
    while open.count <= worker.rawValue { open.append(-1) }
    end(worker, at: time, .cutOff)
    open[worker.rawValue] = Int32(clamping: intervals.count)
    intervals.append(
      Interval(
        start: time, end: time, training: 0, worker: Int32(worker.rawValue), trial: Int32(clamping: job.trial.rawValue),
        key: key, ending: .open))
  }

  mutating func end(_ worker: WorkerID, at time: Double, _ ending: Ending, training: Double = 0, key: UInt16? = nil) {
    guard open.indices.contains(worker.rawValue), case let place = Int(open[worker.rawValue]), place >= 0 else {
      return
    }
    open[worker.rawValue] = -1
    intervals[place].end = max(intervals[place].start, time)
    intervals[place].ending = ending
    let length = intervals[place].end - intervals[place].start
    intervals[place].training = Float(min(max(0, training.isFinite ? training : 0), length))
    if let key { intervals[place].key = key }
  }

  /// The run has ended, and another begins.
  mutating func resume(at time: Double, workers: Int?, hosts: [String]) {
    endAll(at: time, .cutOff)
    crews.append(
      Crew(
        start: time, workers: workers ?? crews[crews.count - 1].workers, hosts: hosts, firstInterval: intervals.count))
  }

  /// Each crew, by its number, with its intervals.
  var crewsWithIntervals: some Sequence<(crew: Int, intervals: ArraySlice<Interval>)> {
    crews.indices.lazy.map { crew in
      let end = crew + 1 < crews.count ? crews[crew + 1].firstInterval : intervals.count
      return (crew, intervals[crews[crew].firstInterval..<end])
    }
  }

  /// Nothing more is known of what is still open.
  mutating func endAll(at time: Double, _ ending: Ending) {
    for worker in open.indices where open[worker] >= 0 { end(WorkerID(worker), at: time, ending) }
  }

  /// How many workers there were at most.
  var workers: Int { max(open.count, 1) }

  /// The time of the workers on a host in seconds.
  func seconds(on host: String, until end: Double) -> Double {
    crews.indices.reduce(0) { sum, crew in
      let last = crew + 1 < crews.count ? crews[crew + 1].start : end
      return sum + max(0, last - crews[crew].start) * Double(crews[crew].hosts.count { $0 == host })
    }
  }

  /// The workers' time in seconds, between two times.
  func workerSeconds(from start: Double, to end: Double) -> Double {
    var sum = 0.0
    for (index, crew) in crews.enumerated() {
      let last = index + 1 < crews.count ? crews[index + 1].start : .infinity
      sum += max(0, min(end, last) - max(start, crew.start)) * Double(crew.workers)
    }
    return sum
  }
}
