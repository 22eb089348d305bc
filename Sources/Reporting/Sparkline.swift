internal import Journal
internal import Search
internal import StudyFile
internal import TuningTypes

/// A row of bars, a character each.
package struct Sparkline: Hashable, Sendable {
  static let blocks: [Character] = Array("▁▂▃▄▅▆▇█")
  /// The same where there are no blocks; each is darker than the one before.
  static let letters: [Character] = Array("_.:-=+*#")

  package let text: String

  /// - Parameters:
  ///   - values: a bar each; nil leaves its place empty.
  ///   - range: what the lowest and the highest bar stand for; nil: the least and the most of the values.
  package init(_ values: [Double?], range: ClosedRange<Double>? = nil) {
    let known = values.compactMap { $0 }.filter(\.isFinite)
    let (low, high) = (range?.lowerBound ?? known.min() ?? 0, range?.upperBound ?? known.max() ?? 0)
    text = String(
      values.map { value in
        guard let value, value.isFinite else { return " " }
        guard high > low else { return Self.blocks[range == nil ? 0 : Self.blocks.count - 1] }
        let share = max(0, min(1, (value - low) / (high - low)))
        return Self.blocks[min(Self.blocks.count - 1, Int(share * Double(Self.blocks.count)))]
      })
  }
}

extension StatusReport {
  /// The best value of the metric over the study's time, on a logarithmic scale where values are far apart.
  func bestSparkline(width: Int) -> Sparkline? {
    guard elapsed > 0, !history.improvements.isEmpty else { return nil }
    var values: [Double?] = []
    var next = history.improvements.startIndex
    var current: Double?
    for column in 0..<width {
      let end = elapsed * Double(column + 1) / Double(width)
      while next < history.improvements.count, history.improvements[next].time <= end {
        current = metric(history.improvements[next].loss.value)
        next += 1
      }
      values.append(current)
    }
    // Rounding may leave the last one out.
    if let last = history.improvements.last { values[width - 1] = metric(last.loss.value) }
    let known = values.compactMap { $0 }
    if let low = known.min(), let high = known.max(), low > 0, high > 10 * low {
      return Sparkline(values.map { $0.map { Self.logarithm($0) } })
    }
    return Sparkline(values)
  }

  /// How long workers had jobs, those that run counted up to now.
  private var busy: Timeline {
    var busy = history.busy
    for job in history.runningJobs { busy.add(from: job.start, to: elapsed) }
    return busy
  }

  /// The share of the workers' time in which they had jobs: training, and the ways to it and from it.
  var busyShare: Double {
    let available = history.workerSeconds(from: 0, to: elapsed)
    return available > 0 ? min(1, busy.amount(from: 0, to: elapsed, until: elapsed) / available) : 0
  }

  /// The share of the workers that had jobs, over the study's time.
  func busySparkline(width: Int) -> Sparkline? {
    guard elapsed > 0, !history.jobs.isEmpty else { return nil }
    let busy = busy
    let shares = (0..<width).map { column -> Double? in
      let (start, end) = (elapsed * Double(column) / Double(width), elapsed * Double(column + 1) / Double(width))
      let available = history.workerSeconds(from: start, to: end)
      return available > 0 ? busy.amount(from: start, to: end, until: elapsed) / available : nil
    }
    return Sparkline(shares, range: 0...1)
  }
}
