public import TuningTypes

/// The hyperparameters of a study: checked once, then only used.
public struct SearchSpace: Hashable, Sendable {
  /// As declared, with the values of the conditions in the form of their domain.
  public let parameters: [Parameter]

  /// Every parent before its children, otherwise as declared; positions in ``parameters``.
  let evaluationOrder: [Int]
  /// For each parameter, its condition by position; empty: always active.
  let clauses: [[ResolvedClause]]
  /// Whether every parent is declared before its children.
  private let parentsComeFirst: Bool

  struct ResolvedClause: Hashable, Sendable {
    var parent: Int
    var allowed: [ParameterValue]
  }

  /// - Throws: ``SearchSpaceError`` where there is no hyperparameter, a name is unusable or occurs twice, a list of
  ///   values is empty or repeats itself, or a condition names an unknown hyperparameter or value, asks a range without
  ///   a step for one value, or goes round in a circle. Conditions may name hyperparameters that are declared later.
  public init(_ parameters: [Parameter]) throws(SearchSpaceError) {
    guard !parameters.isEmpty else {
      throw SearchSpaceError(
        problem: "the search space is empty", advice: "declare at least one hyperparameter with its range")
    }
    var positions: [String: Int] = [:]
    for (i, parameter) in parameters.enumerated() {
      try parameter.checkName()
      guard positions.updateValue(i, forKey: parameter.name) == nil else {
        throw SearchSpaceError(
          parameter: parameter.name, problem: "the name is used twice", advice: "rename one of the two")
      }
      do { try parameter.domain.check() } catch { throw error.about(parameter.name) }
    }
    let clauses = try Self.resolved(parameters, positions)
    var checked = parameters
    for (i, list) in clauses.enumerated() where !list.isEmpty {
      checked[i].condition = Condition(list.map { .init(parameters[$0.parent].name, in: $0.allowed) })
    }
    self.parameters = checked
    self.clauses = clauses
    evaluationOrder = try Self.evaluationOrder(parameters, clauses)
    parentsComeFirst = evaluationOrder == Array(parameters.indices)
  }

  /// The configuration at a point of the unit cube; inactive hyperparameters are left out. O(hyperparameters).
  ///
  /// - Parameter point: the coordinate, in [0, 1), of the hyperparameter at a position. Called once for each in the
  ///   order of declaration, active or not, so that a generator may stand behind it.
  public func configuration(at point: (Int) -> Double) -> Configuration {
    guard parentsComeFirst else {
      return configuration(of: parameters.indices.map { parameters[$0].domain.value(at: point($0)) })
    }
    var entries: [Configuration.Entry] = []
    entries.reserveCapacity(parameters.count)
    for i in parameters.indices {
      let coordinate = point(i)
      guard clauses[i].isEmpty || isActive(i, after: entries) else { continue }
      entries.append(.init(parameters[i].name, parameters[i].domain.value(at: coordinate)))
    }
    return Configuration(entries)
  }

  /// Whether the condition of hyperparameter `i` holds, given the active ones that are declared before it.
  private func isActive(_ i: Int, after entries: [Configuration.Entry]) -> Bool {
    clauses[i].allSatisfy { clause in
      let name = parameters[clause.parent].name
      // At its place in the declaration, or further down where others are inactive.
      guard let parent = entries.prefix(clause.parent + 1).last(where: { $0.name == name }) else { return false }
      return clause.allowed.contains(parent.value)
    }
  }

  /// The configuration with a value for every hyperparameter, less the inactive ones.
  func configuration(of values: consuming [ParameterValue?]) -> Configuration {
    for i in evaluationOrder where !clauses[i].isEmpty && !isActive(i, given: values) { values[i] = nil }
    var entries: [Configuration.Entry] = []
    entries.reserveCapacity(parameters.count)
    for i in parameters.indices {
      if let value = values[i] { entries.append(.init(parameters[i].name, value)) }
    }
    return Configuration(entries)
  }

  /// Whether the condition of hyperparameter `i` holds; `values` has its parents', nil where one is inactive.
  func isActive(_ i: Int, given values: [ParameterValue?]) -> Bool {
    clauses[i].allSatisfy { clause in values[clause.parent].map(clause.allowed.contains) ?? false }
  }
}
