/// The colours of a page's one ramp, from what is least to what matters most: `r0` to `r9` of the style sheet.
enum Ramp {
  static let steps = 10

  /// The class for a share of the ramp, 0 to 1.
  static func kind(_ share: Double) -> String {
    "r\(min(max(Int((share * Double(steps - 1)).rounded()), 0), steps - 1))"
  }

  /// The class for one of so many levels, the lowest first.
  static func kind(level: Int, of count: Int) -> String { kind(count > 1 ? Double(level) / Double(count - 1) : 1) }
}
