/// What the options ask of a table.
extension DataSetOptions {
  func checkFractions(_ table: Table) throws(DataError) {
    for (name, fraction) in [("validation_fraction", validationFraction), ("test_fraction", testFraction)]
    where !(fraction >= 0 && fraction < 1) {
      throw DataError(file: table.file, problem: "\(name) is \(fraction)", advice: "Give a number from 0 to below 1")
    }
    guard validationFraction + testFraction < 1 else {
      throw DataError(
        file: table.file,
        problem:
          "validation_fraction and test_fraction together are \(validationFraction + testFraction): nothing is left for training",
        advice: "Let them sum to less than 1")
    }
  }

  func targetColumn(of table: Table) throws(DataError) -> Int {
    guard let column = table.columnIndex(named: target) else {
      throw DataError(
        file: table.file, column: target, problem: "the target column is not there",
        advice: "The columns are \(table.listOfColumns)")
    }
    return column
  }

  func featureColumns(of table: Table, target: Int) throws(DataError) -> [Int] {
    for name in ignoredColumns where table.columnIndex(named: name) == nil {
      throw DataError(
        file: table.file, column: name, problem: "the column to ignore is not there",
        advice: "The columns are \(table.listOfColumns)")
    }
    return table.columns.indices.filter { $0 != target && !ignoredColumns.contains(table.columns[$0]) }
  }

  /// The rows to learn from, once those with missing cells are refused or dropped.
  func usableRows(of table: Table, features: [Int], target: Int) throws(DataError) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(table.rowCount)
    for row in 0..<table.rowCount {
      if missing == .drop {
        if (features + [target]).allSatisfy({ !table.isMissing(row: row, column: $0) }) { rows.append(row) }
        continue
      }
      if table.isMissing(row: row, column: target) {
        throw DataError(
          file: table.file, row: table.line(ofRow: row), column: self.target,
          problem: "the target is missing\(table.shownCell(row: row, column: target))",
          advice: "Fill it in, delete the row, or choose missing: drop")
      }
      if missing == .error, let column = features.first(where: { table.isMissing(row: row, column: $0) }) {
        throw DataError(
          file: table.file, row: table.line(ofRow: row), column: table.columns[column],
          problem: "the cell is missing\(table.shownCell(row: row, column: column))",
          advice: "Fill it in, or choose missing: mean or missing: drop")
      }
      rows.append(row)
    }
    guard !rows.isEmpty else {
      throw DataError(
        file: table.file, problem: "every row has a missing cell, and missing: drop leaves none",
        advice: "Ignore the columns that are mostly empty, or choose missing: mean")
    }
    for column in features where rows.allSatisfy({ table.isMissing(row: $0, column: column) }) {
      throw DataError(
        file: table.file, column: table.columns[column], problem: "the column has no value at all",
        advice: "Ignore the column")
    }
    return rows
  }

  /// What the policy on missing cells does to a table, with counts; nothing where no cell is missing.
  func notes(on table: Table) throws(DataError) -> [String] {
    guard missing != .error else { return [] }
    let target = try targetColumn(of: table)
    let features = try featureColumns(of: table, target: target)
    var counts: [(name: String, cells: Int, words: Set<String>)] = []
    for column in table.columns.indices where features.contains(column) || missing == .drop && column == target {
      var (cells, words) = (0, Set<String>())
      for row in 0..<table.rowCount where table.isMissing(row: row, column: column) {
        cells += 1
        let word = table[row: row, column: column]
        if !word.isEmpty, words.count < 4 { words.insert(word) }
      }
      if cells > 0 { counts.append((table.columns[column], cells, words)) }
    }
    guard !counts.isEmpty else { return [] }
    let columns = counts.prefix(8).map { count in
      let words = count.words.isEmpty ? "" : ", such as \(count.words.sorted().joined(separator: ", "))"
      return "\(count.name) (\(count.cells)\(words))"
    }
    let list = columns.joined(separator: "; ") + (counts.count > 8 ? "; and in \(counts.count - 8) other columns" : "")
    if missing == .mean {
      return ["missing: mean fills in the mean, or no category, for missing cells of \(list)"]
    }
    if missing == .keep { return ["missing: keep leaves missing cells to the model: \(list)"] }
    let kept = try usableRows(of: table, features: features, target: target)
    var notes = [
      "missing: drop leaves \(kept.count) of \(table.rowCount) rows: cells are missing of \(list)"
    ]
    let classes = { (rows: any Sequence<Int>) in Set(rows.map { table[row: $0, column: target] }) }
    let before = classes((0..<table.rowCount).filter { !table.isMissing(row: $0, column: target) })
    let lost = before.subtracting(classes(kept))
    if !lost.isEmpty, before.count <= 1024 {
      let names = lost.sorted().prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
      notes.append("no row is left of \(lost.count == 1 ? "the class" : "\(lost.count) classes, such as") \(names)")
    }
    return notes
  }

  func checkParts(_ partition: DataPartition, _ table: Table) throws(DataError) {
    for (name, fraction, part) in [
      ("validation", validationFraction, partition.validation), ("test", testFraction, partition.test),
    ] where fraction > 0 && part.isEmpty {
      throw DataError(
        file: table.file, problem: "there are too few rows for a \(name) part of \(fraction)",
        advice: "Add rows, or change \(name)_fraction")
    }
  }
}

extension Table {
  /// What a missing cell holds, where that is anything, and how to make it text.
  func shownCell(row: Int, column: Int) -> String {
    let text = self[row: row, column: column]
    return text.isEmpty ? "" : " (it holds \(text); a word of its own stands in quotation marks: \"\(text)\")"
  }

  fileprivate var listOfColumns: String {
    columns.prefix(20).map { "\"\($0)\"" }.joined(separator: ", ") + (columns.count > 20 ? ", …" : "")
  }
}
