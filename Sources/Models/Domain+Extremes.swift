internal import SearchSpace
internal import TuningTypes

extension Domain {
  /// The values at which a range is left first: its ends, or all that are listed.
  var extremes: [ParameterValue] {
    switch self {
    case .float(let domain): [.real(domain.min), .real(domain.max)]
    case .integer(let domain): [.integer(domain.min), .integer(domain.max)]
    case .categorical(let values), .ordinal(let values): values
    }
  }
}
