internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import Tables
internal import TuningTypes

/// The hyperparameters of one family of models by their names in a study, whether the search space gives them or the
/// trainer's section fixes them; and what else a study says of the family.
protocol FamilyHyperparameters: Sendable {
  associatedtype Family: Learner

  /// What a message calls a model of the family, with its article.
  static var modelName: String { get }
  /// The keys of the trainer's section besides those of every table and the hyperparameters.
  static var sectionKeys: [String] { get }
  /// What may be done with missing cells; the first unless the study says otherwise.
  static var missingPolicies: [DataSetOptions.Missing] { get }
  /// Whether a unit of resource in records counts a record each time that it is seen; else more of them are needed.
  static var repeatsRecords: Bool { get }
  /// Whether the family learns better from standardised numbers.
  static var wantsStandardizedNumbers: Bool { get }
  /// Whether the family computes on several threads.
  static var usesThreads: Bool { get }
  /// Hyperparameters of which one's range depends on another.
  static var groups: [[String]] { get }
  /// Those whose range depends on others alone: whether a value makes sense is for each trial to say.
  static var dependentNames: [String] { get }

  /// What a unit of resource is.
  var unit: ResourceUnit { get }
  /// The names that a study may use.
  var names: [String] { get }
  /// Those of ``names`` that a message lists.
  var mainNames: [String] { get }

  /// - Throws: `StudyError` where one of ``sectionKeys`` makes no sense.
  init(_ section: StudySection, ladder: LadderSpecification) throws(StudyError)

  /// Takes one value.
  ///
  /// - Throws: `ConfigurationError` where it is of the wrong kind; whether it is in range shows in ``configuration()``.
  mutating func set(_ name: String, _ value: ParameterValue) throws(ConfigurationError)

  /// Takes the value that the trainer's section fixes, where it does.
  mutating func set(_ name: String, of section: StudySection) throws(StudyError)

  /// What the values describe.
  ///
  /// - Throws: `ConfigurationError` where one is out of range.
  func configuration() throws(ConfigurationError) -> Family.Configuration
}

extension FamilyHyperparameters {
  var mainNames: [String] { names }

  mutating func set(_ name: String, of section: StudySection) throws(StudyError) {
    try setValue(name, of: section)
  }

  /// Takes a fixed value that is one value and no list.
  mutating func setValue(_ name: String, of section: StudySection) throws(StudyError) {
    if let value = try section.parameterValue(name) { try set(name, value, of: section) }
  }

  /// What a unit of resource is, of those that the family has; the first unless the section says otherwise.
  static func unit(of section: StudySection, among units: [ResourceUnit]) throws(StudyError) -> ResourceUnit {
    let name = try section.choice("resource", units.map(\.rawValue))
    return units.first { $0.rawValue == name } ?? units[0]
  }

  mutating func set(_ name: String, _ value: ParameterValue, of section: StudySection) throws(StudyError) {
    do {
      try set(name, value)
    } catch {
      throw section.error(name, "is \(error.value)", "It must be \(error.rule).")
    }
  }

  /// What one trial trains.
  ///
  /// - Throws: `ConfigurationError` where its values don't go together.
  func configuration(of trial: Configuration) throws(ConfigurationError) -> Family.Configuration {
    var hyperparameters = self
    for entry in trial.entries { try hyperparameters.set(entry.name, entry.value) }
    return try hyperparameters.configuration()
  }
}

// MARK: - What is read from a value

extension FamilyHyperparameters {
  func wrong(_ name: String, _ value: ParameterValue, _ rule: String) -> ConfigurationError {
    ConfigurationError(key: name, value: "\(value)", rule: rule)
  }

  func number(_ name: String, _ value: ParameterValue) throws(ConfigurationError) -> Double {
    guard let number = value.number else { throw wrong(name, value, "a number") }
    return number
  }

  func whole(_ name: String, _ value: ParameterValue) throws(ConfigurationError) -> Int {
    guard let number = value.wholeNumber else { throw wrong(name, value, "a whole number") }
    return number
  }

  func flag(_ name: String, _ value: ParameterValue) throws(ConfigurationError) -> Bool {
    guard case .flag(let flag) = value else { throw wrong(name, value, "true or false") }
    return flag
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ value: ParameterValue
  ) throws(ConfigurationError) -> Choice {
    guard let choice = Choice(rawValue: value.description) else {
      throw wrong(name, value, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return choice
  }
}

// MARK: - What a study is checked for

extension FamilyHyperparameters {
  /// Checks the values that the trainer's section fixes, once all are there.
  func check(_ section: StudySection, beside space: SearchSpace) throws(StudyError) {
    do {
      _ = try configuration()
    } catch {
      // Where the search space has a say in the matter as well, each trial shows whether its values go together.
      let group = Self.group(of: error.key)
      guard !space.parameters.contains(where: { group.contains($0.name) }) else { return }
      let key =
        section.has(error.key) ? error.key : section.keys.first { group.contains($0) || $0.hasPrefix(error.key) }
      let problem = key == error.key ? "is \(error.value)" : "\(error.key) is \(error.value)"
      throw section.error(key, problem, "It must be \(error.rule).")
    }
  }

  private static func group(of key: String) -> [String] { groups.first { $0.contains(key) } ?? [key] }

  /// Checks that every hyperparameter of the search space is one of the family's, and that no end of its range, or listed
  /// value, is out of bounds.
  func check(_ space: SearchSpace, in document: StudySection) throws(StudyError) {
    guard let section = try document.section("search_space") else { return }
    for parameter in space.parameters {
      guard names.contains(parameter.name) else {
        let nearest = nearestName(to: parameter.name, among: names).map { "Did you mean '\($0)'? " } ?? ""
        throw section.error(
          parameter.name, "\(Self.modelName) has no such hyperparameter",
          "\(nearest)Known: \(mainNames.joined(separator: ", ")).")
      }
      for value in parameter.domain.extremes + parameter.domain.between
      where !Self.dependentNames.contains(parameter.name) {
        do {
          var trial = self
          try trial.set(parameter.name, value)
          _ = try trial.configuration()
        } catch {
          // A complaint about how this value goes with another one is for each trial to make.
          let others = space.parameters.map(\.name).filter { $0 != parameter.name }
          let goesWithOthers = others.contains(where: Self.group(of: error.key).contains)
          // A word that means nothing, means nothing beside any other value.
          let isWord = if case .text = value { error.key == parameter.name } else { false }
          guard parameter.name.hasPrefix(error.key), !goesWithOthers || isWord else { continue }
          throw section.error(parameter.name, "may become \(error.value)", "It must be \(error.rule).")
        }
      }
    }
  }
}
