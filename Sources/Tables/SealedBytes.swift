/// A file format: four bytes that name the kind, a version, values one after another, and a CRC-32 over all of it at the end.
///
/// Values lie in the machine's own byte order.
package struct SealedWriter {
  private(set) var bytes: [UInt8]

  package init(kind: String, version: UInt32) {
    bytes = Array(kind.utf8)
    write(version)
  }

  package mutating func write<Value: BitwiseCopyable>(_ value: Value) {
    bytes.append(bytesOf: [value].span)
  }

  /// Writes how many values there are, and the values.
  package mutating func write<Value: BitwiseCopyable>(_ values: [Value]) {
    write(UInt64(values.count))
    bytes.append(bytesOf: values.span)
  }

  package consuming func sealed() -> [UInt8] {
    write(bytes.checksum(count: bytes.count))
    return bytes
  }
}

/// Reads what ``SealedWriter`` wrote.
package struct SealedReader {
  private let bytes: [UInt8]
  private var position = 8

  /// Checks kind, version and checksum.
  package init(_ bytes: [UInt8], kind: String, version: UInt32) throws(CheckpointError) {
    self.bytes = bytes
    guard bytes.count >= 12, bytes.prefix(4).elementsEqual(kind.utf8) else {
      throw .damaged("it doesn't begin as one")
    }
    guard bytes.checksum(count: bytes.count - 4) == bytes.load(UInt32.self, at: bytes.count - 4) else {
      throw .damaged("its checksum is wrong")
    }
    let found = bytes.load(UInt32.self, at: 4)
    guard found == version else { throw .unsupportedVersion(found: Int(found), expected: Int(version)) }
  }

  private var rest: Int { bytes.count - 4 - position }

  package mutating func read<Value: BitwiseCopyable>(_ type: Value.Type = Value.self) throws(CheckpointError) -> Value {
    guard rest >= MemoryLayout<Value>.size else { throw .damaged("it is too short") }
    defer { position += MemoryLayout<Value>.stride }
    return bytes.load(type, at: position)
  }

  /// Throws where so many values, and how many they are, don't fit into what is left.
  package func expect<Value: BitwiseCopyable>(_ count: Int, of type: Value.Type) throws(CheckpointError) {
    guard count <= (rest - MemoryLayout<UInt64>.size) / MemoryLayout<Value>.stride else {
      throw .damaged("it is shorter than its header says")
    }
  }

  /// Reads values into an array that has room for exactly as many.
  package mutating func read<Value: BitwiseCopyable>(into values: inout [Value]) throws(CheckpointError) {
    let count = try read(UInt64.self)
    guard count == UInt64(values.count), rest >= values.count * MemoryLayout<Value>.stride else {
      throw .damaged("it holds \(count) values where \(values.count) belong")
    }
    bytes.copy(from: position, to: &values)
    position += values.count * MemoryLayout<Value>.stride
  }

  /// Reads bytes, as many as there are.
  package mutating func readBytes() throws(CheckpointError) -> [UInt8] {
    let count = try read(UInt64.self)
    guard count <= UInt64(rest) else { throw .damaged("it is too short") }
    defer { position += Int(count) }
    return Array(bytes[position..<(position + Int(count))])
  }

  package func end() throws(CheckpointError) {
    guard rest == 0 else { throw .damaged("it is too long") }
  }
}
