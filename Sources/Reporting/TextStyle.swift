internal import Files
internal import Glibc

/// How text for a person may look where it goes: wide or narrow, in colours or without, in Unicode or in ASCII alone.
public struct TextStyle: Hashable, Sendable {
  /// Whether colours are used.
  public enum Colors: String, Sendable, CaseIterable { case auto, always, never }

  /// Lines are no longer than this; nil: as long as they come.
  public var columns: Int?
  public var isColored: Bool
  public var isUnicode: Bool

  public init(columns: Int? = nil, isColored: Bool = false, isUnicode: Bool = true) {
    (self.columns, self.isColored, self.isUnicode) = (columns, isColored, isUnicode)
  }

  /// What suits this process's standard output.
  ///
  /// Colours by https://no-color.org and https://bixense.com/clicolors: `NO_COLOR` off, `CLICOLOR_FORCE` on, else on a terminal that
  /// is not dumb. Unicode by the locale.
  public static func ofOutput(_ colors: Colors = .auto) -> TextStyle {
    let terminal = Terminal.current()
    let isColored =
      switch colors {
      case .always: true
      case .never: false
      case .auto:
        variable("NO_COLOR") == nil
          && (variable("CLICOLOR_FORCE").map { $0 != "0" } ?? false || terminal != nil)
      }
    return TextStyle(columns: terminal?.columns, isColored: isColored, isUnicode: isUnicodeLocale)
  }

  /// The first of the variables that is set says what the locale's characters are.
  private static var isUnicodeLocale: Bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first ?? ""
    // Without any, as in a container or a batch job, the program's other output is UTF-8 as well.
    return locale.isEmpty || locale.lowercased().contains("utf-8") || locale.lowercased().contains("utf8")
  }

  /// A variable of the environment that is set to something.
  private static func variable(_ name: String) -> String? {
    guard let text = unsafe getenv(name).map({ unsafe String(cString: $0) }), !text.isEmpty else { return nil }
    return text
  }
}

/// A line of text for a person, and what it is.
struct StyledLine: Hashable {
  enum Kind: Hashable { case plain, good, warning, bad, heading }

  var text: String
  var kind = Kind.plain

  init(_ text: String, _ kind: Kind = .plain) { (self.text, self.kind) = (text, kind) }

  /// The line as it goes to a terminal or a file: cut, and nothing in it that a terminal would obey but its colours.
  func rendered(in style: TextStyle) -> String {
    var text = text.visible
    if !style.isUnicode { text = text.inASCII }
    if let columns = style.columns { text = String(text.prefix(max(1, columns - 1))) }
    guard style.isColored, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private var code: String? {
    switch kind {
    case .plain: nil
    case .good: "1;32"
    case .warning: "1;33"
    case .bad: "1;31"
    case .heading: "1"
    }
  }
}

extension String {
  /// What this program writes itself beyond ASCII, in ASCII; other characters stay.
  fileprivate var inASCII: String {
    String(map { Self.substitutes[$0] ?? $0 })
      .replacing("\u{2026}", with: "...")
  }

  private static let substitutes: [Character: Character] = {
    var all: [Character: Character] = ["–": "-", "×": "x", "·": "|", "›": ">"]
    for (block, letter) in zip(Sparkline.blocks, Sparkline.letters) { all[block] = letter }
    return all
  }()
}
