internal import TuningTypes

/// What drawing a value takes of a domain: numbers alone, which cost nothing to copy.
enum DrawingRule: Hashable, Sendable {
  case real(FloatDomain)
  case integer(IntegerDomain)
  case listed(count: Int)

  init(_ domain: Domain) {
    switch domain {
    case .float(let domain): self = .real(domain)
    case .integer(let domain): self = .integer(domain)
    case .categorical(let values), .ordinal(let values): self = .listed(count: values.count)
    }
  }

  /// The value at `unit` in [0, 1); see ``Domain/value(at:)``.
  func cell(at unit: Double) -> Configuration.Cell {
    switch self {
    case .real(let domain): .real(domain.value(at: unit))
    case .integer(let domain): .integer(domain.value(at: unit))
    case .listed(let count): .listed(Domain.slot(at: unit, of: count))
    }
  }
}
