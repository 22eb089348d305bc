public import TuningTypes

extension SearchSpace {
  /// A configuration that someone wrote down, in the space's own form: its order and its domains' values.
  ///
  /// - Parameter draw: gives the hyperparameter at a position, where it is missing, a place in [0, 1) of its domain; nil: none may
  ///   be missing.
  /// - Throws: ``SearchSpaceError`` at the first name that is unknown or occurs twice, the first value outside its
  ///   domain, the first active hyperparameter that is missing, or the first inactive one that is there.
  public func validated(_ configuration: Configuration, drawingMissing draw: ((Int) -> Double)? = nil)
    throws(SearchSpaceError) -> Configuration
  {
    var values: [ParameterValue?] = Array(repeating: nil, count: parameters.count)
    for entry in configuration.entries {
      guard let i = parameters.firstIndex(where: { $0.name == entry.name }) else {
        throw SearchSpaceError(
          parameter: entry.name, problem: "the search space has no hyperparameter '\(entry.name)'",
          advice: SearchSpaceError.suggestion(for: entry.name, among: parameters.map(\.name)))
      }
      guard values[i] == nil else {
        throw SearchSpaceError(parameter: entry.name, problem: "it is given twice", advice: "give it once")
      }
      // Exactly one that is listed, where the list is long; else in whatever form.
      let listed =
        layout.parameters[i].values.isEmpty ? nil : layout.cell(of: entry.value, at: i).map { _ in entry.value }
      guard let value = listed ?? parameters[i].domain.normalized(entry.value) else {
        throw SearchSpaceError(
          parameter: entry.name, problem: "\(entry.value.quoted) is not in its domain",
          advice: parameters[i].domain.expectation(insteadOf: entry.value))
      }
      values[i] = value
    }
    // A parent that is missing or out of place is reported before what depends on it.
    for i in evaluationOrder {
      let name = parameters[i].name
      switch (isActive(i, given: values), values[i]) {
      case (true, nil):
        guard let draw else {
          throw SearchSpaceError(parameter: name, problem: "it has no value", advice: "give it one")
        }
        switch rules[i].cell(at: draw(i)) {
        case .absent: break
        case .integer(let number): values[i] = .integer(number)
        case .real(let number): values[i] = .real(number)
        case .listed(let place): values[i] = layout.parameters[i].values[place]
        }
      case (false, .some):
        throw SearchSpaceError(
          parameter: name, problem: "it has a value though its condition (\(conditionText(i))) does not hold",
          advice: "leave it out")
      default: break
      }
    }
    return self.configuration(of: values)
  }

  private func conditionText(_ i: Int) -> String {
    clauses[i].map { clause in
      "\(parameters[clause.parent].name): \(clause.allowed.map(\.quoted).joined(separator: " or "))"
    }.joined(separator: ", ")
  }
}
