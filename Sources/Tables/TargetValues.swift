/// The target column, decoded.
enum TargetValues {
  /// Each usable row's place among the class names.
  case classes([Int32], names: [String])
  case numbers([Double])

  /// Decodes the target of some rows of a table and decides on the task.
  ///
  /// - Throws: ``DataError`` for a class seen only once, a single class, too many classes, or a target that is no number.
  init(_ table: Table, column: Int, rows: [Int], options: DataSetOptions) throws(DataError) {
    let values = try ColumnValues(table, column: column, rows: rows)
    switch (options.task, values) {
    case (.regression, _):
      self = .numbers(try ColumnValues.requiredNumbers(table, column: column, rows: rows))
    case (.automatic, .numbers(let numbers)) where !Self.lookLikeClasses(numbers):
      self = .numbers(numbers)
    case (_, .numbers):
      // A class is what the file says, not the number that it spells: 001, 01 and 1 are three.
      try self.init(
        classesOf: ColumnValues.texts(table, column: column, rows: rows), areNumbers: true, table, column: column)
    case (_, .texts):
      try self.init(classesOf: values, areNumbers: false, table, column: column)
    }
    try checkClassSizes(table, column: column, rows: rows)
  }

  /// Whether numbers are few enough and whole.
  private static func lookLikeClasses(_ numbers: [Double]) -> Bool {
    var distinct: Set<Double> = []
    for number in numbers {
      guard number == number.rounded() else { return false }
      distinct.insert(number)
      if distinct.count > DataSetOptions.mostNumericClasses { return false }
    }
    return true
  }

  /// - Parameter areNumbers: the classes are in the order of the numbers that they spell.
  private init(classesOf values: ColumnValues, areNumbers: Bool, _ table: Table, column: Int) throws(DataError) {
    guard case .texts(let codes, let names, let firstRows) = values else {
      preconditionFailure("classes are texts")
    }
    try Self.checkClassCount(names.count, table, column: column)
    let numbers = areNumbers ? firstRows.map { table.number(row: $0, column: column) ?? 0 } : []
    let order = names.indices.sorted { a, b in
      areNumbers && numbers[a] != numbers[b] ? numbers[a] < numbers[b] : names[a] < names[b]
    }
    var place = [Int32](repeating: 0, count: names.count)
    for (new, old) in order.enumerated() { place[old] = Int32(new) }
    self = .classes(codes.map { place[Int($0)] }, names: order.map { names[$0] })
  }

  private static func checkClassCount(_ count: Int, _ table: Table, column: Int) throws(DataError) {
    guard count <= 1024 else {
      throw DataError(
        file: table.file, column: table.columns[column],
        problem: "the target has \(count) different classes; at most 1024 are supported",
        advice: "Choose task: regression if it is a quantity")
    }
  }

  private func checkClassSizes(_ table: Table, column: Int, rows: [Int]) throws(DataError) {
    guard case .classes(let labels, let names) = self else { return }
    var counts = [Int](repeating: 0, count: names.count)
    for label in labels { counts[Int(label)] += 1 }
    if let single = counts.firstIndex(of: 1), let place = labels.firstIndex(of: Int32(single)) {
      throw DataError(
        file: table.file, row: table.line(ofRow: rows[place]), column: table.columns[column],
        problem: "the class \"\(names[single])\" is seen only once",
        advice:
          "A class needs two rows at least: add some, delete this one, or choose task: regression if it is a quantity")
    }
    guard names.count > 1 else {
      throw DataError(
        file: table.file, column: table.columns[column], problem: "all rows are of the one class \"\(names[0])\"",
        advice: "There is nothing to tell apart: choose another target")
    }
  }

  /// The rows of each class, or all rows for a regression.
  var strata: [[Int]] {
    switch self {
    case .numbers(let numbers): return [Array(numbers.indices)]
    case .classes(let labels, let names):
      var strata = [[Int]](repeating: [], count: names.count)
      for (row, label) in labels.enumerated() { strata[Int(label)].append(row) }
      return strata
    }
  }

  func fit(on train: [Int], standardizes: Bool) -> Preprocessing.Target {
    switch self {
    case .classes(_, let names): return .classes(names)
    case .numbers where !standardizes: return .number(mean: 0, standardDeviation: 1)
    case .numbers(let numbers):
      let (mean, deviation) = moments(train.lazy.map { numbers[$0] })
      return .number(mean: mean, standardDeviation: deviation)
    }
  }

  func part(_ rows: [Int], features: [Float], as target: Preprocessing.Target) -> DataSet.PartContent {
    switch (self, target) {
    case (.classes(let labels, _), _):
      return .init(features: features, labels: rows.map { labels[$0] }, count: rows.count)
    case (.numbers(let numbers), .number(let mean, let deviation)):
      return .init(features: features, targets: rows.map { Float((numbers[$0] - mean) / deviation) }, count: rows.count)
    case (.numbers, .classes): preconditionFailure("numbers were fitted as classes")
    }
  }
}
