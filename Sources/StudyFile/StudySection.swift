internal import Text
public import TuningTypes

/// One mapping of a study file, read strictly: an unknown key, a wrong type or an impossible value is a
/// ``StudyError`` with file, line and key.
public struct StudySection: Sendable, Hashable {
  public let source: String
  /// The folder that relative paths in the study start from.
  public let directory: String
  /// The section's own key path; empty at the top.
  public let path: String
  public let line: Int?
  package let entries: [StudyValue.Entry]
  /// Where each key stands among the entries.
  private let positions: [String: Int]

  init(_ value: StudyValue, source: String, directory: String, path: String) throws(StudyError) {
    guard case .mapping(let entries, let line) = value else {
      let advice = Self.mapping(from: value, at: path).map { "Write \($0)." }
      throw StudyError(
        source: source, line: value.line, key: path.isEmpty ? nil : path,
        problem: "expected a mapping, found \(value.kindName)",
        advice: advice ?? "Write 'key: value' lines or {key: value}.")
    }
    (self.source, self.directory, self.path, self.line, self.entries) = (source, directory, path, line, entries)
    positions = Dictionary(zip(entries.map(\.key), 0...), uniquingKeysWith: { first, _ in first })
  }

  /// What somebody means who writes one value in the place of a mapping, where that is plain.
  private static func mapping(from value: StudyValue, at path: String) -> String? {
    guard case .scalar(let scalar) = value, !scalar.text.isEmpty else { return nil }
    let key: String? =
      switch path {
      case "sampler", "trainer": "kind"
      case "scheduler": "algorithm"
      case "checkpoints": "keep"
      case "objective": "metric"
      case "worker": Int(scalar.text) == nil ? nil : "ranks"
      case "budget": Int(scalar.text) == nil ? "time" : "configurations"
      default: nil
      }
    if let key { return "\(path): {\(key): \(scalar.text)}" }
    let parts = path.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, parts[0] == "search_space" else { return nil }
    return "\(parts[1]): {type: categorical, values: [\(scalar.text)]} for a value that stays the same"
  }

  /// The keys as they stand in the file, in order.
  public var keys: [String] { entries.map(\.key) }

  public func has(_ key: String) -> Bool { entry(key) != nil }

  /// Refuses every key that is not in `known`, naming the nearest one that is.
  public func allow(_ known: [String]) throws(StudyError) {
    for entry in entries where !known.contains(entry.key) {
      let advice =
        if let nearest = nearestName(to: entry.key, among: known) {
          "Did you mean '\(nearest)'?"
        } else {
          "Known here: \(known.joined(separator: ", "))."
        }
      throw error(entry.key, "unknown key", advice)
    }
  }

  /// An error about `key`, or about the section as a whole.
  public func error(_ key: String?, _ problem: String, _ advice: String) -> StudyError {
    let found = key.flatMap { entry($0) }
    let full = key.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? (path.isEmpty ? nil : path)
    if let option = found?.option {
      return StudyError(source: option, key: full, problem: problem, advice: advice)
    }
    return StudyError(
      source: source, line: found?.keyLine ?? found?.value.line ?? line, key: full, problem: problem, advice: advice)
  }

  /// The error for a key that has to be there and is not.
  public func missing(_ key: String, _ advice: String) -> StudyError { error(key, "is missing", advice) }

  package func entry(_ key: String) -> StudyValue.Entry? { positions[key].map { entries[$0] } }

  package func value(_ key: String) -> StudyValue? { entry(key)?.value }

  private func scalar(_ key: String, expected: String) throws(StudyError) -> StudyValue.Scalar? {
    guard let value = value(key) else { return nil }
    guard case .scalar(let scalar) = value, scalar.isQuoted || !scalar.isNull else {
      throw error(key, "is \(value.kindName), expected \(expected)", "Give \(expected).")
    }
    if expected != "a text" { try expectExact(scalar, key) }
    return scalar
  }

  /// Refuses a whole number that no `Int` holds: as a floating-point number it would be another.
  private func expectExact(_ scalar: StudyValue.Scalar, _ key: String) throws(StudyError) {
    guard scalar.isTooLong else { return }
    throw error(
      key, "holds \(scalar.text), a whole number of more than 64 bits",
      "Put it in quotation marks, as a text, or write it as a floating-point number such as 1.0e20.")
  }

  public func text(_ key: String) throws(StudyError) -> String? {
    try scalar(key, expected: "a text")?.text
  }

  /// One of the names in `choices`.
  public func choice(_ key: String, _ choices: [String]) throws(StudyError) -> String? {
    guard let text = try text(key) else { return nil }
    guard choices.contains(text) else {
      let nearest = nearestName(to: text, among: choices).map { "Did you mean '\($0)'? " } ?? ""
      throw error(key, "is '\(text)'", "\(nearest)Choose one of: \(choices.joined(separator: ", ")).")
    }
    return text
  }

  public func integer(_ key: String, in range: ClosedRange<Int>? = nil) throws(StudyError) -> Int? {
    guard let scalar = try scalar(key, expected: "a whole number") else { return nil }
    guard let number = scalar.parameterValue.wholeNumber else {
      throw error(
        key, "is '\(scalar.text)', expected a whole number",
        scalar.isQuoted && Int(scalar.text) != nil ? "Take the quotation marks away." : "Give a whole number.")
    }
    if let range, !range.contains(number) {
      let bounds =
        range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw error(key, "is \(number)", "Give a whole number, \(bounds).")
    }
    return number
  }

  /// A whole number of 64 bits without a sign.
  public func unsigned(_ key: String) throws(StudyError) -> UInt64? {
    if case .scalar(let scalar) = value(key) {
      if let number = UInt64(scalar.text), !scalar.isQuoted { return number }
      if scalar.isTooLong {
        throw error(key, "is '\(scalar.text)', expected a whole number", "Give one from 0 to \(UInt64.max).")
      }
    }
    return try integer(key, in: 0...Int.max).map { UInt64($0) }
  }

  public func number(_ key: String) throws(StudyError) -> Double? {
    guard let scalar = try scalar(key, expected: "a number") else { return nil }
    guard let number = scalar.parameterValue.number, number.isFinite else {
      throw error(key, "is '\(scalar.text)', expected a number", "Give a number such as 0.1 or 1.0e-4.")
    }
    return number
  }

  public func flag(_ key: String) throws(StudyError) -> Bool? {
    guard let scalar = try scalar(key, expected: "true or false") else { return nil }
    guard case .flag(let flag) = scalar.parameterValue else {
      throw error(key, "is '\(scalar.text)', expected true or false", "Give true or false.")
    }
    return flag
  }

  /// A length of time in seconds: `90` or `90s`, `30m`, `2h`, `1d`, `1h30m`.
  public func duration(_ key: String) throws(StudyError) -> Double? {
    guard let scalar = try scalar(key, expected: "a length of time") else { return nil }
    guard let seconds = TimeSpan(text: scalar.text), seconds.seconds > 0 else {
      throw error(key, "is '\(scalar.text)', expected a length of time", "Give one such as 90s, 30m, 2h or 1h30m.")
    }
    return seconds.seconds
  }

  /// A path, made absolute by the study's folder.
  public func file(_ key: String) throws(StudyError) -> String? {
    guard let text = try text(key) else { return nil }
    return text.hasPrefix("/") ? text : "\(directory)/\(text)"
  }

  public func section(_ key: String) throws(StudyError) -> StudySection? {
    guard let entry = entry(key) else { return nil }
    return try StudySection(
      entry.value, source: entry.option ?? source, directory: directory, path: path.isEmpty ? key : "\(path).\(key)")
  }

  /// A list of mappings.
  public func sections(_ key: String) throws(StudyError) -> [StudySection]? {
    guard let values = try sequence(key) else { return nil }
    let source = entry(key)?.option ?? source
    var sections: [StudySection] = []
    for (index, value) in values.enumerated() {
      let path = path.isEmpty ? "\(key)[\(index)]" : "\(path).\(key)[\(index)]"
      sections.append(try StudySection(value, source: source, directory: directory, path: path))
    }
    return sections
  }

  /// A list of plain values, or one plain value as a list of one.
  public func values(_ key: String) throws(StudyError) -> [ParameterValue]? {
    if case .scalar = value(key) { return try parameterValue(key).map { [$0] } }
    guard let elements = try sequence(key) else { return nil }
    var values: [ParameterValue] = []
    for element in elements {
      guard case .scalar(let scalar) = element, scalar.isQuoted || !scalar.isNull else {
        throw error(key, "holds \(element.kindName) where a value should stand", "Give numbers, texts, true or false.")
      }
      try expectExact(scalar, key)
      values.append(scalar.parameterValue)
    }
    return values
  }

  /// A list of texts.
  public func texts(_ key: String) throws(StudyError) -> [String]? {
    try values(key)?.map(\.description)
  }

  /// A list of whole numbers.
  public func integers(_ key: String) throws(StudyError) -> [Int]? {
    guard let values = try values(key) else { return nil }
    var numbers: [Int] = []
    for value in values {
      guard let number = value.wholeNumber else {
        throw error(key, "holds '\(value)', expected whole numbers", "Give a list such as [1, 3, 9].")
      }
      numbers.append(number)
    }
    return numbers
  }

  /// One plain value, typed as YAML 1.2's core schema types it.
  public func parameterValue(_ key: String) throws(StudyError) -> ParameterValue? {
    try scalar(key, expected: "a value")?.parameterValue
  }

  private func sequence(_ key: String) throws(StudyError) -> [StudyValue]? {
    guard let value = value(key) else { return nil }
    guard case .sequence(let elements, _) = value else {
      throw error(key, "is \(value.kindName), expected a list", "Write [a, b, c].")
    }
    return elements
  }
}
