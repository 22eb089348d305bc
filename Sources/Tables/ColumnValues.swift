/// One column of a table, decoded.
enum ColumnValues {
  /// A missing cell is NaN.
  case numbers([Double])
  /// Each row's place in `names`, -1 where the cell is missing; names in the order of their first row.
  case texts(codes: [Int32], names: [String], firstRows: [Int])

  /// Decodes the cells of `column` in `rows`: numbers if all that are there are numbers, else texts.
  init(_ table: Table, column: Int, rows: [Int]) throws(DataError) {
    if let numbers = try Self.numbers(table, column: column, rows: rows) {
      self = .numbers(numbers)
    } else {
      self = Self.texts(table, column: column, rows: rows)
    }
  }

  /// The cells as numbers, or nil where one is none: `INFINITY` is a word among words.
  private static func numbers(_ table: Table, column: Int, rows: [Int]) throws(DataError) -> [Double]? {
    var numbers: [Double] = []
    numbers.reserveCapacity(rows.count)
    var tooLarge: Int?
    for row in rows {
      if table.isMissing(row: row, column: column) {
        numbers.append(.nan)
      } else if let number = table.number(row: row, column: column) {
        if tooLarge == nil, !(number.magnitude <= Double(Float.greatestFiniteMagnitude)) { tooLarge = row }
        numbers.append(number)
      } else {
        return nil
      }
    }
    if let tooLarge {
      throw DataError(
        file: table.file, row: table.line(ofRow: tooLarge), column: table.columns[column],
        problem: "the number \(table[row: tooLarge, column: column]) is not finite in single precision",
        advice: "Correct it, or leave the column out")
    }
    return numbers
  }

  /// The cells of a column that has to hold numbers.
  ///
  /// - Throws: ``DataError`` that names the first cell that is none.
  static func requiredNumbers(_ table: Table, column: Int, rows: [Int]) throws(DataError) -> [Double] {
    if let numbers = try numbers(table, column: column, rows: rows) { return numbers }
    for row in rows where !table.isMissing(row: row, column: column) && table.number(row: row, column: column) == nil {
      throw DataError(
        file: table.file, row: table.line(ofRow: row), column: table.columns[column],
        problem: "\"\(table[row: row, column: column])\" is not a number", advice: "This column has to hold numbers")
    }
    return []
  }

  static func texts(_ table: Table, column: Int, rows: [Int]) -> ColumnValues {
    var codes: [Int32] = []
    codes.reserveCapacity(rows.count)
    var names: [String] = []
    var firstRows: [Int] = []
    var known: [String: Int32] = [:]
    for row in rows {
      if table.isMissing(row: row, column: column) {
        codes.append(-1)
        continue
      }
      let text = table[row: row, column: column]
      if let code = known[text] {
        codes.append(code)
      } else {
        known[text] = Int32(names.count)
        codes.append(Int32(names.count))
        names.append(text)
        firstRows.append(row)
      }
    }
    return .texts(codes: codes, names: names, firstRows: firstRows)
  }
}
