internal import Text

/// Numbers for the page's script: columns of plain little-endian numbers, one after the other, packed.
struct Columns: Sendable {
  enum Kind: String, Sendable { case u8, u16, u32, f32 }

  private var bytes: [UInt8] = []
  private var entries: [JSONValue.Member] = []

  /// What a column of 16 bits has where there is no value.
  static let absent = UInt16.max

  /// The position on an axis as a number of 16 bits.
  static func quantised(_ position: Double?) -> UInt16 {
    position.map { UInt16(min(max($0, 0), 1) * 65534) } ?? absent
  }

  mutating func add(_ name: String, _ values: [UInt8]) {
    begin(name, .u8, values.count, alignment: 1)
    bytes += values
  }

  mutating func add(_ name: String, _ values: [UInt16]) {
    begin(name, .u16, values.count, alignment: 2)
    bytes.reserveCapacity(bytes.count + 2 * values.count)
    for value in values {
      bytes.append(UInt8(truncatingIfNeeded: value))
      bytes.append(UInt8(truncatingIfNeeded: value >> 8))
    }
  }

  mutating func add(_ name: String, _ values: [UInt32]) {
    begin(name, .u32, values.count, alignment: 4)
    bytes.reserveCapacity(bytes.count + 4 * values.count)
    for value in values { append(value) }
  }

  mutating func add(_ name: String, _ values: [Float]) {
    begin(name, .f32, values.count, alignment: 4)
    bytes.reserveCapacity(bytes.count + 4 * values.count)
    for value in values { append(value.isNaN ? Float.nan.bitPattern : value.bitPattern) }
  }

  private mutating func append(_ value: UInt32) {
    for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  private mutating func begin(_ name: String, _ kind: Kind, _ count: Int, alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
    entries.append(.init(name, [.text(kind.rawValue), .integer(bytes.count), .integer(count)]))
  }

  /// Where each column is: its kind, its first byte, and how many numbers it has.
  var layout: JSONValue { .object(entries) }

  /// The columns' bytes, packed, in base64.
  var text: [UInt8] { Base64.text(of: packed(bytes) ?? []) }
}
