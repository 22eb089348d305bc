public import TuningTypes

/// The hyperparameters of a study: checked once, then only used.
public struct SearchSpace: Hashable, Sendable {
  /// As declared, with the values of the conditions in the form of their domain.
  public let parameters: [Parameter]

  /// What its configurations have in common.
  package let layout: Configuration.Layout

  /// How each hyperparameter's value is drawn.
  let rules: [DrawingRule]

  /// Every parent before its children, otherwise as declared; positions in ``parameters``.
  let evaluationOrder: [Int]
  /// For each parameter, its condition by position; empty: always active.
  let clauses: [[ResolvedClause]]
  /// Of ``evaluationOrder``, those that have a condition.
  private let conditional: [Int]

  struct ResolvedClause: Hashable, Sendable {
    let parent: Int
    let allowed: [ParameterValue]
    /// The same as a configuration has them.
    let allowedCells: [Configuration.Cell]
  }

  /// More than anybody tunes; messages between ranks count them in 16 bits.
  public static let mostParameters = 10_000

  /// - Throws: ``SearchSpaceError`` where there is no hyperparameter or too many, a name is unusable or occurs twice, a list of
  ///   values is empty or repeats itself, or a condition names an unknown hyperparameter or value, asks a range without
  ///   a step for one value, or goes round in a circle. Conditions may name hyperparameters that are declared later.
  public init(_ parameters: [Parameter]) throws(SearchSpaceError) {
    guard !parameters.isEmpty else {
      throw SearchSpaceError(
        problem: "the search space is empty", advice: "declare at least one hyperparameter with its range")
    }
    guard parameters.count <= Self.mostParameters else {
      throw SearchSpaceError(
        problem: "the search space has \(parameters.count) hyperparameters, and may have \(Self.mostParameters)",
        advice: "leave out those that don't matter")
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
    conditional = evaluationOrder.filter { !clauses[$0].isEmpty }
    rules = parameters.map { DrawingRule($0.domain) }
    layout = Configuration.Layout(parameters.map { .init(name: $0.name, values: $0.domain.listedValues) })
  }

  /// The configuration at a point of the unit cube; inactive hyperparameters are left out. O(hyperparameters).
  ///
  /// - Parameter point: the coordinate, in [0, 1), of the hyperparameter at a position. Called once for each in the
  ///   order of declaration, active or not, so that a generator may stand behind it.
  public func configuration(at point: (Int) -> Double) -> Configuration {
    let rules = rules.span
    let draft = Configuration.Draft(of: layout) { i in
      let unit = point(i)
      return rules[i].cell(at: unit)
    }
    return active(draft)
  }

  /// The configuration with a value for every hyperparameter, less the inactive ones.
  func configuration(of values: [ParameterValue?]) -> Configuration {
    active(Configuration.Draft(of: layout) { i in values[i].flatMap { layout.cell(of: $0, at: i) } ?? .absent })
  }

  /// The same of cells, `.absent` for none.
  func configuration(ofCells cells: [Configuration.Cell]) -> Configuration {
    active(Configuration.Draft(of: layout) { cells[$0] })
  }

  /// The draft less the inactive hyperparameters.
  private func active(_ draft: consuming Configuration.Draft) -> Configuration {
    for i in conditional where !isActive(i, in: draft) { draft[i] = .absent }
    return draft.finish()
  }

  /// Whether the condition of hyperparameter `i` holds; its parents are absent from the draft where they are inactive.
  private func isActive(_ i: Int, in draft: borrowing Configuration.Draft) -> Bool {
    for clause in clauses[i] where !clause.allowedCells.contains(draft[clause.parent]) { return false }
    return true
  }

  /// Whether the condition of hyperparameter `i` holds; `values` has its parents', nil where one is inactive.
  func isActive(_ i: Int, given values: [ParameterValue?]) -> Bool {
    clauses[i].allSatisfy { clause in values[clause.parent].map(clause.allowed.contains) ?? false }
  }
}
