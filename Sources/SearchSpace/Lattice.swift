/// The numbers `min`, `min + step`, `min + 2·step`, … up to `max`, exact as decimals: 0.3, never 0.30000000000000004.
///
/// `min` and `step` are taken for the decimal numbers they print as, and a value is a whole number of 10⁻ᵈ, divided
/// once. Where that doesn't fit 53 bits (1e-300 beside 1), plain floating-point arithmetic takes over.
struct Lattice: Hashable, Sendable {
  /// How many there are; at least 1, at most 2⁵³.
  let count: Int
  private let min: Double
  private let step: Double
  private let max: Double
  private let decimal: Decimal?

  private struct Decimal: Hashable, Sendable {
    var min: Int
    var step: Int
    var denominator: Double
  }

  /// Nil where there are more than 2⁵³ of them. `min ≤ max`, `step > 0`, all finite.
  init?(min: Double, max: Double, step: Double) {
    self.min = min
    self.max = max
    self.step = step
    if let (decimal, top) = Self.decimal(min: min, max: max, step: step) {
      self.decimal = decimal
      count = (top - decimal.min) / decimal.step + 1
    } else {
      decimal = nil
      let steps = (max - min) / step * (1 + 0x1p-50)
      guard steps < 0x1p53 else { return nil }
      count = Int(steps) + 1
    }
    guard count <= 1 << 53 else { return nil }
  }

  private static func decimal(min: Double, max: Double, step: Double) -> (Decimal, top: Int)? {
    let numbers = [min, step, max].map(ShortestDecimal.init)
    let places = Swift.max(0, numbers.map { -$0.exponent }.max() ?? 0)
    // 10²² is the largest power of ten that is a Double exactly.
    guard places <= 22, let min = numbers[0].units(decimalPlaces: places),
      let step = numbers[1].units(decimalPlaces: places), let max = numbers[2].units(decimalPlaces: places)
    else { return nil }
    let denominator = (0..<places).reduce(1.0) { power, _ in power * 10 }
    return (Decimal(min: min, step: step, denominator: denominator), top: max)
  }

  subscript(position: Int) -> Double {
    guard let decimal else { return Swift.min(min + Double(position) * step, max) }
    return Double(decimal.min + position * decimal.step) / decimal.denominator
  }

  /// The member that `number` is, up to a millionth of a step, or nil.
  func nearest(_ number: Double) -> Double? {
    guard number.isFinite else { return nil }
    let position = ((number - min) / step).rounded()
    guard position >= 0, position < Double(count) else { return nil }
    let member = self[Int(position)]
    return abs(member - number) <= 1e-6 * step ? member : nil
  }
}

/// A finite number as digits · 10^exponent: the shortest decimal that reads back as the number.
struct ShortestDecimal {
  private(set) var digits = 0
  private(set) var exponent = 0

  init(_ value: Double) {
    var isFraction = false
    let parts = value.description.split(separator: "e", maxSplits: 1)
    // At most 17 significant digits and a sign, by the contract of `description`.
    for byte in parts[0].utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits = digits * 10 + Int(byte - UInt8(ascii: "0"))
        if isFraction { exponent -= 1 }
      case UInt8(ascii: "."): isFraction = true
      default: break
      }
    }
    if parts.count > 1 { exponent += Int(parts[1]) ?? 0 }
    if value < 0 { digits = -digits }
    while digits != 0, digits.isMultiple(of: 10) {
      digits /= 10
      exponent += 1
    }
    if digits == 0 { exponent = 0 }
  }

  /// The number in units of 10^−decimalPlaces, or nil where that isn't whole or doesn't fit 53 bits.
  func units(decimalPlaces: Int) -> Int? {
    guard exponent + decimalPlaces >= 0 else { return nil }
    var units = digits
    guard units != 0 else { return 0 }
    for _ in 0..<(exponent + decimalPlaces) {
      let (product, overflow) = units.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      units = product
    }
    return units.magnitude <= 1 << 53 ? units : nil
  }
}

extension Double {
  /// To 15 significant decimal digits, which hides the last bit of `exp` and of a division.
  func roundedToSignificantDigits() -> Double {
    let decimal = ShortestDecimal(self)
    let digits = decimal.digits.magnitude
    guard digits >= 1_000_000_000_000_000 else { return self }
    let unit: UInt = digits >= 10_000_000_000_000_000 ? 100 : 10
    let rounded = (digits + unit / 2) / unit * unit
    return Double("\(self < 0 ? "-" : "")\(rounded)e\(decimal.exponent)") ?? self
  }
}
