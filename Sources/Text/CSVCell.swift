extension String {
  /// The text as a cell of a CSV file (RFC 4180): in quotation marks where it holds what separates cells or lines.
  package var csvCell: String {
    // Not by characters: CR LF is one of its own, and so is a quotation mark with an accent on it.
    guard utf8.contains(where: Self.separatesCells) else { return self }
    return "\"" + unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }

  private static func separatesCells(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
    default: false
    }
  }
}
