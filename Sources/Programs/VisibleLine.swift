/// A line as a person sees it on a terminal: what a program that draws bars and colours has printed last.
package enum VisibleLine {
  private static let (escape, carriageReturn, bell): (UInt8, UInt8, UInt8) = (0x1B, 0x0D, 0x07)
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What a line shows: behind its last carriage return, without control sequences (ECMA-48, 5.4) and without a byte-order
  /// mark. O(bytes); the line itself where there is nothing to take out.
  package static func of(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var visible = line
    while visible.last == carriageReturn { visible.removeLast() }
    if let last = visible.lastIndex(of: carriageReturn) { visible = visible[(last + 1)...] }
    if visible.contains(escape) { visible = plain(visible)[...] }
    if visible.starts(with: byteOrderMark) { visible = visible.dropFirst(byteOrderMark.count) }
    return visible
  }

  private static func plain(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var plain: [UInt8] = []
    var rest = line
    while let start = rest.firstIndex(of: escape) {
      plain += rest[..<start]
      rest = rest[(start + 1)...]
      switch rest.first {
      case UInt8(ascii: "["):
        // Parameters and intermediate bytes, up to the final byte.
        let end = rest.dropFirst().firstIndex { 0x40...0x7E ~= $0 }
        rest = end.map { rest[($0 + 1)...] } ?? []
      case UInt8(ascii: "]"):
        // A text for the terminal itself, such as its title, up to BEL or ESC \.
        let end = rest.firstIndex { $0 == bell || $0 == escape }
        rest = end.map { rest[($0 + 1)...] } ?? []
        if let end, line[end] == escape { rest = rest.dropFirst() }
      default: rest = rest.dropFirst()
      }
    }
    return plain + rest
  }
}
