internal import Files
internal import Glibc
internal import Synchronization

/// Threads that compute the parts of a phase together with the thread that asks for it.
///
/// Which thread gets a part is chance; what a part computes must not depend on it. Between phases the threads poll for some
/// microseconds and then sleep. They end with the team.
///
/// One thread at a time may ask.
final class ThreadTeam {
  private let board = Board()
  private var helpers: [JoinableThread] = []

  /// How many threads compute a phase, that of the asker counted.
  var size: Int { helpers.count + 1 }

  /// - Parameter size: as ``size``.
  /// - Throws: `SystemError` where the system gives no more threads.
  init(size: Int) throws(SystemError) {
    for number in 1..<max(size, 1) {
      helpers.append(
        try JoinableThread("training-\(number)") { [board] in
          withDenormalsFlushed { board.help(as: number) }
        })
    }
  }

  deinit {
    board.close()
    for place in helpers.indices { helpers[place].join() }
  }

  /// Computes the parts 0 ..< `parts`, each once, and returns when all are there.
  ///
  /// - Parameter body: gets a part, and the number of the thread that computes it, from 0, which no two threads have.
  func run(_ parts: Int, _ body: @escaping @Sendable (_ part: Int, _ thread: Int) -> Void) {
    board.post(parts, body)
    board.computeParts(as: 0)
    board.waitForTheLast()
  }
}

/// What a team works on.
private final class Board: Sendable {
  private struct Phase: Sendable {
    var body: (@Sendable (Int, Int) -> Void)?
    var next = 0
    var count = 0
  }

  private let phase = Mutex(Phase())
  /// Parts that no thread has begun: written under the lock, polled without it.
  private let waiting = Atomic(0)
  /// Parts that are not there yet.
  private let unfinished = Atomic(0)
  private let isClosed = Atomic(false)
  private let arrivals = PollThenSleep()
  private let departures = PollThenSleep()

  func post(_ count: Int, _ body: @escaping @Sendable (Int, Int) -> Void) {
    unfinished.store(count, ordering: .relaxed)
    phase.withLock {
      $0 = Phase(body: body, count: count)
      waiting.store(count, ordering: .sequentiallyConsistent)
    }
    arrivals.wake()
  }

  /// Computes parts until none is left.
  func computeParts(as thread: Int) {
    while let (body, part) = take() {
      body(part, thread)
      if unfinished.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { departures.wake() }
    }
  }

  private func take() -> (@Sendable (Int, Int) -> Void, Int)? {
    phase.withLock { phase in
      guard phase.next < phase.count, let body = phase.body else { return nil }
      phase.next += 1
      waiting.store(phase.count - phase.next, ordering: .sequentiallyConsistent)
      return (body, phase.next - 1)
    }
  }

  func waitForTheLast() {
    departures.wait { unfinished.load(ordering: .sequentiallyConsistent) == 0 }
    // What a phase has computed with is its asker's again.
    phase.withLock { $0 = Phase() }
  }

  func help(as thread: Int) {
    while true {
      arrivals.wait {
        waiting.load(ordering: .sequentiallyConsistent) > 0 || isClosed.load(ordering: .sequentiallyConsistent)
      }
      if isClosed.load(ordering: .sequentiallyConsistent) { return }
      computeParts(as: thread)
    }
  }

  func close() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    arrivals.wake()
  }
}

/// Waits for something that another thread brings about within microseconds, or much later.
private final class PollThenSleep: Sendable {
  private let sleepers = Atomic(0)
  private let semaphore = Semaphore()
  /// Sleeping and being woken take about as long.
  private static let pollingTime = Duration.microseconds(100)

  func wait(until isDue: () -> Bool) {
    let began = ContinuousClock.now
    var polls = 0
    while !isDue() {
      polls += 1
      guard polls.isMultiple(of: 64) else { continue }
      if ContinuousClock.now - began < Self.pollingTime {
        // Where threads outnumber cores, what is waited for needs this one.
        sched_yield()
      } else {
        sleep(until: isDue)
      }
    }
  }

  /// Sleeps until a ``wake()``, unless it is due already.
  private func sleep(until isDue: () -> Bool) {
    sleepers.add(1, ordering: .sequentiallyConsistent)
    // A wake-up that has counted this thread has sent a signal, which is to be taken.
    if isDue(), takesBack() { return }
    semaphore.wait()
  }

  private func takesBack() -> Bool {
    var count = sleepers.load(ordering: .sequentiallyConsistent)
    while count > 0 {
      let (exchanged, original) = sleepers.compareExchange(
        expected: count, desired: count - 1, ordering: .sequentiallyConsistent)
      if exchanged { return true }
      count = original
    }
    return false
  }

  /// Wakes all that sleep, after what they wait for has come about.
  func wake() {
    for _ in 0..<sleepers.exchange(0, ordering: .sequentiallyConsistent) { semaphore.signal() }
  }
}

/// What the parts of a phase found, each in its place.
final class PartResults<Value: Sendable>: Sendable {
  private let values: Mutex<[Value]>

  init(_ count: Int, _ value: Value) { values = Mutex(Array(repeating: value, count: count)) }

  subscript(part: Int) -> Value {
    get { values.withLock { $0[part] } }
    set { values.withLock { $0[part] = newValue } }
  }

  var all: [Value] { values.withLock { $0 } }
}
