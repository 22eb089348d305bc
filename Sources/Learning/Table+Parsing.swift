extension Table {
  /// Reads a CSV file: RFC 4180, UTF-8, a header line, commas; packed by gzip or not.
  ///
  /// Beyond the RFC, it accepts a byte-order mark, lines ended by LF alone, a last line without an end, and blank lines
  /// (skipped); blanks around unquoted cells are dropped.
  ///
  /// - Complexity: O(bytes).
  /// - Throws: ``DataError`` where the file is missing, damaged or empty, has a header only, or is not a table.
  public static func read(path: String) throws(DataError) -> Table {
    try Table(csv: readFile(path), file: path)
  }

  /// Parses CSV text.
  ///
  /// - Parameters:
  ///   - csv: the text, UTF-8.
  ///   - file: how error messages name it.
  public init(csv: [UInt8], file: String? = nil) throws(DataError) {
    var parser = CSVParser(file: file)
    try parser.parse(csv.span)
    self = try parser.table()
  }
}

/// Cuts CSV text into cells in one pass.
private struct CSVParser {
  let file: String?
  var content: [UInt8] = []
  var ends: [Int] = []
  var lines: [Int] = []
  var line = 1
  /// Where the record being read began.
  var recordLine = 1
  var cellsInRecord = 0
  var header: [String] = []

  init(file: String?) { self.file = file }

  mutating func parse(_ text: Span<UInt8>) throws(DataError) {
    content.reserveCapacity(text.count)
    let count = text.count
    var index = 0
    if count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF { index = 3 }
    while index < count {
      if cellsInRecord == 0, let next = blankLineEnd(text, index) {
        line += 1
        index = next
        continue
      }
      if cellsInRecord == 0 { recordLine = line }
      index = try cell(text, from: index)
      cellsInRecord += 1
      if index < count, text[index] == comma {
        index += 1
        if index < count { continue }
        ends.append(content.count)  // The text ends after a comma: one more, empty cell.
        cellsInRecord += 1
      } else if index < count {
        index += text[index] == carriageReturn ? 2 : 1
        line += 1
      }
      try endRecord()
    }
  }

  /// Where the next line begins, if this one is blank.
  private func blankLineEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
    var index = start
    while index < text.count, text[index] == space || text[index] == tab || text[index] == carriageReturn { index += 1 }
    if index == text.count { return index }
    return text[index] == newline ? index + 1 : nil
  }

  /// Reads one cell; gives the place of the comma or line end behind it, or the text's end.
  private mutating func cell(_ text: Span<UInt8>, from start: Int) throws(DataError) -> Int {
    var index = start
    while index < text.count, text[index] == space || text[index] == tab { index += 1 }
    if index < text.count, text[index] == quote { return try quotedCell(text, from: index + 1) }
    let first = index
    while index < text.count, text[index] != comma, !isLineEnd(text, index) { index += 1 }
    var last = index
    while last > first, text[last - 1] == space || text[last - 1] == tab { last -= 1 }
    for place in first..<last { content.append(text[place]) }
    ends.append(content.count)
    return index
  }

  private mutating func quotedCell(_ text: Span<UInt8>, from start: Int) throws(DataError) -> Int {
    let openedOn = line
    var index = start
    while true {
      guard index < text.count else {
        throw DataError(
          file: file, row: openedOn, column: columnName(cellsInRecord),
          problem: "a quotation mark is opened and never closed",
          advice: "Close it, or double it if it belongs to the text")
      }
      let byte = text[index]
      index += 1
      if byte == newline { line += 1 }
      if byte != quote {
        content.append(byte)
      } else if index < text.count, text[index] == quote {
        content.append(quote)
        index += 1
      } else {
        break
      }
    }
    while index < text.count, text[index] == space || text[index] == tab { index += 1 }
    guard index == text.count || text[index] == comma || isLineEnd(text, index) else {
      throw DataError(
        file: file, row: line, column: columnName(cellsInRecord),
        problem: "there is text behind a closing quotation mark",
        advice: "Double the quotation marks that belong to the text")
    }
    ends.append(content.count)
    return index
  }

  private func isLineEnd(_ text: Span<UInt8>, _ index: Int) -> Bool {
    text[index] == newline
      || text[index] == carriageReturn && index + 1 < text.count && text[index + 1] == newline
  }

  private func columnName(_ index: Int) -> String {
    index < header.count ? header[index] : "\(index + 1)"
  }

  private mutating func endRecord() throws(DataError) {
    let found = cellsInRecord
    cellsInRecord = 0
    if header.isEmpty {
      try takeHeader()
    } else if found != header.count {
      throw DataError(
        file: file, row: recordLine,
        problem: "the row has \(found) cell\(found == 1 ? "" : "s"), the header has \(header.count)",
        advice: "Give every row \(header.count) cells; put quotation marks around a cell that holds a comma")
    } else {
      lines.append(recordLine)
    }
  }

  private mutating func takeHeader() throws(DataError) {
    var start = 0
    for end in ends {
      header.append(String(decoding: content[start..<end], as: UTF8.self))
      start = end
    }
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    if let empty = header.firstIndex(of: "") {
      throw DataError(
        file: file, row: recordLine, column: "\(empty + 1)", problem: "the column has no name",
        advice: "Give every column a name in the first line")
    }
    if header.allSatisfy({ Double($0) != nil }) {
      throw DataError(
        file: file, row: recordLine, problem: "the first line holds numbers, not the columns' names",
        advice: "Put a line with the columns' names on top")
    }
    var seen: Set<String> = []
    for name in header where !seen.insert(name).inserted {
      throw DataError(
        file: file, row: recordLine, column: name, problem: "two columns have this name",
        advice: "Give every column a name of its own")
    }
  }

  func table() throws(DataError) -> Table {
    guard !header.isEmpty else {
      throw DataError(file: file, problem: "the file is empty", advice: "Name a CSV file with a header line and rows")
    }
    guard !lines.isEmpty else {
      throw DataError(file: file, problem: "there is a header line, but no row", advice: "Add rows below the header")
    }
    return Table(file: file, columns: header, content: content, ends: ends, lines: lines)
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
