public import TuningTypes

/// What a study learns of its search space from one that was run before.
///
/// All configurations are of the new study's space. One that leaves a hyperparameter out is of an earlier study that says nothing
/// of it.
public struct EarlierStudy: Hashable, Sendable {
  public var name: String
  /// The resource whose results tell good from bad, in the earlier study's units.
  public var resource: Resource
  /// How many results there were of it, of configurations that lie in the new space.
  public var results: Int
  /// What the new study begins with: the best configuration that says all of the hyperparameters; nil where there is none, or
  /// the study begins with it anyway.
  public var start: Configuration?
  /// The best, best first.
  public var good: [Configuration]
  /// A sample of all others, by their trials' numbers.
  public var others: [Configuration]

  public init(
    name: String, resource: Resource, results: Int, start: Configuration?, good: [Configuration],
    others: [Configuration]
  ) {
    self.name = name
    self.resource = resource
    self.results = results
    self.start = start
    self.good = good
    self.others = others
  }
}

/// A hyperparameter that has a value which the search space does not have for it.
package struct OutsideDomain: Error, Hashable, Sendable {
  package let parameter: String
}

extension SearchSpace {
  /// What a configuration of another search space says of this one's hyperparameters, found by their names.
  ///
  /// What it does not say is left out, and so is a conditional hyperparameter whose condition does not hold, or is unknown. What only
  /// the other space has is passed over.
  ///
  /// - Throws: ``OutsideDomain`` for the first value that is of another type or outside its domain.
  package func part(of configuration: Configuration) throws(OutsideDomain) -> Configuration {
    var values: [ParameterValue?] = Array(repeating: nil, count: parameters.count)
    for i in evaluationOrder where isActive(i, given: values) {
      guard let value = configuration[parameters[i].name] else { continue }
      guard let own = parameters[i].domain.normalized(value) else {
        throw OutsideDomain(parameter: parameters[i].name)
      }
      values[i] = own
    }
    return self.configuration(of: values)
  }
}
