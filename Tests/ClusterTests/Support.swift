import Search
import Synchronization

/// Keeps what a study tells the person who watches it.
final class RecordingObserver: StudyObserver {
  private(set) var warnings: [String] = []
  private(set) var progressCalls = 0
  private(set) var lastCallWasTheEnd = false

  func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) {
    progressCalls += 1
    lastCallWasTheEnd = isOver
  }

  func warn(_ message: String) { warnings.append(message) }
}

/// A number that several threads count up.
final class Counter: Sendable {
  private let number = Mutex(0)
  var value: Int { number.withLock { $0 } }
  func increment() { number.withLock { $0 += 1 } }
}
