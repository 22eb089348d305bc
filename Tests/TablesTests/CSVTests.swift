import Foundation
import Randomness
import Tables
import Testing
import TrainerSupport

@Suite struct CSVTests {
  @Test(arguments: [
    ("a,b\n1,2\n", [["1", "2"]]),
    ("a,b\n1,2", [["1", "2"]]),
    ("a,b\r\n1,2\r\n", [["1", "2"]]),
    ("\u{FEFF}a,b\n1,2\n", [["1", "2"]]),
    ("a,b\n\n1,2\n\n  \n3,4\n\n", [["1", "2"], ["3", "4"]]),
    ("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", [["x, y", "say \"hi\""]]),
    ("a,b\n\"two\nlines\",2\n", [["two\nlines", "2"]]),
    ("a,b\n 1 , \" 2 \" \n", [["1", " 2 "]]),
    ("a,b\n1,\n,2\n", [["1", ""], ["", "2"]]),
    ("a,b\n1,", [["1", ""]]),
    ("a,b\n\"\",x\"y\n", [["", "x\"y"]]),
    ("a\nä€😀\n", [["ä€😀"]]),
  ])
  func cellsComeOutAsRFC4180Says(text: String, rows: [[String]]) throws {
    let table = try table(text)
    #expect((0..<table.rowCount).map { row in table.columns.indices.map { table[row: row, column: $0] } } == rows)
    #expect(table.columns.first == "a")
  }

  @Test(arguments: [
    ("", "test.csv: the file is empty."),
    ("\n\n", "test.csv: the file is empty."),
    ("a,b\n", "test.csv: there is a header line, but no row."),
    ("a,b\n1,2\n3\n", "test.csv, row 3: the row has 1 cell, the header has 2."),
    ("a,b\n\"x\ny\",2\n3,4,5\n", "test.csv, row 4: the row has 3 cells, the header has 2."),
    ("a,b\n1,\"open\n", "test.csv, row 2, column \"b\": a quotation mark is opened and never closed."),
    ("a,b\n\"x\"y,2\n", "test.csv, row 2, column \"a\": there is text behind a closing quotation mark."),
    ("a,a\n1,2\n", "test.csv, row 1, column \"a\": two columns have this name."),
    ("a,\n1,2\n", "test.csv, row 1, column \"2\": the column has no name."),
    ("1,2\n3,4\n", "test.csv, row 1: the first line holds numbers, not the columns' names."),
  ])
  func whatIsNoTableIsRefusedWithItsPlace(text: String, expected: String) {
    #expect(message { _ = try table(text) }.hasPrefix(expected))
  }

  @Test(
    arguments: [
      ("1", 1), ("-1.5", -1.5), ("+.5", 0.5), ("5.", 5), ("1e3", 1000), ("-2.5E-3", -0.0025), ("0.1", 0.1),
      ("123456789012345680", 123_456_789_012_345_680), ("0.30000000000000004", 0.30000000000000004),
      ("1e400", .infinity), ("inf", .infinity), ("x", nil), ("1x", nil), ("0x10", nil), ("-", nil), (".", nil),
      ("1,5", nil),
      ("--1", nil), ("1e", nil),
    ] as [(String, Double?)])
  func numbersAreReadExactly(text: String, expected: Double?) throws {
    #expect(try table("a\n\"\(text)\"\n").number(row: 0, column: 0) == expected)
  }

  @Test func decimalNumbersAgreeWithTheStandardLibrary() throws {
    var generator = CounterGenerator.forTests(1)
    for _ in 0..<2000 {
      let digits = generator.number(in: 1...17)
      let text =
        (0..<digits).map { _ in "\(generator.number(in: 0...9))" }.joined() + ".\(generator.number(in: 0...9999))"
      #expect(try table("a\n\(text)\n").number(row: 0, column: 0) == Double(text))
    }
  }

  @Test(arguments: ["", "?", "NA", "n/a", "NaN", "null", "NULL"])
  func missingCellsAreKnown(marker: String) throws {
    let table = try table("a,b\n\(marker),none\n")
    #expect(table.isMissing(row: 0, column: 0))
    #expect(!table.isMissing(row: 0, column: 1))
  }

  @Test func aMissingFileIsNamed() {
    #expect(
      message { _ = try Table.read(path: "/nowhere/x.csv") }.hasPrefix("/nowhere/x.csv: the file cannot be opened."))
  }

  @Test func packedAndUnpackedFilesReadAlike() throws {
    #expect(try Table.read(path: dataset("letter.csv.gz")).rowCount == 20_000)
    #expect(try Table.read(path: dataset("iris.csv")).rowCount == 150)
  }

  @Test(arguments: [1, 10, 1000, 5000])
  func aPackedFileThatBreaksOffIsRefused(missing: Int) throws {
    let packed = [UInt8](try Data(contentsOf: URL(filePath: dataset("letter.csv.gz"))))
    try withFile(Array(packed.dropLast(missing)), suffix: ".csv.gz") { path in
      #expect(message { _ = try Table.read(path: path) }.contains("breaks off"))
    }
  }

  @Test func aDamagedPackedFileIsRefused() throws {
    var packed = [UInt8](try Data(contentsOf: URL(filePath: dataset("letter.csv.gz"))))
    packed[packed.count / 2] ^= 0x10
    try withFile(packed, suffix: ".csv.gz") { path in
      #expect(message { _ = try Table.read(path: path) } != "")
    }
  }
}
