/// The number that the bytes spell, correctly rounded, or nil where they spell none.
///
/// Up to 15 digits with a small exponent, that is nearly every cell of a table, takes one exact division or product
/// (Clinger, *How to Read Floating Point Numbers Accurately*, PLDI 1990, the fast path); the rest goes to the standard
/// library.
func decimalNumber(_ text: Span<UInt8>) -> Double? {
  var index = 0
  let count = text.count
  guard count > 0 else { return nil }
  let negative = text[0] == UInt8(ascii: "-")
  if negative || text[0] == UInt8(ascii: "+") { index = 1 }
  var mantissa: UInt64 = 0
  var digits = 0
  var fraction = 0
  var seenPoint = false
  while index < count {
    let byte = text[index]
    if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      mantissa = mantissa &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
      digits += 1
      if seenPoint { fraction += 1 }
    } else if byte == UInt8(ascii: "."), !seenPoint {
      seenPoint = true
    } else {
      break
    }
    index += 1
  }
  guard index == count, digits > 0, digits <= 15 else { return numberByLibrary(text) }
  let value = Double(mantissa) / powersOfTen[fraction]
  return negative ? -value : value
}

/// 10⁰ … 10¹⁵, all exact.
private let powersOfTen: [Double] = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]

private func numberByLibrary(_ text: Span<UInt8>) -> Double? {
  // Hexadecimal floats and such are numbers to Swift, but words in a table.
  let allowed = "0123456789+-.eEinfINFtyTY".utf8
  var characters: [UInt8] = []
  characters.reserveCapacity(text.count)
  for index in text.indices {
    guard allowed.contains(text[index]) else { return nil }
    characters.append(text[index])
  }
  return Double(String(decoding: characters, as: UTF8.self))
}
