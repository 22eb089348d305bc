internal import Elementary
package import TuningTypes

/// Where a hyperparameter's values lie in [0, 1], as a model of the search space sees them.
///
/// Equal distances are equally likely under the random sampler. The logarithms are this project's own, so that every machine
/// computes the same model from the same journal.
package struct UnitScale: Hashable, Sendable {
  private enum Form: Hashable, Sendable {
    case real(FloatDomain, origin: Double, width: Double)
    case lattice(Lattice, min: Double, step: Double)
    case whole(min: Int, step: Int)
    case logarithmicWhole(min: Int, max: Int, origin: Double, width: Double)
    case listed
  }

  /// How many values there are; 0: a continuum.
  package let count: Int
  /// Whether the values have no order.
  package let isUnordered: Bool
  private let form: Form

  package init(_ domain: Domain) {
    var (count, isUnordered) = (0, false)
    switch domain {
    case .float(let float):
      if let lattice = float.lattice, let step = float.step {
        form = .lattice(lattice, min: float.min, step: step)
        count = lattice.count
      } else {
        let isLogarithmic = float.scale == .log
        let origin = isLogarithmic ? logarithm(float.min) : float.min
        let end = isLogarithmic ? logarithm(float.max) : float.max
        form = .real(float, origin: origin, width: end - origin)
        count = float.min == float.max ? 1 : 0
      }
    case .integer(let integer):
      count = integer.count
      if integer.scale == .log {
        let origin = logarithm(Double(integer.min) - 0.5)
        form = .logarithmicWhole(
          min: integer.min, max: integer.max, origin: origin, width: logarithm(Double(integer.max) + 0.5) - origin)
      } else {
        form = .whole(min: integer.min, step: integer.step ?? 1)
      }
    case .categorical(let values):
      (count, isUnordered) = (values.count, true)
      form = .listed
    case .ordinal(let values):
      count = values.count
      form = .listed
    }
    self.count = count
    self.isUnordered = isUnordered
  }

  /// The width of the narrowest part of [0, 1] that stands for one value, about; 0 for a continuum.
  var cellWidth: Double { count > 0 ? 1 / Double(count) : 0 }

  /// How many equal parts of [0, 1] stand for a value each; 0 where parts are not equal, or for a continuum.
  var equalCells: Int { if case .logarithmicWhole = form { 0 } else { count } }

  /// A value's place: the middle of what stands for it. Nil where it is absent.
  package func place(of cell: Configuration.Cell) -> Double? {
    switch (form, cell) {
    case (_, .absent): return nil
    case (.real(let domain, let origin, let width), .real(let number)):
      guard width > 0 else { return 0.5 }
      let position = domain.scale == .log ? logarithm(number) : number
      return min(max((position - origin) / width, 0), 1)
    case (.lattice(_, let min, let step), .real(let number)): return middle(of: ((number - min) / step).rounded())
    case (.whole(let min, let step), .integer(let number)): return middle(of: Double((number - min) / step))
    case (.logarithmicWhole(_, _, let origin, let width), .integer(let number)):
      return (logarithm(Double(number)) - origin) / width
    case (.listed, .listed(let position)): return middle(of: Double(position))
    default: preconditionFailure("a configuration of another search space")
    }
  }

  private func middle(of slot: Double) -> Double { min(max((slot + 0.5) / Double(count), 0), 1) }

  /// The value at a place in [0, 1].
  package func cell(at place: Double) -> Configuration.Cell {
    switch form {
    case .real(let domain, let origin, let width):
      let position = origin + place * width
      return .real(min(max(domain.scale == .log ? exponential(position) : position, domain.min), domain.max))
    case .lattice(let lattice, _, _): return .real(lattice[slot(at: place)])
    case .whole(let min, let step): return .integer(min + slot(at: place) * step)
    case .logarithmicWhole(let min, let max, let origin, let width):
      return .integer(Swift.min(Swift.max(Int(exponential(origin + place * width).rounded()), min), max))
    case .listed: return .listed(slot(at: place))
    }
  }

  private func slot(at place: Double) -> Int { min(Int(place * Double(count)), count - 1) }
}
