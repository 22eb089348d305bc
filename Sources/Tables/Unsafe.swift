// The module's only file that touches pointers: bytes of numbers, and calls into zlib.

internal import CZlib
internal import Files
internal import Glibc

extension [UInt8] {
  /// Appends the values' bytes as they lie in memory.
  mutating func append<Value: BitwiseCopyable>(bytesOf values: Span<Value>) {
    unsafe values.withUnsafeBufferPointer { unsafe append(contentsOf: UnsafeRawBufferPointer($0)) }
  }

  /// The value whose bytes begin at `offset`, which must lie inside.
  func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
    unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// Copies the bytes that begin at `offset` over the values.
  func copy<Value: BitwiseCopyable>(from offset: Int, to values: inout [Value]) {
    unsafe withUnsafeBytes { source in
      unsafe values.withUnsafeMutableBytes {
        unsafe $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + $0.count)]))
      }
    }
  }

  /// The CRC-32 of the first `count` bytes.
  func checksum(count: Int) -> UInt32 {
    unsafe withUnsafeBytes { bytes in
      unsafe UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count))
    }
  }
}

/// The whole content of a file, unpacked if it is gzipped.
///
/// - Parameter isText: what lies behind a first chunk with a zero byte is not read: who asked for text will refuse it.
/// - Throws: ``DataError`` where it can't be read, or would take more of this machine's memory than it can spare.
package func readFile(_ path: String, isText: Bool = false) throws(DataError) -> [UInt8] {
  guard let file = unsafe path.withSystemPath({ unsafe gzopen($0, "rb") }) else {
    throw DataError(
      file: path, problem: "the file cannot be opened", advice: "Check that it exists and that you may read it")
  }
  unsafe gzbuffer(file, 1 << 17)
  var bytes: [UInt8] = []
  var got: Int32 = 0
  let limit = largestFile
  var isOver = false
  repeat {
    let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      got = unsafe gzread(file, buffer.baseAddress, UInt32(buffer.count))
      count = Int(max(got, 0))
    }
    isOver = bytes.count + chunk.count > limit
    if !isOver { bytes += chunk }
    if isText, chunk.contains(0), !bytes.startsAsWideText { break }
  } while got > 0 && !isOver
  if isOver {
    let isPacked = unsafe gzdirect(file) == 0
    unsafe gzclose_r(file)
    throw DataError(
      file: path, problem: "the file has more than \(limit >> 20) MiB\(isPacked ? " once it is unpacked" : "")",
      advice: "That is a quarter of the memory that this process may use; give it fewer rows, or more memory")
  }
  if got > 0 {
    unsafe gzclose_r(file)
    return bytes
  }
  let closed = unsafe gzclose_r(file)
  guard got == 0, closed == Z_OK else {
    throw DataError(
      file: path, problem: closed == Z_BUF_ERROR ? "the packed file breaks off" : "the file cannot be read to its end",
      advice: "Fetch or write it again; a packed file must be a whole gzip file")
  }
  return bytes
}

/// How many bytes of a file are taken: a quarter of the memory that there is, or that `ulimit -v` and `ulimit -d` leave. What is
/// made of a file takes as much again, and more.
private var largestFile: Int {
  var memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
  for resource in [RLIMIT_AS, RLIMIT_DATA] {
    if let limit = SystemError.limit(of: resource) { memory = min(memory, Int(limit)) }
  }
  return max(memory / 4, 1 << 24)
}

extension [UInt8] {
  /// It begins with the byte-order mark of UTF-16, whose text has zero bytes.
  fileprivate var startsAsWideText: Bool { starts(with: [0xFF, 0xFE]) || starts(with: [0xFE, 0xFF]) }
}
