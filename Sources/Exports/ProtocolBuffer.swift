/// A message of Protocol Buffers under construction (developers.google.com/protocol-buffers/docs/encoding): the few kinds of
/// fields that TensorBoard's files have.
struct ProtocolBuffer {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ field: Int, integer value: Int) {
    key(field, wire: 0)
    variable(UInt64(bitPattern: Int64(value)))
  }

  mutating func put(_ field: Int, double value: Double) {
    key(field, wire: 1)
    unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes += $0 }
  }

  mutating func put(_ field: Int, float value: Float) {
    key(field, wire: 5)
    unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) { unsafe bytes += $0 }
  }

  mutating func put(_ field: Int, text: String) { put(field, bytes: Array(text.utf8)) }

  mutating func put(_ field: Int, bytes content: [UInt8]) {
    key(field, wire: 2)
    variable(UInt64(content.count))
    bytes += content
  }

  mutating func put(_ field: Int, _ build: (inout ProtocolBuffer) -> Void) {
    var message = ProtocolBuffer()
    build(&message)
    put(field, bytes: message.bytes)
  }

  private mutating func key(_ field: Int, wire: Int) { variable(UInt64(field << 3 | wire)) }

  private mutating func variable(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }
}

/// Records with their lengths and checksums, as TensorFlow frames them (`tensorflow/core/lib/io/record_writer.h`).
struct RecordFile {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ record: [UInt8]) {
    let length = unsafe withUnsafeBytes(of: UInt64(record.count).littleEndian) { unsafe [UInt8]($0) }
    bytes += length
    append(checksum: length)
    bytes += record
    append(checksum: record)
  }

  private mutating func append(checksum content: [UInt8]) {
    unsafe withUnsafeBytes(of: Self.masked(content).littleEndian) { unsafe bytes += $0 }
  }

  /// The CRC-32C, rotated and shifted so that the checksum of a text that holds a checksum is no special case.
  static func masked(_ content: [UInt8]) -> UInt32 {
    let sum = checksum(content)
    return (sum >> 15 | sum << 17) &+ 0xA282_EAD8
  }

  /// CRC-32C (RFC 3720, appendix B.4).
  static func checksum(_ content: [UInt8]) -> UInt32 {
    ~content.reduce(UInt32.max) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ sum >> 8 }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
  }
}
