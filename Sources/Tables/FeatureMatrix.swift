public import Files

/// Features of several rows, in memory that may be shared with other processes.
public struct FeatureMatrix: Sendable {
  /// How many rows there are.
  public let count: Int
  /// How many features a row has.
  public let columns: Int
  @usableFromInline let memory: SharedBytes
  @usableFromInline let offset: Int

  /// - Parameters:
  ///   - offset: the first row's place in `memory`, in bytes; rows are padded to whole ``Lanes``.
  init(count: Int, columns: Int, memory: SharedBytes, offset: Int) {
    self.count = count
    self.columns = columns
    self.memory = memory
    self.offset = offset
  }

  /// Features of your own.
  ///
  /// - Parameter rows: the rows, each of the same length.
  public init(rows: [[Float]]) {
    columns = rows.first?.count ?? 0
    count = rows.count
    var values: [Float] = []
    for row in rows {
      precondition(row.count == columns, "rows of different length")
      values += row + [Float](repeating: 0, count: Lanes.count(holding: columns) * 8 - columns)
    }
    memory = unsafe SharedBytes(copying: values.span.bytes)
    offset = 0
  }

  /// A row's features.
  public subscript(row row: Int) -> [Float] {
    precondition(row >= 0 && row < count, "no such row")
    return withLanes { lanes in
      (0..<columns).map { lanes[row * rowLanes + $0 / 8][$0 % 8] }
    }
  }

  /// Lanes from one row to the next.
  @inlinable package var rowLanes: Int { Lanes.count(holding: columns) }

  @inlinable @inline(__always)
  package func withLanes<Result>(_ body: (Span<Lanes>) -> Result) -> Result {
    memory.withSpan(of: Lanes.self, offset: offset, count: count * rowLanes, body)
  }
}
