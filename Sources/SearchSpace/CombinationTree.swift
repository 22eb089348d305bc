internal import TuningTypes

/// Counts the combinations of a grid and finds one by its number.
///
/// A decision diagram: one stage for each hyperparameter, in order of evaluation, and in it one node for each set of
/// later hyperparameters that earlier choices have ruled out. Choices that rule out the same share a node, so that
/// there are few nodes however many combinations there are, and none of them is ever listed.
struct CombinationTree: Sendable {
  private struct Node: Sendable {
    let parameter: Int
    /// For each level, the node to go on with; a single one: whatever the level; empty: it is the last stage.
    var next: [Int] = []
    /// How many levels there are; 0: inactive.
    let levels: Int
    /// The number of the first combination of each level, and of the end.
    var starts: [Int] = []
    /// Combinations of one level, where that is the same for all.
    var stride = 1
    var total = 0
  }

  /// Stage by stage; the root is the first.
  private var nodes: [Node] = []
  private(set) var count = 0

  /// More would mean dozens of independent conditions that wait for one another.
  private static let mostNodes = 100_000

  /// - Parameter levels: the values of each hyperparameter, none of them empty.
  /// - Throws: ``SearchSpaceError`` (`levels`) where there are 2⁶³ combinations or more. O(nodes · levels).
  init(space: SearchSpace, levels: [[ParameterValue]]) throws(SearchSpaceError) {
    try addNodes(space, levels)
    try countCombinations()
  }

  /// Calls `choose(parameter, level)` for each active hyperparameter of combination `index`, in order of evaluation.
  func walk(to index: Int, choose: (_ parameter: Int, _ level: Int) -> Void) {
    var rest = index
    var position = 0
    while true {
      let node = nodes[position]
      var level = 0
      if node.levels > 0 {
        if node.starts.isEmpty {
          (level, rest) = rest.quotientAndRemainder(dividingBy: node.stride)
        } else {
          level = Self.lastIndex(in: node.starts, notAbove: rest)
          rest -= node.starts[level]
        }
        choose(node.parameter, level)
      }
      guard !node.next.isEmpty else { return }
      position = node.next.count == 1 ? node.next[0] : node.next[level]
    }
  }

  private mutating func addNodes(_ space: SearchSpace, _ levels: [[ParameterValue]]) throws(SearchSpaceError) {
    let parameters = levels.count
    var children: [[(child: Int, allowed: [ParameterValue])]] = Array(repeating: [], count: parameters)
    for (child, clauses) in space.clauses.enumerated() {
      for clause in clauses { children[clause.parent].append((child, clause.allowed)) }
    }
    // What is ruled out, by hyperparameter; forgotten once its turn has passed, so that alike futures are one node.
    var stage = [Array(repeating: false, count: parameters)]
    for (turn, parameter) in space.evaluationOrder.enumerated() {
      let isLast = turn == parameters - 1
      let firstOfNextStage = nodes.count + stage.count
      var nextStage: [[Bool]] = []
      var positions: [[Bool]: Int] = [:]
      for ruledOut in stage {
        let isActive = !ruledOut[parameter]
        let choices: [ParameterValue?] = isActive ? levels[parameter] : [nil]
        var node = Node(parameter: parameter, levels: isActive ? choices.count : 0)
        // A hyperparameter that nobody's condition asks about goes on the same way whatever its level.
        for choice in isLast ? [] : choices.prefix(children[parameter].isEmpty ? 1 : choices.count) {
          var future = ruledOut
          future[parameter] = false
          for (child, allowed) in children[parameter] where !(choice.map(allowed.contains) ?? false) {
            future[child] = true
          }
          let position = positions[future] ?? firstOfNextStage + nextStage.count
          if positions.updateValue(position, forKey: future) == nil { nextStage.append(future) }
          node.next.append(position)
        }
        if let first = node.next.first, node.next.allSatisfy({ $0 == first }) { node.next = [first] }
        nodes.append(node)
      }
      guard nodes.count + nextStage.count <= Self.mostNodes else {
        throw SearchSpaceError(
          key: "when", problem: "the conditions are too entangled to count the grid's combinations",
          advice: "declare children next to their parents, or use the random sampler")
      }
      stage = nextStage
    }
  }

  private mutating func countCombinations() throws(SearchSpaceError) {
    for i in nodes.indices.reversed() {
      let below = nodes[i].next.map { nodes[$0].total }
      let levels = max(nodes[i].levels, 1)
      if below.count > 1 {
        var starts = [0]
        for total in below { starts.append(try Self.checked(starts[starts.count - 1].addingReportingOverflow(total))) }
        nodes[i].total = starts[starts.count - 1]
        nodes[i].starts = starts
      } else {
        nodes[i].stride = below.first ?? 1
        nodes[i].total = try Self.checked(nodes[i].stride.multipliedReportingOverflow(by: levels))
      }
    }
    count = nodes[0].total
  }

  private static func checked(_ result: (partialValue: Int, overflow: Bool)) throws(SearchSpaceError) -> Int {
    guard !result.overflow else {
      throw SearchSpaceError(
        key: "levels", problem: "the grid has more than 2^63 combinations",
        advice: "give fewer levels, or use the random or the sobol sampler")
    }
    return result.partialValue
  }

  /// The last position whose number is at most `number`; `starts` ascends strictly from 0.
  private static func lastIndex(in starts: [Int], notAbove number: Int) -> Int {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= number { low = middle } else { high = middle }
    }
    return low
  }
}
