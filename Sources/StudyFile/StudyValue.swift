internal import Yams

/// A YAML document as plain values that remember their line, so that every later complaint can name it.
public indirect enum StudyValue: Sendable, Hashable {
  case scalar(Scalar)
  case sequence([StudyValue], line: Int?)
  case mapping([Entry], line: Int?)

  public struct Scalar: Sendable, Hashable {
    public var text: String
    /// Quoted in the file, and so a text whatever it looks like.
    public var isQuoted: Bool
    public var line: Int?
  }

  public struct Entry: Sendable, Hashable {
    public var key: String
    public var keyLine: Int?
    public var value: StudyValue
    /// The option that put the value here, where the file did not.
    public var option: String?
  }

  public var line: Int? {
    switch self {
    case .scalar(let scalar): scalar.line
    case .sequence(_, let line), .mapping(_, let line): line
    }
  }

  /// How an error message calls what stands there.
  public var kindName: String {
    switch self {
    case .scalar(let scalar): scalar.text.isEmpty && !scalar.isQuoted ? "nothing" : "'\(scalar.text)'"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// Parses one YAML document.
  ///
  /// - Parameter source: what error messages call the text, usually the file's path.
  /// - Throws: ``StudyError`` with the line that YAML stumbles over.
  public static func parse(_ text: String, source: String) throws(StudyError) -> StudyValue {
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw StudyError(yaml: error, in: text, source: source)
    }
    guard let node else {
      throw StudyError(
        source: source, problem: "the file is empty", advice: "Run 'ash-mpi init' for a study to start from.")
    }
    var count = 0
    return try StudyValue(node, source: source, count: &count)
  }

  /// As many values as a file may have once its aliases are written out: some of a few bytes would fill any memory.
  private static let mostValues = 1_000_000

  private init(_ node: Node, source: String, count: inout Int) throws(StudyError) {
    let line = node.mark?.line
    count += 1
    guard count <= Self.mostValues else {
      throw StudyError(
        source: source, line: line,
        problem: "the file has more than \(Self.mostValues) values once its aliases (*name) are written out",
        advice: "Write a smaller one.")
    }
    switch node {
    case .scalar(let scalar):
      let isQuoted = scalar.style != .plain && scalar.style != .any
      self = .scalar(Scalar(text: scalar.string, isQuoted: isQuoted, line: line))
    case .sequence(let sequence):
      var values: [StudyValue] = []
      for element in sequence { values.append(try StudyValue(element, source: source, count: &count)) }
      self = .sequence(values, line: line)
    case .mapping(let mapping):
      var entries: [Entry] = []
      var lines: [String: Int] = [:]
      for (key, value) in mapping {
        guard case .scalar(let name) = key else {
          throw StudyError(
            source: source, line: key.mark?.line, problem: "a key is not a plain word",
            advice: "Write 'key: value'.")
        }
        if let first = lines.updateValue(key.mark?.line ?? 0, forKey: name.string) {
          throw StudyError(
            source: source, line: key.mark?.line, key: name.string,
            problem: "the key stands here again, after line \(first)", advice: "Keep one of the two.")
        }
        entries.append(
          Entry(key: name.string, keyLine: key.mark?.line, value: try StudyValue(value, source: source, count: &count)))
      }
      self = .mapping(entries, line: line)
    case .alias:
      throw StudyError(
        source: source, line: line, problem: "an alias stands for nothing", advice: "Write the value out.")
    }
  }

  /// The tree with the value at `path` replaced or added; mappings on the way are made where they are missing.
  ///
  /// - Parameter option: what error messages about the value call its source.
  func setting(_ path: ArraySlice<String>, to value: StudyValue, option: String) -> StudyValue {
    guard var head = path.first else { return value }
    var entries: [Entry] = []
    if case .mapping(let present, _) = self { entries = present }
    var rest = path.dropFirst()
    // A key that is there may have dots of its own: the longest counts.
    for count in stride(from: path.count, to: 1, by: -1) {
      let joined = path.prefix(count).joined(separator: ".")
      guard entries.contains(where: { $0.key == joined }) else { continue }
      (head, rest) = (joined, path.dropFirst(count))
      break
    }
    let at = entries.firstIndex { $0.key == head } ?? entries.endIndex
    var isReplaced = rest.isEmpty || at == entries.endIndex
    if at == entries.endIndex { entries.append(Entry(key: head, keyLine: nil, value: .mapping([], line: nil))) }
    if case .mapping = entries[at].value {} else { isReplaced = true }
    if isReplaced { (entries[at].option, entries[at].keyLine) = (option, nil) }
    entries[at].value = entries[at].value.setting(rest, to: value, option: option)
    return .mapping(entries, line: line)
  }
}

extension StudyError {
  fileprivate init(yaml error: any Error, in text: String, source: String) {
    let advice = "Mind the indentation, and quote texts that hold ':' or '#'."
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
      .composer(_, let problem, let mark, _)?:
      let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
      let line = lines.indices.contains(mark.line - 1) ? lines[mark.line - 1] : ""
      let special: String? =
        if line.prefix(while: \.isWhitespace).contains("\t") {
          "The line begins with a tab: indent with blanks."
        } else if problem.contains("escape character") {
          "Between double quotation marks '\\' begins an escape: use single ones."
        } else {
          nil
        }
      self.init(source: source, line: mark.line, problem: "not valid YAML: \(problem)", advice: special ?? advice)
    case .duplicatedKeysInMapping(let keys, let context)?:
      let places = keys.map { (line: Self.line(ofSecond: $0, inMappingAt: context.mark, of: text), key: $0) }
      let first = places.min { $0 < $1 }
      self.init(
        source: source, line: first?.line ?? context.mark.line, key: first?.key, problem: "the key stands here twice",
        advice: "Keep one of the two.")
    case .reader(let problem, let offset, _, _)?:
      let line = offset.map { text.utf8.prefix($0).count { $0 == UInt8(ascii: "\n") } + 1 }
      self.init(
        source: source, line: line, problem: "not valid YAML: \(problem)",
        advice: "A study is plain text; is this the right file?")
    default:
      self.init(source: source, problem: "not valid YAML: \(error)", advice: advice)
    }
  }

  /// The line on which a key stands for the second time, or the mapping's own where the mapping is written in braces.
  ///
  /// All keys of a mapping without braces begin in the column in which the mapping begins, and those of the mappings in
  /// it further right.
  private static func line(ofSecond key: String, inMappingAt mark: Mark, of text: String) -> Int {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    var isFirst = true
    for number in mark.line..<(lines.count + 1) {
      let line = lines[number - 1]
      let start = line.prefix(mark.column - 1)
      guard number == mark.line || start.allSatisfy({ $0 == " " }) else { continue }
      let rest = line.dropFirst(mark.column - 1).filter { !"\"'".contains($0) }
      guard rest.hasPrefix(key), rest.dropFirst(key.count).first(where: { $0 != " " }) == ":" else { continue }
      if !isFirst { return number }
      isFirst = false
    }
    return mark.line
  }
}
