internal import TuningTypes

extension SearchSpace {
  /// Whether a hyperparameter may be inactive.
  var hasConditions: Bool { clauses.contains { !$0.isEmpty } }

  /// The conditions by position, their values in the form of the parent's domain.
  static func resolved(
    _ parameters: [Parameter], _ positions: [String: Int]
  ) throws(SearchSpaceError) -> [[ResolvedClause]] {
    var resolved: [[ResolvedClause]] = []
    for parameter in parameters {
      var list: [ResolvedClause] = []
      for clause in parameter.condition?.clauses ?? [] {
        func fail(_ problem: String, _ advice: String) -> SearchSpaceError {
          SearchSpaceError(parameter: parameter.name, key: "when", problem: problem, advice: advice)
        }
        guard let parent = positions[clause.parent] else {
          let others = parameters.map(\.name).filter { $0 != parameter.name }
          throw fail(
            "there is no hyperparameter '\(clause.parent)'",
            SearchSpaceError.suggestion(for: clause.parent, among: others))
        }
        guard !list.contains(where: { $0.parent == parent }) else {
          throw fail("'\(clause.parent)' occurs twice", "name it once, with all of its values in one list")
        }
        let domain = parameters[parent].domain
        guard !domain.isContinuous else {
          throw fail(
            "'\(clause.parent)' takes any number in its range, so that it practically never equals a given one",
            "give '\(clause.parent)' a step or a list of values")
        }
        guard !clause.allowed.isEmpty else {
          throw fail("no value of '\(clause.parent)' is listed", "list at least one")
        }
        var allowed: [ParameterValue] = []
        for value in clause.allowed {
          guard let canonical = domain.normalized(value) else {
            throw fail("'\(clause.parent)' never is \(value.quoted)", domain.expectation(insteadOf: value))
          }
          if !allowed.contains(canonical) { allowed.append(canonical) }
        }
        list.append(
          ResolvedClause(
            parent: parent, allowed: allowed, allowedCells: allowed.compactMap { .init($0, among: domain.listedValues) }
          ))
      }
      resolved.append(list)
    }
    return resolved
  }

  /// Parents first; of those whose parents are placed, the first declared. O(hyperparameters²).
  static func evaluationOrder(
    _ parameters: [Parameter], _ clauses: [[ResolvedClause]]
  ) throws(SearchSpaceError) -> [Int] {
    var order: [Int] = []
    var isPlaced = Array(repeating: false, count: parameters.count)
    while order.count < parameters.count {
      let next = parameters.indices.first { i in
        !isPlaced[i] && clauses[i].allSatisfy { isPlaced[$0.parent] }
      }
      guard let next else { throw circle(parameters, clauses, isPlaced) }
      isPlaced[next] = true
      order.append(next)
    }
    return order
  }

  /// Every hyperparameter that isn't placed waits for another such: following them ends in the circle.
  private static func circle(
    _ parameters: [Parameter], _ clauses: [[ResolvedClause]], _ isPlaced: [Bool]
  ) -> SearchSpaceError {
    var path: [Int] = []
    var next = isPlaced.firstIndex(of: false)
    while let i = next, !path.contains(i) {
      path.append(i)
      next = clauses[i].first { !isPlaced[$0.parent] }?.parent
    }
    let start = next.flatMap(path.firstIndex) ?? 0
    let names = path[start...].map { parameters[$0].name }
    guard names.count > 1 else {
      return SearchSpaceError(
        parameter: names[0], key: "when", problem: "its condition is on itself", advice: "name another hyperparameter")
    }
    return SearchSpaceError(
      parameter: names[0], key: "when",
      problem: "the conditions go round in a circle: " + (names + [names[0]]).joined(separator: " needs "),
      advice: "take one of them away")
  }
}

extension Domain {
  /// What a value should have been, as advice.
  func expectation(insteadOf value: ParameterValue) -> String {
    switch self {
    case .float(let domain):
      let step = domain.step.map { " in steps of \($0)" } ?? ""
      return domain.min == domain.max
        ? "the only value is \(domain.min)" : "give a number from \(domain.min) to \(domain.max)\(step)"
    case .integer(let domain):
      let step = domain.step.map { " in steps of \($0)" } ?? ""
      return domain.min == domain.max
        ? "the only value is \(domain.min)" : "give a whole number from \(domain.min) to \(domain.max)\(step)"
    case .categorical(let values), .ordinal(let values):
      if case .text(let text) = value {
        let texts = values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        if let nearest = nearestName(to: text, among: texts) { return "did you mean \"\(nearest)\"?" }
      }
      return "give one of " + SearchSpaceError.list(values.map(\.quoted))
    }
  }
}
