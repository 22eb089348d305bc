// The module's only file that touches pointers: memory shared between processes, and calls into C.

internal import CFloatEnvironment
internal import COpenBLAS
internal import CZlib

/// Read-only bytes in one place, never copied: a node's shared memory, or memory of our own.
public final class SharedBytes: @unchecked Sendable {
  // Unchecked: the memory is written by nobody for as long as this object lives; that is what `init(borrowing:owner:)`
  // asks of its caller, and memory of our own is filled before anyone else sees it.
  private let memory: UnsafeRawBufferPointer
  private let owner: AnyObject?
  private let isOwned: Bool

  /// Copies the bytes to memory aligned to 64 bytes.
  public convenience init(_ bytes: [UInt8]) {
    self.init(copying: bytes.span.bytes)
  }

  package init(copying bytes: RawSpan) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.byteCount, 1), alignment: 64)
    bytes.withUnsafeBytes { copy.copyMemory(from: $0) }
    memory = UnsafeRawBufferPointer(start: copy.baseAddress, count: bytes.byteCount)
    owner = nil
    isOwned = true
  }

  /// Uses memory in place.
  ///
  /// - Parameters:
  ///   - bytes: memory that nobody writes to while this object lives. Where it isn't aligned to 32 bytes it is copied.
  ///   - owner: kept alive as long as this object.
  public init(borrowing bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
    if Int(bitPattern: bytes.baseAddress) % MemoryLayout<Lanes>.alignment == 0 {
      memory = bytes
      self.owner = owner
      isOwned = false
    } else {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 64)
      copy.copyMemory(from: bytes)
      memory = UnsafeRawBufferPointer(start: copy.baseAddress, count: bytes.count)
      self.owner = nil
      isOwned = true
    }
  }

  deinit {
    if isOwned { memory.deallocate() }
  }

  public var count: Int { memory.count }

  /// Whether the bytes are read where the caller of `init(borrowing:owner:)` has them.
  public var isInPlace: Bool { !isOwned }

  /// Calls `body` with the bytes.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(memory)
  }

  /// Calls `body` with `count` values that begin at byte `offset`.
  @inline(__always)
  func withSpan<Element: BitwiseCopyable, Result>(
    of type: Element.Type, offset: Int, count: Int, _ body: (Span<Element>) -> Result
  ) -> Result {
    precondition(
      offset >= 0 && count >= 0 && offset % MemoryLayout<Element>.alignment == 0
        && offset + count * MemoryLayout<Element>.stride <= memory.count, "outside the shared memory")
    let part = UnsafeRawBufferPointer(rebasing: memory[offset..<(offset + count * MemoryLayout<Element>.stride)])
    return body(part.assumingMemoryBound(to: type).span)
  }
}

extension [UInt8] {
  /// Appends the values' bytes as they lie in memory.
  mutating func append<Value: BitwiseCopyable>(bytesOf values: Span<Value>) {
    values.withUnsafeBufferPointer { append(contentsOf: UnsafeRawBufferPointer($0)) }
  }

  /// The value whose bytes begin at `offset`, which must lie inside.
  func load<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
  }

  /// Copies the bytes that begin at `offset` over the values.
  func copy<Value: BitwiseCopyable>(from offset: Int, to values: inout [Value]) {
    withUnsafeBytes { source in
      values.withUnsafeMutableBytes {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[offset..<(offset + $0.count)]))
      }
    }
  }

  /// The CRC-32 of the first `count` bytes.
  func checksum(count: Int) -> UInt32 {
    withUnsafeBytes { bytes in
      UInt32(truncatingIfNeeded: crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count))
    }
  }
}

extension SIMD8<Float> {
  /// The eight bit patterns.
  @inline(__always)
  var bitPatterns: SIMD8<UInt32> { unsafeBitCast(self, to: SIMD8<UInt32>.self) }

  @inline(__always)
  init(bitPatterns: SIMD8<UInt32>) { self = unsafeBitCast(bitPatterns, to: SIMD8<Float>.self) }
}

extension SIMD8<Float> {
  /// The eight square roots, correctly rounded.
  @inline(__always)
  var squareRoots: SIMD8<Float> {
    SIMD8(lowHalf: float_environment_square_roots(lowHalf), highHalf: float_environment_square_roots(highHalf))
  }
}

/// The whole content of a file, unpacked if it is gzipped.
func readFile(_ path: String) throws(DataError) -> [UInt8] {
  guard let file = gzopen(path, "rb") else {
    throw DataError(
      file: path, problem: "the file cannot be opened", advice: "Check that it exists and that you may read it")
  }
  gzbuffer(file, 1 << 17)
  var bytes: [UInt8] = []
  var got: Int32 = 0
  repeat {
    let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      got = gzread(file, buffer.baseAddress, UInt32(buffer.count))
      count = Int(max(got, 0))
    }
    bytes += chunk
  } while got > 0
  let closed = gzclose_r(file)
  guard got == 0, closed == Z_OK else {
    throw DataError(
      file: path, problem: closed == Z_BUF_ERROR ? "the packed file breaks off" : "the file cannot be read to its end",
      advice: "Fetch or write it again; a packed file must be a whole gzip file")
  }
  return bytes
}

/// Runs `body` with denormal numbers taken for zero on this thread: they cost Adam half its speed and no model gains by
/// them.
@inline(__always)
package func withDenormalsFlushed<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = float_environment_flush_denormals()
  defer { float_environment_restore(before) }
  return try body()
}

/// OpenBLAS with a single thread, for the whole process: the ranks and their training threads already fill the cores, and
/// sums must not depend on a number of threads.
let singleThreadedBLAS: Void = openblas_set_num_threads(1)

/// C ← A·B, where either factor may be stored transposed. Strides are in floats; C begins at
/// lane `cOffset`.
@inline(__always)
func multiplyByBLAS(
  _ a: Span<Lanes>, transposed aIsTransposed: Bool, stride aStride: Int,
  _ b: Span<Lanes>, transposed bIsTransposed: Bool, stride bStride: Int,
  into c: inout MutableSpan<Lanes>, at cOffset: Int, stride cStride: Int, rows: Int, columns: Int, inner: Int
) {
  precondition(
    a.count * 8 >= (aIsTransposed ? inner : rows) * aStride
      && b.count * 8 >= (bIsTransposed ? columns : inner) * bStride
      && cOffset >= 0 && (c.count - cOffset) * 8 >= rows * cStride, "a matrix is smaller than its shape")
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      c.withUnsafeMutableBufferPointer { c in
        // The precondition has seen that none is empty, and a buffer that isn't has an address.
        // swift-format-ignore: NeverForceUnwrap
        cblas_sgemm(
          CblasRowMajor, aIsTransposed ? CblasTrans : CblasNoTrans, bIsTransposed ? CblasTrans : CblasNoTrans,
          blasint(rows), blasint(columns), blasint(inner), 1,
          UnsafeRawPointer(a.baseAddress!).assumingMemoryBound(to: Float.self), blasint(aStride),
          UnsafeRawPointer(b.baseAddress!).assumingMemoryBound(to: Float.self), blasint(bStride), 0,
          UnsafeMutableRawPointer(c.baseAddress! + cOffset).assumingMemoryBound(to: Float.self), blasint(cStride))
      }
    }
  }
}
