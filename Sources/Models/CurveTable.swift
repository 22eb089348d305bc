internal import Files
internal import Tables

/// Learning curves that were recorded, or predicted by a surrogate: a row a configuration.
///
/// The file is a CSV table with a header, packed by gzip or not. The columns `v1` … `vR` (or with another prefix in place
/// of `v`) hold the loss after 1 … R units of resource, lower being better; `v0`, the loss before training, may be there
/// too. A column may hold the seconds that a unit takes. All other columns are for people: the row's number, the
/// hyperparameters behind it.
struct CurveTable: Sendable, Hashable {
  /// How a cell is read.
  enum Reading: String, CaseIterable, Sendable {
    /// As it stands; an empty cell says that training diverged.
    case recorded
    /// As the best loss up to there; an empty cell says that training had ended.
    case best
  }

  let rowCount: Int
  /// *R*: the resource to which the curves go.
  let maxResource: Int
  /// Seconds for a unit of resource, by row.
  private(set) var seconds: [Double]
  /// Row by row, the losses after 1 … R units.
  private(set) var losses: [Double]
  /// Row by row, where it lies in the search space, if the study's hyperparameters are columns; see ``TableColumns``.
  var places: [Double] = []

  /// - Parameters:
  ///   - prefix: what comes before the resource in the names of the curves' columns.
  ///   - isLowBest: whether the best is the lowest.
  ///   - secondsColumn: the column with the seconds of a unit; nil gives every row `secondsPerResource`.
  /// - Throws: `DataError` with row and column.
  init(
    _ table: Table, prefix: String, reading: Reading, isLowBest: Bool = true, secondsColumn: String?,
    secondsPerResource: Double
  ) throws(DataError) {
    var columns: [Int] = []
    while let column = table.columnIndex(named: "\(prefix)\(columns.count + 1)") { columns.append(column) }
    guard !columns.isEmpty else {
      throw DataError(
        file: table.file, problem: "there is no column \(prefix)1",
        advice: "A curve's columns are \(prefix)1, \(prefix)2, …; for another name than \(prefix) give curve: NAME")
    }
    rowCount = table.rowCount
    maxResource = columns.count
    losses = []
    losses.reserveCapacity(rowCount * columns.count)
    seconds = []
    for row in 0..<rowCount {
      var best = Double.nan
      for column in columns {
        let loss = try Self.loss(table, row: row, column: column)
        // Nothing compares with NaN, so that this holds for the first number as well.
        if let loss, isLowBest ? !(loss >= best) : !(loss <= best) { best = loss }
        losses.append(reading == .best ? best : loss ?? .nan)
      }
      seconds.append(
        try Self.seconds(table, row: row, column: secondsColumn) ?? secondsPerResource)
    }
  }

  /// The loss of a row after so many units, from 1 to R.
  func loss(row: Int, resource: Int) -> Double { losses[row * maxResource + resource - 1] }

  private static func loss(_ table: Table, row: Int, column: Int) throws(DataError) -> Double? {
    if table.isMissing(row: row, column: column) { return nil }
    guard let number = table.number(row: row, column: column) else {
      throw DataError(
        file: table.file, row: table.line(ofRow: row), column: table.columns[column],
        problem: "'\(table[row: row, column: column])' is not a number",
        advice: "A curve holds losses; leave the cell empty where there is none")
    }
    return number
  }

  private static func seconds(_ table: Table, row: Int, column name: String?) throws(DataError) -> Double? {
    guard let name, let column = table.columnIndex(named: name) else { return nil }
    guard let seconds = table.number(row: row, column: column), seconds.isFinite, seconds >= 0 else {
      throw DataError(
        file: table.file, row: table.line(ofRow: row), column: name,
        problem: "'\(table[row: row, column: column])' is not a number of seconds", advice: "Give one, 0 or above")
    }
    return seconds
  }
}

extension CurveTable {
  /// The table as bytes that ranks share: the three counts, the seconds, the losses, the places, eight bytes each.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 * (3 + seconds.count + losses.count + places.count))
    let append = { (word: UInt64) in unsafe withUnsafeBytes(of: word.littleEndian) { unsafe bytes += $0 } }
    append(UInt64(rowCount))
    append(UInt64(maxResource))
    append(UInt64(places.count))
    for value in seconds + losses + places { append(value.bitPattern) }
    return bytes
  }

  /// What ``bytes`` gave.
  init(_ memory: SharedBytes) {
    let word = { (index: Int) in
      unsafe memory.withUnsafeBytes {
        unsafe UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
      }
    }
    let rows = Int(word(0))
    rowCount = rows
    maxResource = Int(word(1))
    let losses = rows * Int(word(1))
    let values = { (start: Int, count: Int) in (0..<count).map { Double(bitPattern: word(3 + start + $0)) } }
    seconds = values(0, rows)
    self.losses = values(rows, losses)
    places = values(rows + losses, Int(word(2)))
  }
}
