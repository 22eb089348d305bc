internal import Glibc
internal import Reporting

/// An axis of a picture: where a value stands between its two ends, and what is written beside it.
package struct Axis: Sendable {
  package enum Scale: String, Sendable { case linear, log }

  package struct Tick: Sendable {
    /// From 0 at the low end to 1 at the high one.
    package let position: Double
    package let label: String
  }

  package let scale: Scale
  package let low: Double
  package let high: Double
  package let label: String
  package private(set) var ticks: [Tick] = []

  package init(_ low: Double, _ high: Double, scale: Scale = .linear, label: String) {
    (self.low, self.high, self.scale, self.label) = (low, high, scale, label)
    ticks = scale == .log ? logarithmicTicks : linearTicks
  }

  private init(_ low: Double, _ high: Double, label: String, ticks: [Tick]) {
    (self.low, self.high, self.label, self.ticks) = (low, high, label, ticks)
    scale = .linear
  }

  /// Where a value stands; what is outside stands at the end that it has passed.
  package func position(of value: Double) -> Double {
    guard high > low else { return 0.5 }
    guard !value.isNaN else { return 1 }
    let place = { (number: Double) in scale == .log ? log(number) : number }
    let (start, width) = (place(low), place(high) - place(low))
    guard width > 0 else { return 0.5 }
    let share = (place(scale == .log ? max(value, low) : value) - start) / width
    return min(max(share, 0), 1)
  }

  func contains(_ value: Double) -> Bool { value >= low && value <= high }
}

// MARK: - Kinds of axes

extension Axis {
  /// For losses: few that are far off don't press all others into a line.
  ///
  /// It reaches from the best value to the one that 2 % of them exceed, and is logarithmic where that is more than a factor of 15.
  ///
  /// - Parameters:
  ///   - values: those that are not finite count for nothing.
  ///   - isLowBest: whether the best is the lowest.
  package static func robust(_ values: some Collection<Double>, isLowBest: Bool, label: String) -> Axis {
    let stride = max(1, values.count / mostForQuantiles)
    var (best, sorted, place) = (isLowBest ? Double.infinity : -.infinity, [Double](), 0)
    for value in values {
      defer { place += 1 }
      guard abs(value) < mostValue else { continue }
      best = isLowBest ? min(best, value) : max(best, value)
      if place % stride == 0 { sorted.append(value) }
    }
    sorted.sort()
    guard let first = sorted.first, let last = sorted.last else { return Axis(0, 1, label: label) }
    let cut = Int(0.02 * Double(sorted.count - 1))
    var (low, high) = isLowBest ? (best, sorted[sorted.count - 1 - cut]) : (sorted[cut], best)
    if low >= high { (low, high) = (min(first, best), max(last, best)) }
    guard low < high else {
      let margin = low == 0 ? 1 : abs(low) / 2
      return Axis(low - margin, high + margin, label: label)
    }
    // The quotient itself may be more than any number.
    if low > 0, case let width = log(high) - log(low), width > log(15) {
      let margin = exp(0.04 * width)
      let (start, end) = (max(low / margin, .leastNormalMagnitude), min(high * margin, .greatestFiniteMagnitude))
      return Axis(start, end, scale: .log, label: label)
    }
    let margin = (high - low) * 0.05
    return Axis(low >= 0 ? max(0, low - margin) : low - margin, high + margin, label: label)
  }

  private static let mostForQuantiles = 20_000
  /// What is larger is no loss, and the width of a range that ends there could overflow.
  private static let mostValue = 1e150

  /// From 0 to a length of time in seconds.
  package static func time(upTo seconds: Double, label: String = "time since the start") -> Axis {
    let end = seconds.isFinite && seconds > 0 ? seconds : 1
    let steps: [Double] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
    guard end > 6 else {
      return Axis(0, end, label: "\(label), s")
    }
    var step = steps.first { end / $0 <= 6 } ?? 86400
    while end / step > 6 { step *= 2 }
    let ticks = (0...Int(end / step)).map { index in
      Tick(position: Double(index) * step / end, label: duration(Double(index) * step))
    }
    return Axis(0, end, label: label, ticks: ticks)
  }

  /// A round length of time: `30 s`, `5 min`, `2 h`, `1 h 30`, `3 d`.
  private static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds)
    if whole == 0 { return "0" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 {
      return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60):\(whole % 60 < 10 ? "0" : "")\(whole % 60)"
    }
    if whole % 86400 == 0 { return "\(whole / 86400) d" }
    return whole % 3600 == 0 ? "\(whole / 3600) h" : "\(whole / 3600) h \(whole % 3600 / 60)"
  }

  /// From 0 to a number of things.
  static func count(upTo most: Double, label: String) -> Axis { Axis(0, most > 0 ? most : 1, label: label) }
}

// MARK: - Ticks

extension Axis {
  private var linearTicks: [Tick] {
    guard low.isFinite, high.isFinite, high > low else { return [Tick(position: 0.5, label: Wording.short(low))] }
    let step = Self.niceStep((high - low) / 5)
    guard step.isFinite, step > 0 else { return [Tick(position: 0.5, label: Wording.short(low))] }
    let decimals = max(0, Int((-log10(step)).rounded(.up)))
    var ticks: [Tick] = []
    var index = (low / step - 1e-9).rounded(.up)
    while ticks.count < 12, index * step <= high + step * 1e-9 {
      let value = index * step
      let isLong = abs(value) >= 1e6 || decimals > 8
      ticks.append(
        Tick(
          position: position(of: value),
          label: isLong ? Self.scientific(value, step: step) : Wording.decimal(value, decimals)))
      index += 1
    }
    return ticks
  }

  private var logarithmicTicks: [Tick] {
    guard low > 0, high > low else { return linearTicks }
    let (first, last) = (Int(log10(low).rounded(.down)), Int(log10(high).rounded(.up)))
    let span = log10(high) - log10(low)
    let factors: [Double] = span > 2.5 ? [1] : span > 1.2 ? [1, 3] : [1, 2, 5]
    let stride = max(1, Int((span / 6).rounded(.up)))
    var ticks: [Tick] = []
    for exponent in first...last where exponent % stride == 0 {
      for factor in factors {
        let value = factor * pow(10, Double(exponent))
        guard value.isFinite, value >= low * 0.999, value <= high * 1.001 else { continue }
        ticks.append(Tick(position: position(of: value), label: Self.compact(value)))
      }
    }
    return ticks.count >= 2 ? ticks : linearTicks
  }

  private static func niceStep(_ rough: Double) -> Double {
    let magnitude = pow(10, log10(rough).rounded(.down))
    let step = [1, 2, 5, 10].first { $0 * magnitude >= rough * 0.999 } ?? 10
    return step * magnitude
  }

  /// In powers of ten, with the digits that tell it from its neighbours.
  private static func scientific(_ value: Double, step: Double) -> String {
    guard value != 0, abs(value) > step / 2 else { return "0" }
    let exponent = Int(log10(abs(value) * 1.000001).rounded(.down))
    let decimals = max(0, exponent - Int((log10(step) * 1.000001).rounded(.down)))
    return "\(trimmed(value / pow(10, Double(exponent)), min(decimals + 1, 14)))e\(exponent)"
  }

  /// A round number with few characters: `0.001`, `1e-5`, `200`, `50k`, `2M`.
  static func compact(_ value: Double, decimals: Int = 4) -> String {
    let magnitude = abs(value)
    if value == 0 { return "0" }
    if magnitude >= 1e9 || magnitude < 1e-4 {
      let exponent = Int(log10(magnitude * 1.000001).rounded(.down))
      return "\(trimmed(value / pow(10, Double(exponent))))e\(exponent)"
    }
    if magnitude >= 1e6 { return "\(trimmed(value / 1e6, max(1, decimals)))M" }
    if magnitude >= 1e4 { return "\(trimmed(value / 1e3, decimals))k" }
    return trimmed(value, decimals)
  }

  /// Without zeros at the end.
  private static func trimmed(_ value: Double, _ decimals: Int = 4) -> String {
    var text = Wording.decimal(value, decimals)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}

extension Axis {
  /// The value at a position: the inverse of ``position(of:)``.
  package func value(at position: Double) -> Double {
    scale == .log ? exp(log(low) + position * (log(high) - log(low))) : low + position * (high - low)
  }
}
