internal import Files

/// How a row of a table becomes the numbers that a model sees: fitted on the training part, and kept with the model, so
/// that new tables are treated alike.
public struct Preprocessing: Hashable, Codable, Sendable {
  /// A column of the table and what becomes of it.
  public struct Column: Hashable, Codable, Sendable {
    public var name: String
    public var encoding: Encoding
  }

  public enum Encoding: Hashable, Codable, Sendable {
    /// One feature: (x − mean) / standardDeviation, both over the training part, or 0 and 1 where numbers stay as they are.
    /// The deviation of a constant column counts as 1.
    case number(mean: Double, standardDeviation: Double)
    /// A feature a category, 1 for the row's own and 0 for the others; all 0 for a missing or unknown one. Categories are
    /// those of the training part, sorted.
    case category([String])

    var featureCount: Int {
      switch self {
      case .number: 1
      case .category(let names): names.count
      }
    }
  }

  /// What the model's outputs mean.
  public enum Target: Hashable, Codable, Sendable {
    /// One output a class.
    case classes([String])
    /// One output: (y − mean) / standardDeviation.
    case number(mean: Double, standardDeviation: Double)
  }

  public var columns: [Column]
  public var targetName: String
  public var target: Target
  public var missing: DataSetOptions.Missing

  /// How many numbers a row becomes.
  public var featureCount: Int { columns.reduce(0) { $0 + $1.encoding.featureCount } }

  /// How many outputs a model has: the number of classes, or 1 for a regression.
  public var outputCount: Int {
    switch target {
    case .classes(let names): names.count
    case .number: 1
    }
  }

  public var isClassification: Bool {
    if case .classes = target { true } else { false }
  }

  /// Whether a model can have it: no name occurs twice, there is something to learn from and something to tell, and every
  /// number is finite. A file may say otherwise.
  package var isSound: Bool {
    var numbers: [(mean: Double, deviation: Double)] = []
    for column in columns {
      switch column.encoding {
      case .number(let mean, let deviation): numbers.append((mean, deviation))
      case .category(let names): if Set(names).count != names.count { return false }
      }
    }
    switch target {
    case .classes(let names): if names.count < 2 || Set(names).count != names.count { return false }
    case .number(let mean, let deviation): numbers.append((mean, deviation))
    }
    return featureCount > 0 && Set(columns.map(\.name)).count == columns.count
      && numbers.allSatisfy { $0.mean.isFinite && $0.deviation.isFinite && $0.deviation > 0 }
  }

  /// A name for each feature: the column's, or `column=category`.
  package var featureNames: [String] {
    columns.flatMap { column in
      switch column.encoding {
      case .number: [column.name]
      case .category(let names): names.map { "\(column.name)=\($0)" }
      }
    }
  }

  /// The features of a new table, row by row; further columns, the target too, may be there or not.
  ///
  /// A category never seen in training becomes all zero. A missing cell is the training mean, or stays missing, if
  /// ``missing`` says so, else an error: a row that is to be predicted cannot be dropped.
  ///
  /// - Complexity: O(rows × features).
  /// - Throws: ``DataError`` naming the column that is missing, or the cell that is no number.
  public func apply(to table: Table) throws(DataError) -> FeatureMatrix {
    let rows = Array(0..<table.rowCount)
    var values: [ColumnValues] = []
    for column in columns {
      guard let index = table.columnIndex(named: column.name) else {
        throw DataError(
          file: table.file, column: column.name, problem: "the column is missing",
          advice: "The model was trained with it: the table needs it under this name")
      }
      if missing != .mean, missing != .keep { try refuseMissing(table, column: index) }
      switch column.encoding {
      case .number: values.append(.numbers(try ColumnValues.requiredNumbers(table, column: index, rows: rows)))
      case .category: values.append(ColumnValues.texts(table, column: index, rows: rows))
      }
    }
    let features = encode(values, rows: rows.indices.map { $0 })
    return unsafe FeatureMatrix(
      count: rows.count, columns: featureCount, memory: SharedBytes(copying: features.span.bytes), offset: 0)
  }

  private func refuseMissing(_ table: Table, column: Int) throws(DataError) {
    for row in 0..<table.rowCount where table.isMissing(row: row, column: column) {
      throw DataError(
        file: table.file, row: table.line(ofRow: row), column: table.columns[column],
        problem: "the cell is missing\(table.shownCell(row: row, column: column))",
        advice: "Fill it in, or train with missing: mean")
    }
  }

  /// The features of some rows, padded to whole lanes.
  ///
  /// - Parameters:
  ///   - values: for each of ``columns``, its values.
  ///   - rows: places in those values.
  func encode(_ values: [ColumnValues], rows: [Int]) -> [Float] {
    let stride = Lanes.count(holding: featureCount) * 8
    var features = [Float](repeating: 0, count: rows.count * stride)
    var first = 0
    for (column, values) in zip(columns, values) {
      switch (column.encoding, values) {
      case (.number(let mean, let deviation), .numbers(let numbers)):
        for (place, row) in rows.enumerated() where !numbers[row].isNaN || missing == .keep {
          features[place * stride + first] = Float((numbers[row] - mean) / deviation)
        }
      case (.category(let categories), .texts(let codes, let names, _)):
        let known = Dictionary(uniqueKeysWithValues: zip(categories, 0...))
        let feature = names.map { known[$0] }
        for (place, row) in rows.enumerated() {
          if codes[row] >= 0 {
            if let own = feature[Int(codes[row])] { features[place * stride + first + own] = 1 }
          } else if missing == .keep {
            for own in categories.indices { features[place * stride + first + own] = .nan }
          }
        }
      default: preconditionFailure("a column was decoded otherwise than it is encoded")
      }
      first += column.encoding.featureCount
    }
    return features
  }
}
