/// A length of time as people write it.
package struct TimeSpan {
  package let seconds: Double

  /// Reads `90`, `90s`, `1.5h`, `1h30m`; nil for anything else.
  package init?(text: String) {
    if let plain = Double(text) {
      guard plain.isFinite else { return nil }
      seconds = plain
      return
    }
    var (total, number) = (0.0, "")
    for character in text {
      if let unit = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400][character] {
        guard let count = Double(number), count >= 0 else { return nil }
        total += count * unit
        number = ""
      } else {
        number.append(character)
      }
    }
    guard number.isEmpty, total.isFinite else { return nil }
    seconds = total
  }
}
