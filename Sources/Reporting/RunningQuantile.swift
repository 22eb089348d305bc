internal import HeapModule

/// The largest of the lowest 1/n of numbers that come one after the other. O(log n) a number.
package struct RunningQuantile: Sendable {
  private let divisor: Int
  private var low = Heap<Double>()
  private var high = Heap<Double>()

  /// - Parameter divisor: n; 2 makes it the lower median.
  package init(lowest divisor: Int) { self.divisor = divisor }

  package var count: Int { low.count + high.count }
  /// The lowest of all.
  package var minimum: Double? { low.min ?? high.min }
  /// Nil while there are fewer numbers than n.
  package var value: Double? { low.max }

  package mutating func add(_ number: Double) {
    if let bound = low.max, number < bound { low.insert(number) } else { high.insert(number) }
    let wanted = count / divisor
    while low.count > wanted, let most = low.popMax() { high.insert(most) }
    while low.count < wanted, let least = high.popMin() { low.insert(least) }
  }
}
