internal import Text

/// A table of text cells with named columns, as a CSV file holds it.
///
/// Rows are counted from 0 in the API; ``DataError`` names them by their line in the file, as an editor shows it.
public struct Table: Sendable {
  /// The file it came from, as it was named; nil for text from memory.
  public let file: String?
  /// The column names, from the first line.
  public let columns: [String]
  /// The cells' bytes, row by row, with quotes undone.
  private let content: [UInt8]
  /// Twice where each cell ends in `content`, and 1 more where it was quoted.
  private let ends: [Int]
  /// Numbers have a comma in place of the decimal point.
  var hasDecimalCommas = false
  /// The line of the file on which each row begins.
  private let lines: [Int]

  /// Takes over what a parser found: UTF-8 cell by cell; `ends` holds `columns.count` entries a row.
  init(file: String?, columns: [String], content: [UInt8], ends: [Int], lines: [Int]) {
    self.file = file
    self.columns = columns
    self.content = content
    self.ends = ends
    self.lines = lines
  }

  /// How many rows there are, the header not counted.
  public var rowCount: Int { lines.count }

  /// The line of the file on which a row begins, counted from 1.
  public func line(ofRow row: Int) -> Int { lines[row] }

  /// The number of the column of that name, or nil.
  public func columnIndex(named name: String) -> Int? { columns.firstIndex(of: name) }

  /// A cell's text, quotes undone, blanks around an unquoted cell removed.
  public subscript(row row: Int, column column: Int) -> String {
    let range = bytes(row: row, column: column)
    return String(decoding: content[range], as: UTF8.self)
  }

  /// Whether a cell holds nothing: it is empty or one of `?`, `NA`, `N/A`, `NaN`, `null`, in any case of letters.
  ///
  /// Quoted, these words are text: `"NA"` may be Namibia. An empty cell holds nothing, quoted or not.
  public func isMissing(row: Int, column: Int) -> Bool {
    let range = bytes(row: row, column: column)
    if !range.isEmpty, isQuoted(row: row, column: column) { return false }
    switch range.count {
    case 0: return true
    case 1: return content[range.lowerBound] == UInt8(ascii: "?")
    case 2...4:
      return ["na", "n/a", "nan", "null"].contains { marker in
        marker.utf8.elementsEqual(content[range].lazy.map { $0 | (($0 >= 65 && $0 <= 90) ? 0x20 : 0) })
      }
    default: return false
    }
  }

  /// A cell's number, or nil where it is no decimal number. `inf` counts as a number, `nan` as missing.
  public func number(row: Int, column: Int) -> Double? {
    let range = bytes(row: row, column: column)
    guard hasDecimalCommas, let mark = content[range].firstIndex(of: UInt8(ascii: ",")) else {
      return decimalNumber(content.span.extracting(range))
    }
    var cell = Array(content[range])
    cell[mark - range.lowerBound] = UInt8(ascii: ".")
    return decimalNumber(cell.span)
  }

  /// Whether a cell stood in quotation marks.
  func isQuoted(row: Int, column: Int) -> Bool { ends[row * columns.count + column] & 1 == 1 }

  /// Where a cell's bytes lie.
  func bytes(row: Int, column: Int) -> Range<Int> {
    precondition(columns.indices.contains(column) && lines.indices.contains(row), "the table has no such cell")
    let cell = row * columns.count + column
    return (cell == 0 ? 0 : ends[cell - 1] >> 1)..<(ends[cell] >> 1)
  }
}
