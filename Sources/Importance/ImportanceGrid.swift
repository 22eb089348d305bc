internal import Foundation
internal import SearchSpace
internal import TuningTypes

/// The cells into which the values of one hyperparameter fall, so that densities become sums.
///
/// The same cells as Optuna 5's `PedAnovaImportanceEvaluator` has: at most 50, equally spaced on the domain's scale.
struct ImportanceGrid {
  /// How many cells there are.
  let count: Int
  /// Neighbouring cells are alike: values have an order.
  let isOrdered: Bool
  /// Nil where values are listed.
  private let range: NumberRange?

  private struct NumberRange {
    let min: Double
    let max: Double
    let isLogarithmic: Bool
    /// The lower end on the range's scale, and how far two cells are apart there.
    let start: Double
    let width: Double

    init(_ min: Double, _ max: Double, _ scale: Domain.Scale, cells: Int) {
      (self.min, self.max, isLogarithmic) = (min, max, scale == .log)
      let place = { (number: Double) in scale == .log ? log(number) : number }
      start = place(min)
      width = cells > 1 ? (place(max) - start) / Double(cells - 1) : 0
    }
  }

  /// The most cells of a range.
  private static let mostCells = 50

  init(_ domain: Domain) {
    switch domain {
    case .float(let range):
      (count, isOrdered) = (Self.cells(range.max - range.min, step: range.step), true)
      self.range = NumberRange(range.min, range.max, range.scale, cells: count)
    case .integer(let range):
      isOrdered = true
      let width = Double(range.max - range.min)
      count =
        range.scale == .log
        ? min(Int(log2(width + 1).rounded(.up)) + 1, Self.mostCells)
        : Self.cells(width, step: Double(range.step ?? 1))
      self.range = NumberRange(Double(range.min), Double(range.max), range.scale, cells: count)
    case .categorical(let values): (count, isOrdered, range) = (values.count, false, nil)
    case .ordinal(let values): (count, isOrdered, range) = (values.count, true, nil)
    }
  }

  private static func cells(_ width: Double, step: Double?) -> Int {
    guard width > 0 else { return 1 }
    guard let step else { return mostCells }
    return Int(min((width / step).rounded(.toNearestOrEven) + 1, Double(mostCells)))
  }

  /// The cell that a value of a configuration in the search space's layout falls into; nil where the domain doesn't hold it.
  func cell(of value: Configuration.Cell) -> Int? {
    switch value {
    case .absent: nil
    case .listed(let place): range == nil && place < count ? place : nil
    case .integer(let number): cell(of: Double(number))
    case .real(let number): cell(of: number)
    }
  }

  private func cell(of value: Double) -> Int? {
    guard let range, value >= range.min, value <= range.max else { return nil }
    guard count > 1 else { return 0 }
    let cell = (((range.isLogarithmic ? log(value) : value) - range.start) / range.width - 0.5).rounded(.up)
    return Int(min(max(cell, 0), Double(count - 1)))
  }
}
