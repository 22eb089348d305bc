internal import GaussianProcess
public import TuningTypes

/// A model to be made beside the search, since that takes longer than a worker should wait, and what it is then asked for.
///
/// It is a value: whoever answers it, and whenever, finds the same.
public struct ModelRequest: Hashable, Sendable {
  /// How many results had come when it was made.
  public let results: Int
  /// How many configurations are asked for.
  public let count: Int
  let problem: BanditProblem
  let model: ModelSpace

  /// Makes the model and asks it. Takes milliseconds to seconds; see ``seconds``.
  public func answer() -> ModelAnswer {
    let settle: (([Double]) -> [Double])? = isExact ? nil : { settled($0) }
    let places = problem.suggestions(count, settle: settle)
    return ModelAnswer(results: results, suggestions: places.map { model.configuration(at: $0) })
  }

  /// Whether each place that the problem knows of stands for a configuration of its own.
  private var isExact: Bool {
    !model.hasConditions
      && model.axes.allSatisfy { $0.isOrderless || $0.scale.count == 0 || $0.scale.equalCells == $0.scale.count }
  }

  /// The place of the configuration that a place stands for: many lie around one whole number on a logarithmic scale, and what is
  /// inactive makes no difference.
  private func settled(_ place: [Double]) -> [Double] {
    problem.axes.coordinates(model.row(of: model.configuration(at: place)))
  }

  /// About how long the answer takes on one core of 2024.
  public var seconds: Double {
    let (points, axes) = (Double(problem.losses.count), Double(problem.axes.count))
    let known = points + Double(problem.pending.count) / max(1, axes) + Double(count) / 2
    return points * points * (1.5e-6 + 0.2e-6 * axes) + Double(count) * known * (0.9e-4 + 0.3e-6 * known)
  }

  public static func == (one: Self, other: Self) -> Bool {
    one.results == other.results && one.count == other.count && one.problem == other.problem
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(results)
    hasher.combine(count)
  }
}

/// What a model suggests, best first.
public struct ModelAnswer: Hashable, Sendable {
  /// How many results the model was made from, of those that count.
  public var results: Int
  public var suggestions: [Configuration]

  package init(results: Int, suggestions: [Configuration]) {
    self.results = results
    self.suggestions = suggestions
  }
}

/// How often a model that is made beside the search was not ready.
public struct ModelLateness: Hashable, Sendable {
  /// Suggestions that the model should have made.
  public var wanted = 0
  /// Those of them that something quicker had to make.
  public var late = 0

  public init() {}

  /// Whether the model holds up with less than half of the suggestions.
  package var isTooLate: Bool { wanted >= Self.fewestJudged && 2 * late > wanted }

  private static let fewestJudged = 20
}
