/// How a table's text is laid out, found out before it is cut into cells: only what leaves no doubt.
struct TableShape {
  /// What stands between two cells.
  var separator = UInt8(ascii: ",")
  /// Lines end with a carriage return alone, as files of old Macintosh programs do.
  var endsLinesByReturn = false
  /// How many bytes to pass over: a byte-order mark, a line `sep=;` of a spreadsheet program.
  var start = 0
  /// How many lines that are.
  var lines = 0

  /// Text as UTF-8: files in UTF-16 that say so by a byte-order mark are recoded.
  ///
  /// - Throws: ``DataError`` where the bytes are UTF-16 without a mark, or no text.
  static func text(of bytes: [UInt8], file: String?) throws(DataError) -> [UInt8] {
    if bytes.starts(with: [0xFF, 0xFE]) { return try recoded(bytes, littleEndian: true, file) }
    if bytes.starts(with: [0xFE, 0xFF]) { return try recoded(bytes, littleEndian: false, file) }
    guard let zero = bytes.firstIndex(of: 0) else { return bytes }
    let beginning = bytes.prefix(64)
    let zeros = beginning.count { $0 == 0 }
    let isWide =
      bytes.count.isMultiple(of: 2) && 3 * zeros >= beginning.count && 3 * zeros <= 2 * beginning.count
    if isWide {
      let encoding = zero.isMultiple(of: 2) ? "utf-16be" : "utf-16le"
      throw DataError(
        file: file, problem: "this file is UTF-16, not UTF-8", advice: "Save it as UTF-8: iconv -f \(encoding) -t utf-8"
      )
    }
    let line = 1 + bytes[..<zero].count { $0 == newline }
    throw DataError(
      file: file, row: line, problem: "there is a zero byte: this is no text",
      advice: "Give a CSV file, as text in UTF-8 or packed by gzip")
  }

  private static func recoded(_ bytes: [UInt8], littleEndian: Bool, _ file: String?) throws(DataError) -> [UInt8] {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    for index in stride(from: 2, to: bytes.count - 1, by: 2) {
      let (low, high) = littleEndian ? (bytes[index], bytes[index + 1]) : (bytes[index + 1], bytes[index])
      units.append(UInt16(high) << 8 | UInt16(low))
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw DataError(
        file: file, problem: "this file begins as UTF-16, but is damaged", advice: "Save it again, as UTF-8")
    }
    return Array(text.utf8)
  }

  init(_ text: Span<UInt8>) {
    if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { start = 3 }
    var hasNewline = false
    var hasReturn = false
    for index in text.indices {
      if text[index] == newline {
        hasNewline = true
        break
      }
      hasReturn = hasReturn || text[index] == carriageReturn
    }
    endsLinesByReturn = hasReturn && !hasNewline
    if let named = separatorLine(text) {
      separator = named
      return
    }
    passOverComments(text)
    let first = counts(text, from: start)
    guard first.comma == 0 else { return }
    let second = counts(text, from: first.end)
    if first.semicolon > 0, first.semicolon == second.semicolon { separator = UInt8(ascii: ";") }
    if first.tab > 0, first.tab == second.tab { separator = UInt8(ascii: "\t") }
  }

  /// Lines before the header that begin with `#` are comments, unless one has the cells of a header: as many as the next line.
  private mutating func passOverComments(_ text: Span<UInt8>) {
    while start < text.count, text[start] == UInt8(ascii: "#") {
      var end = start
      while end < text.count, text[end] != newline, text[end] != carriageReturn { end += 1 }
      if end < text.count, text[end] == carriageReturn, !endsLinesByReturn { end += 1 }
      guard end < text.count else { return }
      let (own, next) = (counts(text, from: start), counts(text, from: end + 1))
      let isHeader =
        own.comma > 0 && own.comma == next.comma || own.semicolon > 0 && own.semicolon == next.semicolon
        || own.tab > 0 && own.tab == next.tab
      if isHeader { return }
      start = end + 1
      lines += 1
    }
  }

  private static let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]

  /// A first line `sep=;` names what separates cells, and is none of the table.
  private mutating func separatorLine(_ text: Span<UInt8>) -> UInt8? {
    let prefix = Array("sep=".utf8)
    guard text.count > start + prefix.count + 1,
      prefix.indices.allSatisfy({ text[start + $0] | 0x20 == prefix[$0] | 0x20 })
    else { return nil }
    let separator = text[start + prefix.count]
    var end = start + prefix.count + 1
    guard Self.separators.contains(separator) else { return nil }
    if text[end] == carriageReturn { end += 1 }
    if end < text.count, text[end] == newline { end += 1 } else if !endsLinesByReturn { return nil }
    start = end
    lines = 1
    return separator
  }

  /// How often each separator stands in the next line that is not blank, quoted cells aside.
  private func counts(_ text: Span<UInt8>, from start: Int) -> (comma: Int, semicolon: Int, tab: Int, end: Int) {
    var (comma, semicolon, tab, index) = (0, 0, 0, start)
    var (isQuoted, isBlank) = (false, true)
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == quote { isQuoted.toggle() }
      if byte == newline || byte == carriageReturn {
        if isQuoted || isBlank { continue }
        break
      }
      isBlank = false
      guard !isQuoted else { continue }
      if byte == UInt8(ascii: ",") { comma += 1 }
      if byte == UInt8(ascii: ";") { semicolon += 1 }
      if byte == UInt8(ascii: "\t") { tab += 1 }
    }
    return (comma, semicolon, tab, index)
  }
}

private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
