extension DataSet {
  /// Reads a table and makes it ready for learning.
  ///
  /// A column whose cells are all numbers is numeric and is standardised; any other is text and becomes one-hot. The
  /// target is text or few whole numbers: classification (``DataSetOptions/Task/automatic``), else regression, for which it
  /// is standardised, too. Means, deviations and categories come from the training part alone: what stands in the other
  /// parts changes nothing in training.
  ///
  /// The split is seeded and, for classification, stratified: each part holds each class in proportion.
  ///
  /// - Complexity: O(cells + rows · log rows).
  /// - Throws: ``DataError`` with file, row and column for everything that cannot be learned from.
  public static func load(path: String, options: DataSetOptions) throws(DataError) -> DataSet {
    var notes: [String] = []
    return try load(path: path, options: options, notes: &notes)
  }

  /// Reads a table and makes it ready for learning; see ``load(path:options:)``.
  ///
  /// - Parameter notes: gets what was done to the table that a person should know: rows dropped, cells filled in.
  public static func load(path: String, options: DataSetOptions, notes: inout [String]) throws(DataError) -> DataSet {
    let table = try Table.read(path: path)
    let data = try DataSet(table: table, options: options)
    notes += try options.notes(on: table)
    return data
  }

  /// Makes a table ready for learning; see ``load(path:options:)``.
  public init(table: Table, options: DataSetOptions) throws(DataError) {
    try options.checkFractions(table)
    let target = try options.targetColumn(of: table)
    let used = try options.featureColumns(of: table, target: target)
    let rows = try options.usableRows(of: table, features: used, target: target)
    let goal = try TargetValues(table, column: target, rows: rows, options: options)
    let partition = DataPartition(
      strata: goal.strata, validationFraction: options.validationFraction, testFraction: options.testFraction,
      seed: options.splitSeed)
    try options.checkParts(partition, table)

    var values: [ColumnValues] = []
    var columns: [Preprocessing.Column] = []
    for column in used {
      let decoded = try ColumnValues(table, column: column, rows: rows)
      let encoding = try decoded.fit(on: partition.train, table, column: column, standardizes: options.standardizes)
      values.append(decoded)
      columns.append(Preprocessing.Column(name: table.columns[column], encoding: encoding))
    }
    let preprocessing = Preprocessing(
      columns: columns, targetName: options.target,
      target: goal.fit(on: partition.train, standardizes: options.standardizes),
      missing: options.missing)
    guard preprocessing.featureCount > 0 else {
      throw DataError(
        file: table.file, problem: "no column is left to learn from", advice: "Ignore fewer columns, or add some")
    }
    let parts = [partition.train, partition.validation, partition.test].map { rows in
      goal.part(rows, features: preprocessing.encode(values, rows: rows), as: preprocessing.target)
    }
    try self.init(parts: parts, preprocessing: preprocessing)
  }
}

extension ColumnValues {
  /// How the column is to be encoded, by its values in the training rows (places among the usable rows).
  fileprivate func fit(
    on train: [Int], _ table: Table, column: Int, standardizes: Bool
  ) throws(DataError) -> Preprocessing.Encoding {
    switch self {
    case .numbers where !standardizes: return .number(mean: 0, standardDeviation: 1)
    case .numbers(let numbers):
      let (mean, deviation) = moments(train.lazy.map { numbers[$0] }.filter { !$0.isNaN })
      return .number(mean: mean, standardDeviation: deviation)
    case .texts(let codes, let names, let firstRows):
      guard names.count <= DataSetOptions.mostCategories else {
        throw tooManyCategories(names, firstRows, table, column: column)
      }
      let known = Set(train.map { codes[$0] }.filter { $0 >= 0 })
      return .category(known.map { names[Int($0)] }.sorted())
    }
  }

  private func tooManyCategories(_ names: [String], _ firstRows: [Int], _ table: Table, column: Int) -> DataError {
    let numbers = names.count { Double($0) != nil }
    var advice = "Ignore the column, or join its rarer values"
    var row: Int?
    if numbers * 2 > names.count, let odd = names.firstIndex(where: { Double($0) == nil }) {
      // Most likely a numeric column with a slip of the pen.
      row = table.line(ofRow: firstRows[odd])
      advice =
        "If it is meant to be numeric, correct \"\(names[odd])\" and what else is no number; else ignore the column"
    }
    if names.count(where: { $0.hasSuffix("%") }) * 2 > names.count {
      advice = "Write the numbers without their per cent signs, or ignore the column"
    } else if names.count(where: { Double($0.replacing(",", with: "")) != nil }) * 2 > names.count, numbers == 0 {
      advice = "Write the numbers without commas between their thousands, or ignore the column"
    }
    return DataError(
      file: table.file, row: row, column: table.columns[column],
      problem:
        "the column holds text of \(names.count) different values; at most \(DataSetOptions.mostCategories) can be told apart",
      advice: advice)
  }
}

/// Mean and population standard deviation; a deviation of 0, or no value at all, counts as 1.
package func moments(_ values: some Sequence<Double>) -> (mean: Double, standardDeviation: Double) {
  var count = 0.0
  var mean = 0.0
  var squares = 0.0
  for value in values {  // Welford's recurrence
    count += 1
    let distance = value - mean
    mean += distance / count
    squares += distance * (value - mean)
  }
  let deviation = count > 0 ? (squares / count).squareRoot() : 0
  // A constant column's rounding noise is no deviation.
  return (mean, deviation > mean.magnitude * 1e-12 ? deviation : 1)
}
