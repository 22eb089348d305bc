import Foundation
import Randomness
import Synchronization
import Tuning

func testGenerator(_ seed: Int) -> CounterGenerator {
  CounterGenerator(seed: UInt64(seed), purpose: .synthetic, index: 1 << 41)
}

extension CounterGenerator {
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
  mutating func chance(_ probability: Double) -> Bool { uniform() < probability }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}

/// A folder of a test's own, deleted with the object.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

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
