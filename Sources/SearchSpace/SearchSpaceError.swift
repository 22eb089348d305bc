internal import TuningTypes

/// What is wrong with a search space, a sampler's settings or a configuration, in words for the person who wrote it.
///
/// The two names say where; whoever knows the file adds the line.
public struct SearchSpaceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The hyperparameter concerned, or nil where it is the space as a whole or not yet known.
  public var parameter: String?
  /// The key of the study file at fault: `min`, `max`, `scale`, `step`, `values`, `when` or `levels`.
  public var key: String?
  public var problem: String
  public var advice: String

  public init(parameter: String? = nil, key: String? = nil, problem: String, advice: String) {
    self.parameter = parameter
    self.key = key
    self.problem = problem
    self.advice = advice
  }

  /// The same error, said of the hyperparameter `name` where it named none.
  public func about(_ name: String) -> SearchSpaceError {
    var error = self
    error.parameter = parameter ?? name
    return error
  }

  public var description: String {
    let place = [parameter, key].compactMap { $0 }.joined(separator: ".")
    return (place.isEmpty ? "" : "\(place): ") + "\(problem); \(advice)"
  }
}

extension SearchSpaceError {
  /// ", did you mean …?" where a candidate resembles `name`, otherwise all of them (or the first dozen).
  static func suggestion(for name: String, among candidates: [String]) -> String {
    if let nearest = nearestName(to: name, among: candidates) { return "did you mean '\(nearest)'?" }
    return "there are " + list(candidates)
  }

  static func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
  }
}
