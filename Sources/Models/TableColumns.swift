internal import SearchSpace
internal import StudyFile
internal import Tables
internal import TuningTypes

/// A search space whose hyperparameters are columns of a table, so that a configuration stands for the row nearest to it.
///
/// Nearest on the unit cube: a hyperparameter's values lie from 0 to 1 on its domain's scale; values without an order are 0 apart
/// where they are the same and 1 where they are not, and so are an absent value and one that is there. Of rows that are equally near
/// the first counts.
struct TableColumns: Sendable {
  private let layout: Configuration.Layout
  private let scales: [UnitScale]

  /// What stands for a value that is absent.
  private static let absent = -1.0

  init(_ space: SearchSpace) {
    layout = space.layout
    scales = space.parameters.map { UnitScale($0.domain) }
  }

  /// Row by row, where the row lies; not a number where the row is outside of the search space, so that nothing is near it.
  ///
  /// - Throws: `StudyError` where a hyperparameter is no column, or no row lies within the search space.
  func places(in table: Table, of space: SearchSpace, errors: StudySection) throws(StudyError) -> [Double] {
    var columns: [Int] = []
    for parameter in space.parameters {
      guard let column = table.columnIndex(named: parameter.name) else {
        let nearest = nearestName(to: parameter.name, among: table.columns).map { "Did you mean '\($0)'? " } ?? ""
        throw errors.error(
          parameter.name, "is no column of the table",
          "\(nearest)With space: columns each hyperparameter is a column of the table.")
      }
      columns.append(column)
    }
    var places: [Double] = []
    places.reserveCapacity(table.rowCount * columns.count)
    var inside = 0
    for row in 0..<table.rowCount {
      let found = columns.indices.map { place(in: table, row: row, column: columns[$0], of: space, at: $0) }
      let isInside = found.allSatisfy { $0 != nil }
      inside += isInside ? 1 : 0
      places += found.map { isInside ? $0 ?? .nan : .nan }
    }
    guard inside > 0 else {
      throw errors.error(
        nil, "has no row of the table within it", "Make the domains as wide as the columns of the table are.")
    }
    return places
  }

  /// Nil where the cell's value is not in the hyperparameter's domain.
  private func place(in table: Table, row: Int, column: Int, of space: SearchSpace, at position: Int) -> Double? {
    if table.isMissing(row: row, column: column) { return Self.absent }
    let domain = space.parameters[position].domain
    let number = table.number(row: row, column: column).map { ParameterValue.real($0) }
    let text = table[row: row, column: column]
    guard
      let value = number.flatMap(domain.normalized) ?? domain.normalized(.text(text))
        ?? Bool(text).flatMap({ domain.normalized(.flag($0)) }),
      let cell = layout.cell(of: value, at: position)
    else { return nil }
    return scales[position].place(of: cell)
  }

  /// The rows nearest to a configuration and what each counts, the weights adding up to 1: the nearest row alone where `count` is 1.
  ///
  /// A row at distance d counts ((D − d) / (D·d))², where D is the distance of the first row that is left out: so losses change
  /// gradually from place to place, and a configuration that is a row has that row's.
  ///
  /// Source: Franke and Nielson, *Smooth Interpolation of Large Sets of Scattered Data* (1980), a modification of Shepard's method.
  ///
  /// - Complexity: O(rows · hyperparameters).
  func nearestRows(
    _ count: Int, to configuration: Configuration, among places: [Double]
  ) -> [(row: Int, weight: Double)] {
    guard count > 1 else {
      return nearest(1, to: configuration, among: places).map { ($0.row, 1) }
    }
    let found = nearest(count + 1, to: configuration, among: places)
    let beyond = found.count > count ? 1 / found[count].square.squareRoot() : 0
    let heights = found.prefix(count).map { near in
      let height = 1 / near.square.squareRoot() - beyond
      return height * height
    }
    let sum = heights.reduce(0, +)
    // The configuration is a row; or all rows are equally far.
    guard sum > 0, sum.isFinite else { return found.prefix(1).map { ($0.row, 1) } }
    return zip(found, heights).map { ($0.row, $1 / sum) }
  }

  /// The nearest rows, the nearest first, and the squares of their distances.
  private func nearest(
    _ count: Int, to configuration: Configuration, among places: [Double]
  ) -> [(row: Int, square: Double)] {
    let configuration = configuration.laidOut(as: layout)
    let wanted = scales.indices.map { scales[$0].place(of: configuration[$0]) ?? Self.absent }
    let width = wanted.count
    var found: [(row: Int, square: Double)] = []
    var least = Double.infinity
    for row in 0..<(places.count / width) {
      var sum = 0.0
      for column in 0..<width {
        let (one, other) = (wanted[column], places[row * width + column])
        let differs = scales[column].isUnordered || one < 0 || other < 0
        let distance = one == other ? 0 : differs ? 1 : one - other
        sum += distance * distance
        if sum >= least { break }
      }
      guard sum < least, !places[row * width].isNaN else { continue }
      if found.count == count { found.removeLast() }
      let place = found.firstIndex { $0.square > sum } ?? found.count
      found.insert((row, sum), at: place)
      if found.count == count { least = found[count - 1].square }
    }
    return found
  }
}
