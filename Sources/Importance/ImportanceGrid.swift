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
  private let domain: Domain

  /// The most cells of a range.
  private static let mostCells = 50

  init(_ domain: Domain) {
    self.domain = domain
    switch domain {
    case .float(let range):
      (count, isOrdered) = (Self.cells(range.max - range.min, step: range.step), true)
    case .integer(let range):
      isOrdered = true
      let width = Double(range.max - range.min)
      count =
        range.scale == .log
        ? min(Int(log2(width + 1).rounded(.up)) + 1, Self.mostCells)
        : Self.cells(width, step: Double(range.step ?? 1))
    case .categorical(let values): (count, isOrdered) = (values.count, false)
    case .ordinal(let values): (count, isOrdered) = (values.count, true)
    }
  }

  private static func cells(_ width: Double, step: Double?) -> Int {
    guard width > 0 else { return 1 }
    guard let step else { return mostCells }
    return Int(min((width / step).rounded(.toNearestOrEven) + 1, Double(mostCells)))
  }

  /// The cell that a value falls into; nil where the domain doesn't hold it.
  func cell(of value: ParameterValue) -> Int? {
    switch domain {
    case .float(let range): value.number.flatMap { cell($0, from: range.min, to: range.max, range.scale) }
    case .integer(let range):
      value.number.flatMap { cell($0, from: Double(range.min), to: Double(range.max), range.scale) }
    case .categorical(let values), .ordinal(let values):
      domain.normalized(value).flatMap { values.firstIndex(of: $0) }
    }
  }

  private func cell(_ value: Double, from low: Double, to high: Double, _ scale: Domain.Scale) -> Int? {
    guard value >= low, value <= high else { return nil }
    guard count > 1 else { return 0 }
    let place = { (number: Double) in scale == .log ? log(number) : number }
    let width = (place(high) - place(low)) / Double(count - 1)
    let cell = ((place(value) - place(low)) / width - 0.5).rounded(.up)
    return Int(min(max(cell, 0), Double(count - 1)))
  }
}
