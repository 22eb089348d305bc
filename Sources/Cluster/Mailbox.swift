/// A queue between two threads of a process.
// @unchecked: every access to the queue is under the condition's lock.
package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  private let condition = SystemCondition()
  private var elements: [Element] = []
  private var first = 0

  package init() {}

  package func put(_ element: sending Element) {
    condition.lock()
    elements.append(element)
    condition.unlock()
    // Only now: a thread that wakes up wants the lock, and where cores are few it takes this thread's.
    condition.signal()
  }

  /// Takes the oldest element.
  ///
  /// - Parameter seconds: how long to wait for one; nil returns at once from an empty queue.
  package func take(waiting seconds: Double? = nil) -> Element? {
    condition.lock()
    defer { condition.unlock() }
    if first == elements.count, let seconds {
      // A wake-up without an element returns early, which callers that poll do not mind.
      condition.wait(seconds: seconds)
    }
    guard first < elements.count else { return nil }
    let element = elements[first]
    first += 1
    if first == elements.count {
      elements.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 64, first * 2 >= elements.count {
      // A queue that never runs empty must not grow for ever; half of it at a time, this costs O(1) an element.
      elements.removeFirst(first)
      first = 0
    }
    return element
  }

  /// Waits until there is an element or the time is over; takes nothing.
  package func wait(seconds: Double) {
    condition.lock()
    defer { condition.unlock() }
    if first == elements.count { condition.wait(seconds: seconds) }
  }
}
