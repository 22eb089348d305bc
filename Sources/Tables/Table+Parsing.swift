extension Table {
  /// Reads a CSV file: RFC 4180, UTF-8, a header line, commas; packed by gzip or not.
  ///
  /// Beyond the RFC, it accepts a byte-order mark, lines ended by LF or by CR alone, a last line without an end, and blank
  /// lines (skipped); semicolons or tabs between cells, then also decimal commas; a first line `sep=;`; UTF-16 with a
  /// byte-order mark; lines before the header that begin with `#`. Blanks around unquoted cells are dropped.
  ///
  /// - Complexity: O(bytes).
  /// - Throws: ``DataError`` where the file is missing, damaged or empty, is not UTF-8, has a header only, or is no table.
  public static func read(path: String) throws(DataError) -> Table {
    try Table(csv: readFile(path, isText: true), file: path)
  }

  /// Parses CSV text.
  ///
  /// - Parameters:
  ///   - csv: the text, UTF-8.
  ///   - file: how error messages name it.
  public init(csv: [UInt8], file: String? = nil) throws(DataError) {
    let text = try TableShape.text(of: csv, file: file)
    var parser = CSVParser(file: file)
    try parser.parse(text.span, TableShape(text.span))
    self = try parser.table()
  }
}

/// Cuts CSV text into cells in one pass.
private struct CSVParser {
  let file: String?
  var separator = UInt8(ascii: ",")
  var endsLinesByReturn = false
  var content: [UInt8] = []
  /// Twice where a cell ends, and 1 more where it was quoted.
  var ends: [Int] = []
  var lines: [Int] = []
  var line = 1
  /// Where the record being read began.
  var recordLine = 1
  var cellsInRecord = 0
  var header: [String] = []

  init(file: String?) { self.file = file }

  mutating func parse(_ text: Span<UInt8>, _ shape: TableShape) throws(DataError) {
    content.reserveCapacity(text.count)
    separator = shape.separator
    endsLinesByReturn = shape.endsLinesByReturn
    line += shape.lines
    let count = text.count
    var index = shape.start
    while index < count {
      if cellsInRecord == 0, let next = blankLineEnd(text, index) {
        line += 1
        index = next
        continue
      }
      if cellsInRecord == 0 { recordLine = line }
      index = try cell(text, from: index)
      cellsInRecord += 1
      if index < count, text[index] == separator {
        index += 1
        if index < count { continue }
        endCell(isQuoted: false)  // The text ends after a separator: one more, empty cell.
        cellsInRecord += 1
      } else if index < count {
        index += text[index] == carriageReturn && !endsLinesByReturn ? 2 : 1
        line += 1
      }
      try endRecord()
    }
  }

  /// Where the next line begins, if this one is blank.
  private func blankLineEnd(_ text: Span<UInt8>, _ start: Int) -> Int? {
    var index = start
    while index < text.count, isBlank(text[index]) || text[index] == carriageReturn && !endsLinesByReturn { index += 1 }
    if index == text.count { return index }
    return isLineEnd(text, index) ? index + 1 : nil
  }

  /// Blanks around a cell; where cells are separated by tabs, a tab is none.
  private func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab && separator != tab }

  private mutating func endCell(isQuoted: Bool) { ends.append(content.count << 1 | (isQuoted ? 1 : 0)) }

  /// Reads one cell; gives the place of the comma or line end behind it, or the text's end.
  private mutating func cell(_ text: Span<UInt8>, from start: Int) throws(DataError) -> Int {
    var index = start
    while index < text.count, isBlank(text[index]) { index += 1 }
    if index < text.count, text[index] == quote { return try quotedCell(text, from: index + 1) }
    let first = index
    while index < text.count, text[index] != separator, !isLineEnd(text, index) { index += 1 }
    var last = index
    while last > first, isBlank(text[last - 1]) { last -= 1 }
    for place in first..<last { content.append(text[place]) }
    endCell(isQuoted: false)
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
      if byte == newline || byte == carriageReturn && endsLinesByReturn { line += 1 }
      if byte != quote {
        content.append(byte)
      } else if index < text.count, text[index] == quote {
        content.append(quote)
        index += 1
      } else {
        break
      }
    }
    while index < text.count, isBlank(text[index]) { index += 1 }
    guard index == text.count || text[index] == separator || isLineEnd(text, index) else {
      throw DataError(
        file: file, row: line, column: columnName(cellsInRecord),
        problem: "there is text behind a closing quotation mark",
        advice: "Double the quotation marks that belong to the text")
    }
    endCell(isQuoted: true)
    return index
  }

  private func isLineEnd(_ text: Span<UInt8>, _ index: Int) -> Bool {
    text[index] == newline
      || text[index] == carriageReturn
        && (endsLinesByReturn || index + 1 < text.count && text[index + 1] == newline)
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
        advice: shapeAdvice
          ?? "Give every row \(header.count) cells; put quotation marks around a cell that holds a \(separatorName)")
    } else {
      lines.append(recordLine)
    }
  }

  private var separatorName: String {
    switch separator {
    case comma: "comma"
    case tab: "tab"
    default: "semicolon"
    }
  }

  /// What is most likely wrong with a table whose only column's name holds another separator.
  private var shapeAdvice: String? {
    guard header.count == 1, let name = header.first else { return nil }
    for (mark, what) in [(";", "';'"), ("\t", "tabs"), ("|", "'|'")] where name.contains(mark) {
      return "The columns seem to be separated by \(what): separate them by commas"
    }
    return nil
  }

  private mutating func takeHeader() throws(DataError) {
    var start = 0
    for end in ends {
      guard let name = String(validating: content[start..<(end >> 1)], as: UTF8.self) else {
        throw Self.notUTF8(file: file, row: recordLine, column: "\(header.count + 1)")
      }
      header.append(name)
      start = end >> 1
    }
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    if let empty = header.firstIndex(of: "") {
      var advice = "Give every column a name in the first line"
      if empty == 0, header.count > 1 {
        advice += "; if it is pandas' numbering of the rows, leave that out: df.to_csv(…, index=False)"
      } else if empty == header.count - 1 {
        advice += "; if every line ends with a separator, delete that"
      }
      throw DataError(
        file: file, row: recordLine, column: "\(empty + 1)", problem: "the column has no name", advice: advice)
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
    var table = Table(file: file, columns: header, content: content, ends: ends, lines: lines)
    if String(validating: content, as: UTF8.self) == nil { try expectUTF8(table) }
    table.hasDecimalCommas = separator != comma && usesDecimalCommas(table)
    return table
  }

  static func notUTF8(file: String?, row: Int, column: String) -> DataError {
    DataError(
      file: file, row: row, column: column, problem: "the cell is not UTF-8 text",
      advice: "Save the file as UTF-8; if it is Latin-1: iconv -f latin1 -t utf-8 OLD > NEW")
  }

  /// Names the first cell that is not UTF-8. Each cell by itself is, if the whole text is.
  private func expectUTF8(_ table: Table) throws(DataError) {
    for row in 0..<table.rowCount {
      for column in header.indices
      where String(validating: content[table.bytes(row: row, column: column)], as: UTF8.self) == nil {
        throw Self.notUTF8(file: file, row: table.line(ofRow: row), column: header[column])
      }
    }
  }

  /// Whether numbers have a comma where the decimal point is: some cells do, and none has a point.
  private func usesDecimalCommas(_ table: Table) -> Bool {
    var found = false
    for row in 0..<table.rowCount {
      for column in header.indices {
        let cell = content[table.bytes(row: row, column: column)]
        guard let mark = cell.firstIndex(where: { $0 == comma || $0 == UInt8(ascii: ".") }), spellsNumber(cell, mark)
        else { continue }
        if cell[mark] != comma { return false }
        found = true
      }
    }
    return found
  }

  /// A sign, digits, one mark, digits.
  private func spellsNumber(_ cell: ArraySlice<UInt8>, _ mark: Int) -> Bool {
    let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    let whole = cell[..<mark].drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    return !whole.isEmpty && whole.allSatisfy(isDigit) && cell[(mark + 1)...].allSatisfy(isDigit)
      && mark + 1 < cell.endIndex
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
