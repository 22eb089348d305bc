internal import SearchSpace
internal import TuningTypes

extension Domain {
  /// A value that is no end of a range, and no whole number where not all of them are.
  var between: [ParameterValue] {
    guard case .float(let domain) = self, domain.step == nil, domain.min < domain.max else { return [] }
    return [.real(domain.min + (domain.max - domain.min) * 0.381_966)]
  }

  /// The values at which a range is left first: its ends, or all that are listed.
  var extremes: [ParameterValue] {
    switch self {
    case .float(let domain): [.real(domain.min), .real(domain.max)]
    case .integer(let domain): [.integer(domain.min), .integer(domain.max)]
    case .categorical(let values), .ordinal(let values): values
    }
  }
}
