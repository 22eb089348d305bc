internal import Randomness
package import TuningTypes

/// A hyperparameter as a model of the search space sees it: one that has more than one value.
package struct ModelAxis: Sendable {
  /// Its position among the space's hyperparameters.
  let parameter: Int
  let scale: UnitScale
  /// Whether it may be inactive.
  let isConditional: Bool

  /// Whether its values have no order, so that its coordinate is a value's number.
  package var isOrderless: Bool { scale.isUnordered }

  /// What stands in a row for an inactive hyperparameter; all others are from 0 on.
  static let absent: Float = -1

  /// What a row says of a value: its place, or, where values have no order, its number.
  func coordinate(of cell: Configuration.Cell) -> Float {
    if scale.isUnordered, case .listed(let position) = cell { return Float(position) }
    return scale.place(of: cell).map { Float($0) } ?? Self.absent
  }

  /// The value that a coordinate stands for.
  func cell(at coordinate: Double) -> Configuration.Cell {
    let place = scale.isUnordered ? (coordinate + 0.5) / Double(scale.count) : coordinate
    return scale.cell(at: min(max(place, 0), 1 - 0x1p-53))
  }
}

/// A search space as a model sees it.
package struct ModelSpace: Sendable {
  let space: SearchSpace
  /// Of the hyperparameters with more than one value; parents before their children.
  package let axes: [ModelAxis]
  /// By hyperparameter: the only value, where there is but one, active or not; else absent.
  let constants: [Configuration.Cell]
  let hasConditions: Bool
  /// Whether a configuration can come twice.
  let mayRepeat: Bool

  package init(_ space: SearchSpace) {
    self.space = space
    let scales = space.parameters.map { UnitScale($0.domain) }
    axes = space.evaluationOrder.filter { scales[$0].count != 1 }.map { i in
      ModelAxis(parameter: i, scale: scales[i], isConditional: !space.clauses[i].isEmpty)
    }
    constants = scales.indices.map { scales[$0].count == 1 ? scales[$0].cell(at: 0) : .absent }
    hasConditions = axes.contains(where: \.isConditional)
    mayRepeat = !axes.contains { $0.scale.count == 0 && !$0.isConditional }
  }

  /// A configuration's coordinates.
  package func row(of configuration: Configuration) -> [Float] {
    let configuration = configuration.laidOut(as: space.layout)
    return axes.map { $0.coordinate(of: configuration[$0.parameter]) }
  }

  /// Whether the condition of hyperparameter `i` holds; `cells` has its parents', absent where one is inactive, unless it is a
  /// constant.
  func isActive(_ i: Int, in cells: [Configuration.Cell]) -> Bool {
    for clause in space.clauses[i] {
      guard clause.allowedCells.contains(cells[clause.parent]), isActive(clause.parent, in: cells) else { return false }
    }
    return true
  }

  /// What a configuration is known by: different for different ones, up to a chance of 2⁻⁶⁴, and the same on every machine.
  func mark(of configuration: Configuration) -> UInt64 {
    let configuration = configuration.laidOut(as: space.layout)
    var mark: UInt64 = 0
    for position in 0..<space.layout.count {
      let word: UInt64 =
        switch configuration[position] {
        case .absent: 0
        case .integer(let number): UInt64(bitPattern: Int64(number)) &+ 1
        case .real(let number): (number + 0).bitPattern &+ 2
        case .listed(let value): UInt64(value) &+ 3
        }
      mark = CounterGenerator.mix(mark ^ CounterGenerator.mix(word &+ UInt64(position) << 40))
    }
    return mark
  }

  /// The configuration at a place in the space: of each axis a coordinate, ordered ones in [0, 1]. What is inactive there is left out.
  func configuration(at place: [Double]) -> Configuration {
    var cells = constants
    for (axis, coordinate) in zip(axes, place) {
      let isActive = !axis.isConditional || isActive(axis.parameter, in: cells)
      cells[axis.parameter] = isActive ? axis.cell(at: coordinate) : .absent
    }
    return space.configuration(ofCells: cells)
  }
}
