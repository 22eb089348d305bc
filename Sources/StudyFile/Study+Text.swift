internal import Files
internal import Text
internal import TuningTypes

extension Study {
  /// The top-level key that says where a study's relative paths start from, itself relative to the file that has it.
  static let directoryKey = "directory"

  /// The study as it is run, as a file of a folder: overrides merged in, and its relative paths leading where they led, so that
  /// `run FOLDER/study.yaml` runs the same study from anywhere.
  ///
  /// - Parameters:
  ///   - text: the file that the study was read from. Kept as it is, comments and all, where nothing has to be changed in it.
  ///   - folder: the absolute folder that the file is for.
  public func text(for folder: String, from text: String) -> String {
    let directory = Self.path(to: document.directory, from: folder)
    if overrides.isEmpty, !document.has(Self.directoryKey) {
      let line = "\(Self.directoryKey): \(StudyValue.quoted(directory))\n"
      let end = text.hasSuffix("\n") || text.isEmpty ? "" : "\n"
      let whole = text + end + "\n\(Self.additionMark)\n" + line
      // Behind a mapping in braces, or an end of the document, the line would be something else.
      if let value = try? StudyValue.parse(whole, source: ""), case .mapping(let entries, _) = value,
        entries.last?.key == Self.directoryKey
      {
        return whole
      }
    }
    var entries = document.entries.filter { $0.key != Self.directoryKey }
    entries.append(
      .init(key: Self.directoryKey, value: .scalar(.init(text: directory, isQuoted: true, line: nil))))
    return Self.wholeMark + "\n"
      + StudyValue.mapping(entries, line: nil).yaml
  }

  private static let wholeMark =
    "# As it was run: with what --set and --seed have changed. Relative paths start in `directory`."
  private static let additionMark = "# Added when it was run: relative paths start there."

  /// Whether ``text(for:from:)`` has made a study's file.
  public static func wasWritten(_ text: String) -> Bool {
    text.hasPrefix(wholeMark) || text.contains("\n\(additionMark)\n\(directoryKey): ")
  }

  /// Whether a study's file says where its relative paths start from.
  public static func saysDirectory(_ text: String) -> Bool {
    guard case .mapping(let entries, _)? = try? StudyValue.parse(text, source: "") else { return false }
    return entries.contains { $0.key == directoryKey }
  }

  /// The relative path where the one folder lies above the other, so that both may be moved together; else the absolute one. Where the
  /// way leads over a symbolic link, it is the folders themselves that lie so.
  private static func path(to directory: String, from folder: String) -> String {
    let target = Paths.resolved(directory).split(separator: "/")
    let start = Paths.resolved(folder).split(separator: "/")
    guard start.starts(with: target) else { return directory }
    let up = Array(repeating: "..", count: start.count - target.count)
    return up.isEmpty ? "." : up.joined(separator: "/")
  }
}

extension StudyValue {
  /// The value as YAML in block style; lists in brackets.
  var yaml: String {
    var text = ""
    append(to: &text, indentation: 0)
    return text
  }

  private func append(to text: inout String, indentation: Int) {
    guard case .mapping(let entries, _) = self, !entries.isEmpty else {
      text += " \(flow)\n"
      return
    }
    if indentation > 0 { text += "\n" }
    for entry in entries {
      text += String(repeating: " ", count: indentation) + Self.quoted(entry.key) + ":"
      entry.value.append(to: &text, indentation: indentation + 2)
    }
  }

  /// In one line.
  private var flow: String {
    switch self {
    case .scalar(let scalar):
      return scalar.isQuoted || !Self.isPlain(scalar.text) && !scalar.text.isEmpty
        ? Self.inQuotationMarks(scalar.text) : scalar.text
    case .sequence(let values, _): return "[" + values.map(\.flow).joined(separator: ", ") + "]"
    case .mapping(let entries, _):
      return "{" + entries.map { "\(Self.quoted($0.key)): \($0.value.flow)" }.joined(separator: ", ") + "}"
    }
  }

  /// A text as a plain word where YAML reads it as that text, otherwise in quotation marks.
  static func quoted(_ text: String) -> String {
    let scalar = Scalar(text: text, isQuoted: false, line: nil)
    let isText = scalar.parameterValue == .text(text) && !scalar.isNull
    return isPlain(text) && isText ? text : inQuotationMarks(text)
  }

  /// No character of it means anything to YAML.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-") || text.utf8.count > 1 && !text.hasPrefix("- ") else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "+")...UInt8(ascii: "9") ~= byte && byte != UInt8(ascii: ",") || byte == UInt8(ascii: "_")
    } && !text.hasPrefix("---") && !text.hasPrefix("...")
  }

  /// A JSON string, which is one of YAML's.
  private static func inQuotationMarks(_ text: String) -> String {
    var json = JSONText()
    json.append(text)
    return String(decoding: json.bytes, as: UTF8.self)
  }
}
