internal import Randomness
internal import SearchSpace
internal import TuningTypes

extension SearchSpace {
  /// Reads `search_space`, a mapping from names to domains.
  init(section: StudySection) throws(StudyError) {
    guard !section.keys.isEmpty else {
      throw section.error(nil, "has no parameters", "Name at least one, such as learning_rate: {type: float, …}.")
    }
    var parameters: [Parameter] = []
    for name in section.keys {
      guard let parameter = try section.section(name) else { continue }
      parameters.append(try Parameter(name: name, section: parameter))
    }
    do {
      try self.init(parameters)
    } catch {
      throw section.error(for: error, fallback: section, fallbackKey: nil)
    }
  }
}

extension StudySection {
  /// A search space's complaint with the line it is about; this section is `search_space`.
  func error(for error: SearchSpaceError, fallback: StudySection, fallbackKey: String?) -> StudyError {
    guard let name = error.parameter, has(name), let parameter = try? section(name) else {
      return fallback.error(fallbackKey, error.problem, error.advice.asSentence)
    }
    if let key = error.key, parameter.has(key) { return parameter.error(key, error.problem, error.advice.asSentence) }
    return self.error(name, error.problem, error.advice.asSentence)
  }
}

extension String {
  /// The advice of a `SearchSpaceError` as the sentence that a ``StudyError`` has.
  fileprivate var asSentence: String {
    let end = last.map { ".?!".contains($0) } ?? true ? "" : "."
    return prefix(1).uppercased() + dropFirst() + end
  }
}

extension Parameter {
  private static let keysByType = [
    "float": ["min", "max", "scale", "step"], "int": ["min", "max", "scale", "step"], "categorical": ["values"],
    "ordinal": ["values"],
  ]

  init(name: String, section: StudySection) throws(StudyError) {
    guard let type = try section.choice("type", ["float", "int", "categorical", "ordinal"]) else {
      throw section.missing("type", "Choose one of: float, int, categorical, ordinal.")
    }
    try section.allow(["type", "when"] + (Self.keysByType[type] ?? []))
    let condition = try section.section("when").map { (clauses) throws(StudyError) in try Condition(section: clauses) }
    do {
      let domain: Domain
      let scale = try section.choice("scale", ["linear", "log"]) == "log" ? Domain.Scale.log : .linear
      switch type {
      case "float":
        domain = .float(
          try FloatDomain(
            min: try section.requiredNumber("min"), max: try section.requiredNumber("max"), scale: scale,
            step: try section.number("step")))
      case "int":
        domain = .integer(
          try IntegerDomain(
            min: try section.requiredInteger("min"), max: try section.requiredInteger("max"), scale: scale,
            step: try section.integer("step")))
      default:
        guard let values = try section.values("values") else {
          throw section.missing("values", "List them: values: [16, 32, 64].")
        }
        for case .text(let text) in values where text.unicodeScalars.contains("\0") {
          throw section.error("values", "has a text with a NUL character", "No program can be given one.")
        }
        domain = type == "categorical" ? .categorical(values) : .ordinal(values)
      }
      self.init(name, domain, when: condition)
    } catch let error as SearchSpaceError {
      throw section.error(error.key.flatMap { section.has($0) ? $0 : nil }, error.problem, error.advice.asSentence)
    } catch let error as StudyError {
      throw error
    } catch {
      throw section.error(nil, "\(error)", "Correct it.")
    }
  }
}

extension Condition {
  /// `when: {optimizer: sgd}` or `when: {optimizer: [sgd, nesterov], layers: 2}`: all must hold.
  fileprivate init(section: StudySection) throws(StudyError) {
    var clauses: [Clause] = []
    for parent in section.keys {
      clauses.append(Clause(parent, in: try section.values(parent) ?? []))
    }
    self.init(clauses)
  }
}

extension StudySection {
  fileprivate func requiredNumber(_ key: String) throws(StudyError) -> Double {
    guard let number = try number(key) else { throw missing(key, "Give a number.") }
    return number
  }

  fileprivate func requiredInteger(_ key: String) throws(StudyError) -> Int {
    guard let number = try integer(key) else { throw missing(key, "Give a whole number.") }
    return number
  }
}

extension Configuration {
  /// A configuration written out in the study, as under `start_with`. What it leaves open is drawn, by a function of the study's
  /// seed and its number alone.
  init(section: StudySection, space: SearchSpace, seed: UInt64, number: Int) throws(StudyError) {
    var entries: [Entry] = []
    for key in section.keys {
      if let value = try section.parameterValue(key) { entries.append(Entry(key, value)) }
    }
    var generator = CounterGenerator(seed: seed, purpose: .startWith, index: UInt64(number))
    let units = space.parameters.map { _ in generator.uniform() }
    do {
      self = try space.validated(Configuration(entries)) { units[$0] }
    } catch {
      let key = error.parameter.flatMap { section.has($0) ? $0 : nil }
      let name = key == nil ? error.parameter.map { "\($0): " } ?? "" : ""
      throw section.error(key, name + error.problem, error.advice.asSentence)
    }
  }
}
