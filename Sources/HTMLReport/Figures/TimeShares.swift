internal import TuningTypes

/// What the workers' time went into, in all or in a part of it; seconds summed over the workers.
struct TimeShares: Sendable, Equatable {
  var training = 0.0
  /// From a job's dispatch to the beginning of its training: messages, checkpoints, programs that start.
  var overhead = 0.0
  /// Jobs that failed, and those that were cut off by the end of a run.
  var lost = 0.0
  /// Jobs that are out at the journal's end.
  var open = 0.0
  /// All the time that the workers were there.
  var total = 0.0

  var idle: Double { max(0, total - training - overhead - lost - open) }

  /// A part of `total`; 0 where there is none.
  func share(_ part: KeyPath<TimeShares, Double>) -> Double { total > 0 ? self[keyPath: part] / total : 0 }
}

extension WorkerTimeline {
  /// The time from 0 to `end` in equal parts, and what it went into. O(intervals + parts × workers).
  func shares(until end: Double, parts count: Int) -> [TimeShares] {
    guard end > 0, count > 0 else { return [] }
    var parts = [TimeShares](repeating: TimeShares(), count: count)
    let width = end / Double(count)
    func add(_ start: Double, _ stop: Double, to kind: WritableKeyPath<TimeShares, Double>) {
      guard stop > start else { return }
      var part = max(0, min(Int(start / width), count - 1))
      let last = min(Int(stop / width), count - 1)
      while part <= last {
        let (low, high) = (Double(part) * width, part == count - 1 ? end : Double(part + 1) * width)
        parts[part][keyPath: kind] += max(0, min(stop, high) - max(start, low))
        part += 1
      }
    }
    for interval in intervals {
      switch interval.ending {
      case .completed:
        let begin = interval.end - Double(interval.training)
        add(interval.start, begin, to: \.overhead)
        add(begin, interval.end, to: \.training)
      case .failed, .cutOff: add(interval.start, interval.end, to: \.lost)
      case .open: add(interval.start, interval.end, to: \.open)
      }
    }
    for part in parts.indices {
      parts[part].total = workerSeconds(from: Double(part) * width, to: Double(part + 1) * width)
    }
    return parts
  }

  /// What all the time until `end` went into.
  func shares(until end: Double) -> TimeShares { shares(until: end, parts: 1).first ?? TimeShares() }

  /// So many results, in equal parts of the time.
  func results(until end: Double, parts count: Int) -> [Int] {
    var results = [Int](repeating: 0, count: count)
    guard end > 0 else { return results }
    for interval in intervals where interval.ending == .completed {
      results[min(Int(interval.end / end * Double(count)), count - 1)] += 1
    }
    return results
  }
}
