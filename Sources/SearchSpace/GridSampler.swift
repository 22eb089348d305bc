public import TuningTypes

/// Every combination of the hyperparameters' levels, each once.
///
/// Counted like the digits of a number: the last hyperparameter changes fastest. Hyperparameters count in the order of
/// declaration, but for children that are declared before their parents, which come right after them. An inactive
/// hyperparameter has no digit, so that no combination occurs twice.
///
/// Shuffled by a seed the same combinations come in another order. Successive halving judges a trial by those that came
/// before it: where the combinations improve in the order of counting, each is better than the last, and far too many
/// are promoted.
public struct GridSampler: SequenceSampler {
  public let space: SearchSpace
  private let levels: [[ParameterValue]]
  private let tree: CombinationTree
  private let order: ShuffledOrder?

  /// - Parameters:
  ///   - levels: how many levels a hyperparameter gets, by name.
  ///   - defaultLevels: how many every other float or whole-number hyperparameter without a step gets. Nil: its own
  ///     grid, which a float does not have. Listed and stepped values are all tried in any case.
  ///   - seed: shuffles the combinations; nil leaves them in the order of counting.
  /// - Throws: ``SearchSpaceError`` (`levels`) for an unknown name, a domain that can't have that many or needs a
  ///   number, and a grid of 2⁶³ combinations or more.
  public init(
    space: SearchSpace, levels: [String: Int] = [:], defaultLevels: Int? = nil, shuffledBy seed: UInt64? = nil
  )
    throws(SearchSpaceError)
  {
    let names = space.parameters.map(\.name)
    // Sorted, so that of several wrong names the same one is reported each time.
    for name in levels.keys.sorted() where !names.contains(name) {
      throw SearchSpaceError(
        parameter: name, key: "levels", problem: "the search space has no hyperparameter '\(name)'",
        advice: SearchSpaceError.suggestion(for: name, among: names))
    }
    var lists: [[ParameterValue]] = []
    for parameter in space.parameters {
      let wanted = levels[parameter.name] ?? (parameter.domain.needsLevels ? defaultLevels : nil)
      do { lists.append(try parameter.domain.grid(levels: wanted)) } catch { throw error.about(parameter.name) }
    }
    self.space = space
    self.levels = lists
    let tree = try CombinationTree(space: space, levels: lists)
    self.tree = tree
    order = seed.map { ShuffledOrder(count: tree.count, seed: $0) }
  }

  public var count: Int? { tree.count }

  /// O(hyperparameters · log levels).
  public func configuration(at index: Int) -> Configuration? {
    guard index >= 0, index < tree.count else { return nil }
    var values: [ParameterValue?] = Array(repeating: nil, count: levels.count)
    tree.walk(to: order?[index] ?? index) { parameter, level in values[parameter] = levels[parameter][level] }
    return space.configuration(of: values)
  }
}

extension Domain {
  /// Whether a default number of levels applies: to ranges without a step.
  fileprivate var needsLevels: Bool {
    switch self {
    case .float(let domain): domain.step == nil
    case .integer(let domain): domain.step == nil
    case .categorical, .ordinal: false
    }
  }
}
