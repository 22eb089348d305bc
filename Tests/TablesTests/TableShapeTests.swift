import Foundation
import Tables
import Testing
import TrainerSupport

/// Tables as other programs write them, and cells that mean what they say.
@Suite struct TableShapeTests {
  private static let rows = [["0.5", "up"], ["1.5", "down"], ["2.5", "up"]]

  private func cells(_ bytes: [UInt8]) throws -> [[String]] {
    let table = try Table(csv: bytes, file: "test.csv")
    #expect(table.columns == ["a", "y"])
    return (0..<table.rowCount).map { row in table.columns.indices.map { table[row: row, column: $0] } }
  }

  private func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try Table(csv: bytes, file: "test.csv")
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func aHeaderMayBeginWithTheSignOfAComment() throws {
    let table = try Table(csv: Array("#id,y\n1,up\n2,down\n".utf8), file: nil)
    #expect(table.columns == ["#id", "y"] && table.rowCount == 2)
    #expect(message(Array("# all\n# comments\n".utf8)).contains("test.csv"))
  }

  @Test(arguments: [
    (",a,y\n0,1,up\n", "if it is pandas' numbering of the rows, leave that out: df.to_csv(…, index=False)"),
    ("a,y,\n1,up,\n", "if every line ends with a separator, delete that"),
  ])
  func columnsWithoutANameAreToldWithTheirLikelyReason(text: String, advice: String) {
    #expect(message(Array(text.utf8)).contains(advice))
  }

  @Test(arguments: [("%", "per cent signs"), ("thousands", "commas between their thousands")])
  func numbersWithSignsOfTheirOwnAreRecognised(kind: String, advice: String) throws {
    let rows = (0..<80).map { row in
      (kind == "%" ? "\(row).5%" : "\"\(row + 1),234\"") + (row.isMultiple(of: 2) ? ",up" : ",down")
    }
    let table = try Table(csv: Array("a,y\n\(rows.joined(separator: "\n"))\n".utf8), file: nil)
    let error = #expect(throws: DataError.self) { try DataSet(table: table, options: DataSetOptions(target: "y")) }
    #expect(error?.description.contains(advice) == true)
  }

  /// What the policy on missing cells did is told with counts, and what of the target is gone.
  @Test func droppedRowsAndFilledCellsAreTold() throws {
    var text = "a,b,y\n"
    for row in 0..<30 { text += "\(row),1,up\n\(row),NA,down\n\(row),2,left\n" }
    let path = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-\(UUID().uuidString).csv").path
    try text.replacing("7,1,up", with: ",1,up").write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    func notes(_ missing: DataSetOptions.Missing) throws -> [String] {
      var notes: [String] = []
      _ = try DataSet.load(path: path, options: DataSetOptions(target: "y", missing: missing), notes: &notes)
      return notes
    }
    #expect(
      try notes(.drop) == [
        "missing: drop leaves 59 of 90 rows: cells are missing of a (1); b (30, such as NA)",
        "no row is left of the class \"down\"",
      ])
    #expect(try notes(.mean).first?.hasPrefix("missing: mean fills in the mean") == true)
  }

  @Test(arguments: [
    "a;y\n0.5;up\n1.5;down\n2.5;up\n", "a\ty\n0.5\tup\n1.5\tdown\n2.5\tup\n", "a,y\r0.5,up\r1.5,down\r2.5,up\r",
    "sep=,\na,y\n0.5,up\n1.5,down\n2.5,up\n", "sep=;\r\na;y\r\n0.5;up\r\n1.5;down\r\n2.5;up\r\n",
    "\u{FEFF}sep=\t\na\ty\n0.5\tup\n1.5\tdown\n2.5\tup\n",
    "# exported 2026\na,y\n0.5,up\n1.5,down\n2.5,up\n",
    "#\n# it's, \"so\", far\r\na;y\r\n0.5;up\r\n1.5;down\r\n2.5;up\r\n",
  ])
  func otherSeparatorsAndLineEndsAreRead(text: String) throws {
    #expect(try cells(Array(text.utf8)) == Self.rows)
  }

  @Test func utf16WithAMarkIsRead() throws {
    let units = Array("\u{FEFF}a,y\n0.5,up\n1.5,down\n2.5,up\n".utf16)
    #expect(try cells(units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }) == Self.rows)
    #expect(try cells(units.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }) == Self.rows)
  }

  @Test func utf16WithoutAMarkAndBinaryFilesAreNamed() {
    let units = Array("a,y\n0.5,up\n".utf16)
    #expect(message(units.flatMap { [UInt8($0), 0] }).contains("this file is UTF-16"))
    #expect(message(units.flatMap { [UInt8($0), 0] }).contains("iconv -f utf-16le"))
    #expect(message(Array("a,y\n1,2\n3,\0\n".utf8)).hasPrefix("test.csv, row 3: there is a zero byte"))
  }

  @Test func decimalCommasCountWhereNoPointSpeaksAgainstThem() throws {
    let table = try Table(csv: Array("a;b\n0,5;7\n-1,25;8\n".utf8))
    #expect((0..<2).map { table.number(row: $0, column: 0) } == [0.5, -1.25])
    let mixed = try Table(csv: Array("a;b\n0,5;0.5\n".utf8))
    #expect(mixed.number(row: 0, column: 0) == nil)
  }

  @Test(arguments: [
    ("a,y\n1,K\u{F6}ln\n", "test.csv, row 2, column \"y\": the cell is not UTF-8"),
    ("a,stra\u{DF}e\n1,2\n", "test.csv, row 1, column \"2\": the cell is not UTF-8"),
  ])
  func latin1IsRefusedWithItsPlaceAndTheRemedy(text: String, expected: String) {
    let latin1 = text.unicodeScalars.map { UInt8($0.value) }
    #expect(message(latin1).hasPrefix(expected))
    #expect(message(latin1).contains("iconv -f latin1"))
  }

  @Test func aQuotedWordIsTextAndAnEmptyCellIsMissing() throws {
    let table = try Table(csv: Array("a,b\n\"NA\",NA\n\"\",\n\"?\",null\n".utf8))
    #expect((0..<3).map { table.isMissing(row: $0, column: 0) } == [false, true, false])
    #expect((0..<3).map { table.isMissing(row: $0, column: 1) } == [true, true, true])
  }

  // MARK: What columns and classes become

  private func data(_ rows: [(String, String)]) throws -> DataSet {
    let text = "x,y\n" + rows.map { "\($0.0),\($0.1)\n" }.joined()
    return try DataSet(table: Table(csv: Array(text.utf8)), options: DataSetOptions(target: "y", testFraction: 0))
  }

  /// Labels that are equal or alike as floating-point numbers, and their order.
  @Test(
    arguments: [
      (["20230000000000001", "20230000000000002", "20230000000000003"], nil),
      (["001", "002", "010"], nil), (["01", "1", "2"], nil), (["0.0", "1.0"], nil),
      (["10", "9"], ["9", "10"]), (["\"001\"", "\"1\""], ["001", "1"]),
    ] as [([String], [String]?)])
  func classesAreWhatTheFileSays(labels: [String], expected: [String]?) throws {
    let data = try data((0..<30).map { ("\($0)", labels[$0 % labels.count]) })
    #expect(data.preprocessing.target == .classes(expected ?? labels))
  }

  /// Whatever row the word that spells a number comes in.
  @Test(arguments: [["INFINITY", "LEXUS"], ["LEXUS", "INFINITY"], ["888E050011", "A12"], ["INF", "CAV"]])
  func aColumnOfTextIsTextWhereAWordSpellsANumber(words: [String]) throws {
    let data = try data((0..<40).map { (words[$0 % 2], $0 % 3 == 0 ? "up" : "down") })
    #expect(data.preprocessing.columns.first?.encoding == .category(words.sorted()))
  }

  @Test func aNumberTooLargeInAColumnOfNumbersIsStillAnError() {
    #expect(throws: DataError.self) {
      try data((0..<40).map { ($0 == 20 ? "1e400" : "\($0)", $0 % 2 == 0 ? "a" : "b") })
    }
  }
}
