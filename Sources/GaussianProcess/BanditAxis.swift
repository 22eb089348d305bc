/// A hyperparameter as a Gaussian process sees it.
package struct BanditAxis: Hashable, Sendable {
  /// Whether its values have no order, so that a coordinate is a value's number; else it is a place in [0, 1].
  package let isUnordered: Bool
  /// How many values there are; 0: a continuum.
  package let cells: Int

  private init(isUnordered: Bool, cells: Int) {
    self.isUnordered = isUnordered
    self.cells = cells
  }

  /// More values than this are a continuum.
  private static let mostCells = 1 << 40

  /// - Parameter cells: how many values there are, each in the middle of an equal part of [0, 1]; 0: a continuum.
  package static func ordered(cells: Int = 0) -> Self {
    precondition(cells >= 0, "a number of values")
    return Self(isUnordered: false, cells: cells > mostCells ? 0 : cells)
  }

  /// - Precondition: there is at least one value.
  package static func unordered(values: Int) -> Self {
    precondition(values > 0, "at least one value")
    return Self(isUnordered: true, cells: values)
  }

  /// The coordinate of a value's number.
  func coordinate(ofCell cell: Int) -> Double {
    isUnordered ? Double(cell) : (Double(cell) + 0.5) / Double(cells)
  }

  /// The number of the value that a coordinate stands for. Of axes with values only.
  func cell(at coordinate: Double) -> Int {
    min(max(isUnordered ? Int(coordinate) : Int(coordinate * Double(cells)), 0), cells - 1)
  }

  /// The nearest coordinate that a configuration can have.
  func snapped(_ coordinate: Double) -> Double {
    if cells == 0 { return min(max(coordinate, 0), 1) }
    return self.coordinate(ofCell: cell(at: coordinate))
  }

  /// The coordinate in the middle; of an unordered axis that of the first value.
  package var centre: Double { isUnordered ? 0 : snapped(0.5) }

  /// The coordinate that a number in [0, 1) stands for, each equally likely.
  func coordinate(at share: Double) -> Double { snapped(isUnordered ? share * Double(cells) : share) }
}
