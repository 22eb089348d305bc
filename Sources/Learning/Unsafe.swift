// The module's only file that touches pointers: memory shared between processes, and calls into C.

internal import CFloatEnvironment
internal import CZlib
internal import Files
internal import Glibc

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
///
/// - Parameter isText: what lies behind a first chunk with a zero byte is not read: who asked for text will refuse it.
/// - Throws: ``DataError`` where it can't be read, or would take more of this machine's memory than it can spare.
func readFile(_ path: String, isText: Bool = false) throws(DataError) -> [UInt8] {
  guard let file = path.withSystemPath({ gzopen($0, "rb") }) else {
    throw DataError(
      file: path, problem: "the file cannot be opened", advice: "Check that it exists and that you may read it")
  }
  gzbuffer(file, 1 << 17)
  var bytes: [UInt8] = []
  var got: Int32 = 0
  let limit = largestFile
  var isOver = false
  repeat {
    let chunk = [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      got = gzread(file, buffer.baseAddress, UInt32(buffer.count))
      count = Int(max(got, 0))
    }
    isOver = bytes.count + chunk.count > limit
    if !isOver { bytes += chunk }
    if isText, chunk.contains(0), !bytes.startsAsWideText { break }
  } while got > 0 && !isOver
  if isOver {
    let isPacked = gzdirect(file) == 0
    gzclose_r(file)
    throw DataError(
      file: path, problem: "the file has more than \(limit >> 20) MiB\(isPacked ? " once it is unpacked" : "")",
      advice: "That is a quarter of the memory that this process may use; give it fewer rows, or more memory")
  }
  if got > 0 {
    gzclose_r(file)
    return bytes
  }
  let closed = gzclose_r(file)
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

/// Runs `body` with denormal numbers taken for zero on this thread: they cost Adam half its speed and no model gains by
/// them.
@inline(__always)
package func withDenormalsFlushed<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = float_environment_flush_denormals()
  defer { float_environment_restore(before) }
  return try body()
}

/// OpenBLAS, loaded when the first network is made and not when the program starts.
///
/// It can't say no: where it gets no thread it ends the process, and where it gets no memory it tries for ever. So it is told
/// to use this thread alone before it is there (the ranks already fill the cores, and sums must not depend on a number of
/// threads), and memory for its buffers is looked for first. Who trains with another program never loads it.
enum MatrixLibrary {
  /// CBLAS's `sgemm`, with 32-bit sizes.
  typealias Product =
    @convention(c) (
      _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ rows: Int32, _ columns: Int32, _ inner: Int32,
      _ alpha: Float, _ a: UnsafePointer<Float>, _ strideA: Int32, _ b: UnsafePointer<Float>, _ strideB: Int32,
      _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ strideC: Int32
    ) -> Void

  static let (rowMajor, asItIs, transposed): (Int32, Int32, Int32) = (101, 111, 112)

  /// Where it is looked for, by the dynamic loader's rules; the first that is there.
  private static let names = [
    "libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ]
  /// Names the library's file where it lies elsewhere.
  private static let pathVariable = "ASH_MPI_OPENBLAS"
  /// Bytes of address space that the library and its buffers for one thread may take.
  private static let space = 320 << 20

  static let product: Result<Product, LibraryError> = Result { () throws(LibraryError) in try load() }

  private static func load() throws(LibraryError) -> Product {
    try expect(space)
    let threads = "OPENBLAS_NUM_THREADS"
    let before = getenv(threads).map { String(cString: $0) }
    setenv(threads, "1", 1)
    defer { if let before { setenv(threads, before, 1) } else { unsetenv(threads) } }
    let named = getenv(pathVariable).map { String(cString: $0) }
    for name in named.map({ [$0] }) ?? names {
      guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      guard let symbol = dlsym(library, "cblas_sgemm") else {
        throw LibraryError(problem: "\(name) has no cblas_sgemm")
      }
      let product = unsafeBitCast(symbol, to: Product.self)
      // The first large product gets the library's buffer, while there is the memory that was looked for.
      let size = 256
      let ones = [Float](repeating: 1, count: size * size)
      var result = ones
      let width = Int32(size)
      product(rowMajor, asItIs, transposed, width, width, width, 1, ones, width, ones, width, 0, &result, width)
      return product
    }
    throw LibraryError(
      problem: "OpenBLAS, which networks are trained with, could not be loaded: "
        + "\(dlerror().map { String(cString: $0) } ?? "it was not found"). Install it (Debian: libopenblas0-pthread; a cluster: "
        + "module load openblas), or name its file in \(pathVariable)")
  }

  /// Throws where so many bytes of address space can't be had.
  private static func expect(_ bytes: Int) throws(LibraryError) {
    let found = mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let found, found != MAP_FAILED else {
      let limit = SystemError.limit(of: RLIMIT_AS).map { ", and this process may use \($0 >> 20) MiB in all" } ?? ""
      throw LibraryError(
        problem: "there is too little memory for OpenBLAS, which networks are trained with: it takes up to "
          + "\(bytes >> 20) MiB of addresses\(limit). Raise the limit: "
          + "ulimit -v, h_vmem or --mem of the job")
    }
    munmap(found, bytes)
  }
}

/// A library that networks can't be trained without, and why it is not there.
public struct LibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public var description: String { problem }
}

/// C ← A·B, where either factor may be stored transposed. Strides are in floats; C begins at
/// lane `cOffset`.
@inline(__always)
func multiplyByBLAS(
  _ a: Span<Lanes>, transposed aIsTransposed: Bool, stride aStride: Int,
  _ b: Span<Lanes>, transposed bIsTransposed: Bool, stride bStride: Int,
  into c: inout MutableSpan<Lanes>, at cOffset: Int, stride cStride: Int, rows: Int, columns: Int, inner: Int
) {
  guard case .success(let product) = MatrixLibrary.product else {
    preconditionFailure("who makes a network has looked whether the library is there")
  }
  precondition(
    a.count * 8 >= (aIsTransposed ? inner : rows) * aStride
      && b.count * 8 >= (bIsTransposed ? columns : inner) * bStride
      && cOffset >= 0 && (c.count - cOffset) * 8 >= rows * cStride, "a matrix is smaller than its shape")
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      c.withUnsafeMutableBufferPointer { c in
        // The precondition has seen that none is empty, and a buffer that isn't has an address.
        // swift-format-ignore: NeverForceUnwrap
        product(
          MatrixLibrary.rowMajor, aIsTransposed ? MatrixLibrary.transposed : MatrixLibrary.asItIs,
          bIsTransposed ? MatrixLibrary.transposed : MatrixLibrary.asItIs, Int32(rows), Int32(columns), Int32(inner), 1,
          UnsafeRawPointer(a.baseAddress!).assumingMemoryBound(to: Float.self), Int32(aStride),
          UnsafeRawPointer(b.baseAddress!).assumingMemoryBound(to: Float.self), Int32(bStride), 0,
          UnsafeMutableRawPointer(c.baseAddress! + cOffset).assumingMemoryBound(to: Float.self), Int32(cStride))
      }
    }
  }
}
