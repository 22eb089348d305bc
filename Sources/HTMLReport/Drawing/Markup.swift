internal import Files

/// HTML and SVG under construction.
///
/// Only literals of this program go in as they are. All other text is escaped, and what a reader would not see (control
/// characters, marks that turn the direction of writing) is made visible, so that no name from outside is ever markup.
package struct Markup: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  struct Attribute: Sendable {
    let name: StaticString
    let value: String

    init(_ name: StaticString, _ value: String) { (self.name, self.value) = (name, value) }
    init(_ name: StaticString, _ value: Int) { self.init(name, String(value)) }
    init(_ name: StaticString, _ value: Double) { self.init(name, Markup.coordinate(value)) }
    /// A number that is read back: all its digits.
    init(_ name: StaticString, exactly value: Double) { self.init(name, "\(value)") }
  }

  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ other: Markup) { bytes += other.bytes }

  /// Bytes that are markup already, or that can't be: base64, an asset of this program.
  mutating func append(trusted other: [UInt8]) { bytes += other }

  /// Text from anywhere.
  package mutating func text(_ text: String) {
    for byte in text.visible(keepingLines: true).utf8 {
      switch byte {
      case UInt8(ascii: "&"): raw("&amp;")
      case UInt8(ascii: "<"): raw("&lt;")
      case UInt8(ascii: ">"): raw("&gt;")
      case UInt8(ascii: "\""): raw("&quot;")
      case UInt8(ascii: "'"): raw("&#39;")
      // Of a line's end the other half says enough.
      case UInt8(ascii: "\r"): break
      default: bytes.append(byte)
      }
    }
  }

  mutating func element(
    _ name: StaticString, class kind: String? = nil, _ attributes: [Attribute] = [], _ content: (inout Markup) -> Void
  ) {
    open(name, kind, attributes)
    raw(">")
    content(&self)
    raw("</")
    raw(name)
    raw(">")
  }

  mutating func element(
    _ name: StaticString, class kind: String? = nil, _ attributes: [Attribute] = [], text content: String
  ) {
    element(name, class: kind, attributes) { $0.text(content) }
  }

  /// An element without content.
  mutating func single(_ name: StaticString, class kind: String? = nil, _ attributes: [Attribute] = []) {
    open(name, kind, attributes)
    raw("/>")
  }

  private mutating func open(_ name: StaticString, _ kind: String?, _ attributes: [Attribute]) {
    raw("<")
    raw(name)
    if let kind { put(Attribute("class", kind)) }
    for attribute in attributes { put(attribute) }
  }

  private mutating func put(_ attribute: Attribute) {
    raw(" ")
    raw(attribute.name)
    raw("=\"")
    text(attribute.value)
    raw("\"")
  }

  /// A number of pixels, to a tenth.
  static func coordinate(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let (whole, rest) = (abs(tenths) / 10, abs(tenths) % 10)
    return "\(tenths < 0 ? "-" : "")\(whole)\(rest == 0 ? "" : ".\(rest)")"
  }
}
