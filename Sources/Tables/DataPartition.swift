package import Randomness

/// Which rows are for training, for validation and for the final test.
struct DataPartition: Equatable {
  /// Row numbers, ascending.
  var train: [Int] = []
  var validation: [Int] = []
  var test: [Int] = []

  /// Divides rows at random.
  ///
  /// Each stratum is shuffled by a stream of random numbers of its own and then cut, so that each part holds every stratum in
  /// proportion, to within one row; the parts' whole sizes are exact, too, but for strata too small to be cut: at least
  /// one row of each is for training.
  ///
  /// - Parameters:
  ///   - strata: the rows of each class; all rows at once where there are no classes.
  /// - Complexity: O(rows · log rows).
  init(strata: [[Int]], validationFraction: Double, testFraction: Double, seed: UInt64) {
    var seen = 0
    for (index, rows) in strata.enumerated() where !rows.isEmpty {
      var order = rows
      var generator = CounterGenerator(seed: seed, purpose: .dataSplit, index: UInt64(index))
      order.shuffle(by: &generator)
      seen += rows.count
      // The shares are rounded cumulatively: what one stratum lacks, the next one makes up for.
      func wanted(_ fraction: Double, _ already: Int) -> Int {
        let share = Double(rows.count) * fraction
        let due = Int((Double(seen) * fraction).rounded()) - already
        return min(max(due, Int(share.rounded(.down))), Int(share.rounded(.up)))
      }
      let testCount = min(wanted(testFraction, test.count), rows.count - 1)
      let validationCount = min(wanted(validationFraction, validation.count), rows.count - 1 - testCount)
      test += order[..<testCount]
      validation += order[testCount..<(testCount + validationCount)]
      train += order[(testCount + validationCount)...]
    }
    train.sort()
    validation.sort()
    test.sort()
  }
}

extension Array {
  /// Fisher–Yates. The standard library's `shuffle` doesn't promise the same order in its next release.
  package mutating func shuffle(by generator: inout CounterGenerator) {
    var last = count - 1
    while last > 0 {
      swapAt(last, Int(generator.next().multipliedFullWidth(by: UInt64(last + 1)).high))
      last -= 1
    }
  }
}
