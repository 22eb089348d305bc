package import TuningTypes

extension StudyValue.Scalar {
  package var isNull: Bool { !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) }

  /// The value by YAML 1.2's core schema (section 10.3.2): `yes` and `off` are texts, a quoted `1` is one too, `0o17` and `0x1F`
  /// are whole numbers.
  package var parameterValue: ParameterValue {
    if isQuoted { return .text(text) }
    if ["true", "True", "TRUE"].contains(text) { return .flag(true) }
    if ["false", "False", "FALSE"].contains(text) { return .flag(false) }
    if let digits = text.digits(after: "0o"), let whole = Int(digits, radix: 8) { return .integer(whole) }
    if let digits = text.digits(after: "0x"), let whole = Int(digits, radix: 16) { return .integer(whole) }
    if text.isWholeNumber { return Int(text).map { .integer($0) } ?? .real(Double(text) ?? .infinity) }
    if text.isDecimal, let real = Double(text) { return .real(real) }
    switch text.drop(while: { "+-".contains($0) }) {
    case ".inf", ".Inf", ".INF": return text.first == "-" ? .real(-.infinity) : .real(.infinity)
    case ".nan" where text.first == ".", ".NaN" where text.first == ".", ".NAN" where text.first == ".":
      return .real(.nan)
    default: return .text(text)
    }
  }

  /// A whole number that is too long for an `Int`.
  var isTooLong: Bool {
    if isQuoted { return false }
    if let digits = text.digits(after: "0o") { return Int(digits, radix: 8) == nil && digits.allSatisfy(\.isOctal) }
    if let digits = text.digits(after: "0x") { return Int(digits, radix: 16) == nil && digits.allSatisfy(\.isHexDigit) }
    return text.isWholeNumber && Int(text) == nil
  }
}

extension Character {
  fileprivate var isOctal: Bool { ("0"..."7").contains(self) }
}

extension String {
  /// What follows a prefix, where anything does and it has no sign of its own.
  fileprivate func digits(after prefix: String) -> Substring? {
    guard hasPrefix(prefix), let first = dropFirst(prefix.count).first, first.isHexDigit else { return nil }
    return dropFirst(prefix.count)
  }

  /// `[-+]? [0-9]+`
  fileprivate var isWholeNumber: Bool {
    let digits =
      utf8.first.map { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") } ?? false ? utf8.dropFirst() : utf8[...]
    return !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
  fileprivate var isDecimal: Bool {
    wholeMatch(of: /[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?/) != nil
  }
}
