// The module's only file that touches pointers: calls into C.

internal import CFloatEnvironment
internal import Files
internal import Glibc
internal import Tables

extension SIMD8<Float> {
  /// The eight bit patterns.
  @inline(__always)
  var bitPatterns: SIMD8<UInt32> { unsafe unsafeBitCast(self, to: SIMD8<UInt32>.self) }

  @inline(__always)
  init(bitPatterns: SIMD8<UInt32>) { self = unsafe unsafeBitCast(bitPatterns, to: SIMD8<Float>.self) }
}

extension SIMD8<Float> {
  /// The eight square roots, correctly rounded.
  @inline(__always)
  var squareRoots: SIMD8<Float> {
    SIMD8(lowHalf: float_environment_square_roots(lowHalf), highHalf: float_environment_square_roots(highHalf))
  }
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
  private static let names = ["libopenblas.so.0", "libopenblas.so", "libopenblasp.so.0"]
  /// Names the library's file where it lies elsewhere.
  private static let pathVariable = "ASH_MPI_OPENBLAS"
  /// Bytes of address space that the library and its buffers for one thread may take.
  private static let space = 320 << 20

  static let product: Result<Product, LibraryError> = unsafe Result { () throws(LibraryError) in try unsafe load() }

  private static func load() throws(LibraryError) -> Product {
    try expect(space)
    let threads = "OPENBLAS_NUM_THREADS"
    let before = unsafe getenv(threads).map { unsafe String(cString: $0) }
    unsafe setenv(threads, "1", 1)
    defer { if let before { unsafe setenv(threads, before, 1) } else { unsafe unsetenv(threads) } }
    let named = unsafe getenv(pathVariable).map { unsafe String(cString: $0) }
    for name in named.map({ [$0] }) ?? names {
      guard let library = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
      guard let symbol = unsafe dlsym(library, "cblas_sgemm") else {
        throw LibraryError(problem: "\(name) has no cblas_sgemm")
      }
      let product = unsafe unsafeBitCast(symbol, to: Product.self)
      // The first large product gets the library's buffer, while there is the memory that was looked for.
      let size = 256
      let ones = [Float](repeating: 1, count: size * size)
      var result = ones
      let width = Int32(size)
      unsafe product(rowMajor, asItIs, transposed, width, width, width, 1, ones, width, ones, width, 0, &result, width)
      return unsafe product
    }
    let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "it was not found"
    throw LibraryError(
      problem: "OpenBLAS, which networks are trained with, could not be loaded: \(reason). Install it (Debian: "
        + "libopenblas0-pthread; a cluster: module load openblas), or name its file in \(pathVariable)")
  }

  /// Throws where so many bytes of address space can't be had.
  private static func expect(_ bytes: Int) throws(LibraryError) {
    let found = unsafe mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let found = unsafe found, unsafe found != MAP_FAILED else {
      let limit = SystemError.limit(of: RLIMIT_AS).map { ", and this process may use \($0 >> 20) MiB in all" } ?? ""
      throw LibraryError(
        problem: "there is too little memory for OpenBLAS, which networks are trained with: it takes up to "
          + "\(bytes >> 20) MiB of addresses\(limit). Raise the limit: "
          + "ulimit -v, h_vmem or --mem of the job")
    }
    unsafe munmap(found, bytes)
  }
}

/// C ← A·B, where either factor may be stored transposed. Strides are in floats; C begins at
/// lane `cOffset`.
@inline(__always)
func multiplyByBLAS(
  _ a: Span<Lanes>, transposed aIsTransposed: Bool, stride aStride: Int,
  _ b: Span<Lanes>, transposed bIsTransposed: Bool, stride bStride: Int,
  into c: inout MutableSpan<Lanes>, at cOffset: Int, stride cStride: Int, rows: Int, columns: Int, inner: Int
) {
  guard case .success(let product) = unsafe MatrixLibrary.product else {
    preconditionFailure("who makes a network has looked whether the library is there")
  }
  precondition(
    a.count * 8 >= (aIsTransposed ? inner : rows) * aStride
      && b.count * 8 >= (bIsTransposed ? columns : inner) * bStride
      && cOffset >= 0 && (c.count - cOffset) * 8 >= rows * cStride, "a matrix is smaller than its shape")
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      unsafe c.withUnsafeMutableBufferPointer { c in
        // The precondition has seen that none is empty, and a buffer that isn't has an address.
        // swift-format-ignore: NeverForceUnwrap
        unsafe product(
          MatrixLibrary.rowMajor, aIsTransposed ? MatrixLibrary.transposed : MatrixLibrary.asItIs,
          bIsTransposed ? MatrixLibrary.transposed : MatrixLibrary.asItIs, Int32(rows), Int32(columns), Int32(inner), 1,
          UnsafeRawPointer(a.baseAddress!).assumingMemoryBound(to: Float.self), Int32(aStride),
          UnsafeRawPointer(b.baseAddress!).assumingMemoryBound(to: Float.self), Int32(bStride), 0,
          UnsafeMutableRawPointer(c.baseAddress! + cOffset).assumingMemoryBound(to: Float.self), Int32(cStride))
      }
    }
  }
}
