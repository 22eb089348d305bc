internal import Journal
internal import TuningTypes

/// A resource that trials are judged at, with all that reached it: rungs of the same resource count together, whatever their brackets.
struct Level: Sendable {
  let resource: Resource
  /// Of each result the trial, as its place among the study's; in the order in which they came.
  fileprivate(set) var trials: [Int32] = []
  fileprivate(set) var losses: [Double] = []
  /// Seconds since the study began.
  fileprivate(set) var times: [Float] = []
  /// Trials that went on from here.
  fileprivate(set) var promoted = 0
  fileprivate(set) var failed = 0
  /// Jobs that are out.
  fileprivate(set) var running = 0

  var count: Int { losses.count }

  /// Makes room for so many more.
  fileprivate mutating func reserve(_ more: Int) {
    trials.reserveCapacity(trials.capacity + more)
    losses.reserveCapacity(losses.capacity + more)
    times.reserveCapacity(times.capacity + more)
  }
}

/// Results in the order in which they came, before it is known what the levels are.
struct Arrivals: Sendable {
  private var numbers = RungNumbers()
  private var key: [UInt16] = []
  private var trial: [Int32] = []
  private var loss: [Double] = []
  private var time: [Float] = []

  /// A number for a rung of a bracket.
  mutating func number(of key: StudyHistory.RungKey) -> UInt16 { UInt16(clamping: numbers.number(of: key)) }

  mutating func add(_ number: UInt16, trial place: Int, _ value: Loss, at seconds: Double) {
    key.append(number)
    trial.append(Int32(clamping: place))
    loss.append(value.value)
    time.append(Float(seconds))
  }

  /// The levels, the lowest first, and which of them each number of a rung belongs to.
  func levels(of history: StudyHistory) -> (levels: [Level], numbers: [Int]) {
    let rungs = history.rungs
    let resources = Set(rungs.values.map(\.resource)).filter { $0 > 0 }.sorted()
    var levels = resources.map { Level(resource: $0) }
    let place = { (rung: StudyHistory.RungKey) in
      rungs[rung].flatMap { resources.firstIndex(of: $0.resource) }
    }
    for (rung, counts) in rungs {
      guard let level = place(rung) else { continue }
      levels[level].promoted += counts.promoted
      levels[level].failed += counts.failed
    }
    for job in history.runningJobs { if let level = place(history.currentKey(of: job)) { levels[level].running += 1 } }
    let numbers = numbers.keys.map { place($0) ?? 0 }
    guard !levels.isEmpty else { return (levels, numbers) }
    for (rung, counts) in rungs { if let level = place(rung) { levels[level].reserve(counts.losses.count) } }
    for index in key.indices {
      let level = numbers[Int(key[index])]
      levels[level].trials.append(trial[index])
      levels[level].losses.append(loss[index])
      levels[level].times.append(time[index])
    }
    return (levels, numbers)
  }
}
