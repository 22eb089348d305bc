/// Text from outside as it may be shown: a name, a reason or a path may hold what a terminal would obey.
extension String {
  /// In one line, control characters made visible: `\x1B`, `\x0A`, `\u{202E}`; a byte of the system's that is no UTF-8 as
  /// `\xE9`.
  package var visible: String { visible(keepingLines: false) }

  /// - Parameter keepingLines: line ends (LF, CR LF) and tabs stay as they are.
  package func visible(keepingLines: Bool) -> String {
    guard unicodeScalars.contains(where: { $0.isHidden && !(keepingLines && $0.isLayout) }) else { return self }
    var text = ""
    let scalars = Array(unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      let endsLine = scalar == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n"
      if !scalar.isHidden || keepingLines && (scalar.isLayout || endsLine) {
        text.unicodeScalars.append(scalar)
      } else if let byte = scalar.systemByte {
        text += "\\x" + Self.digits(UInt32(byte), count: 2)
      } else if scalar.value < 0x100 {
        text += "\\x" + Self.digits(scalar.value, count: 2)
      } else {
        text += "\\u{" + Self.digits(scalar.value, count: 4) + "}"
      }
    }
    return text
  }

  private static func digits(_ value: UInt32, count: Int) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: Swift.max(0, count - digits.count)) + digits
  }
}

extension Unicode.Scalar {
  /// It is not seen, or changes how others are seen: a control character, a mark that turns the writing's direction or hides.
  fileprivate var isHidden: Bool {
    switch value {
    case 0x00..<0x20, 0x7F..<0xA0, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF, 0xFFF9...0xFFFB:
      true
    default: systemByte != nil
    }
  }

  fileprivate var isLayout: Bool { self == "\n" || self == "\t" }
}
