package import TuningTypes

/// Numbers as people read them.
package enum Wording {
  /// A length of time: `0.3 s`, `42 s`, `3:07`, `2:05:09`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    guard seconds < 1e9 else { return "\(short(seconds)) s" }
    if seconds < 10 { return "\(decimal(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let twoDigits = { (n: Int) in n < 10 ? "0\(n)" : "\(n)" }
    return hours > 0 ? "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" : "\(minutes):\(twoDigits(rest))"
  }

  /// A short length of time: `0.050 ms`, `1200 ms`.
  package static func milliseconds(_ seconds: Double) -> String {
    let milliseconds = seconds * 1000
    return "\(decimal(milliseconds, milliseconds < 1 ? 3 : milliseconds < 100 ? 1 : 0)) ms"
  }

  /// A number with so many decimals.
  package static func decimal(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 1e15 else { return "\(value)" }
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let whole = Int(scaled)
    guard decimals > 0 else { return "\(sign)\(whole)" }
    let digits = String(whole)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  /// A loss or a hyperparameter to four significant digits.
  package static func short(_ value: Double) -> String {
    guard value.isFinite else { return "\(value)" }
    guard value != 0 else { return "0" }
    let magnitude = abs(value)
    if magnitude >= 1e6 || magnitude < 1e-3 {
      var (mantissa, exponent) = (value, 0)
      while abs(mantissa) >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      while abs(mantissa) < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      if abs(mantissa) >= 9.9995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      return "\(decimal(mantissa, 3))e\(exponent)"
    }
    let decimals = magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : magnitude >= 1 ? 3 : 4
    return decimal(value, decimals)
  }

  /// A whole number, in powers of ten where it has more digits than are known.
  package static func whole(_ value: Double) -> String {
    abs(value) < 1e15 ? decimal(value, 0) : short(value)
  }

  package static func percent(_ share: Double) -> String { share.isFinite ? "\(decimal(share * 100, 0)) %" : "–" }

  /// So many units of resource, of which one is `1 epoch`.
  ///
  /// - Parameter unit: in the plural.
  package static func resource(_ resource: Resource, _ unit: String) -> String {
    "\(resource) \(resource == 1 && unit.hasSuffix("s") ? String(unit.dropLast()) : unit)"
  }

  /// A size: `0 bytes`, `512 bytes`, `1.5 KiB`, `20 MiB`.
  package static func bytes(_ bytes: Int) -> String {
    var (size, units) = (Double(bytes), ["KiB", "MiB", "GiB", "TiB", "PiB"][...])
    guard bytes >= 1024 else { return count(bytes, "byte") }
    size /= 1024
    while size >= 1023.5, units.count > 1 {
      size /= 1024
      units.removeFirst()
    }
    return "\(decimal(size, size < 9.95 ? 1 : 0)) \(units.first ?? "")"
  }

  /// `1 job`, `2 jobs`.
  package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

/// Columns of text, each aligned to the right.
package struct TextTable {
  private var rows: [[String]]

  package init(header: [String]) { rows = [header] }

  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The rows as lines; where they are wider than a terminal, with words of the header cut to what their columns hold.
  func lines(atMost width: Int?) -> [String] {
    let lines = lines
    guard let width, let header = rows.first, (lines.first?.count ?? 0) >= width else { return lines }
    var table = TextTable(
      header: header.enumerated().map { column, word in
        String(word.prefix(max(4, rows.dropFirst().map { $0.count > column ? $0[column].count : 0 }.max() ?? 0)))
      })
    for row in rows.dropFirst() { table.add(row) }
    return table.lines
  }

  /// The rows as lines, indented by two spaces.
  package var lines: [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      "  "
        + row.enumerated().map { column, cell in String(repeating: " ", count: widths[column] - cell.count) + cell }
        .joined(separator: "  ")
    }
  }
}
