// The module's only file that touches pointers: memory that threads share, and calls into C.

internal import CFloatEnvironment
internal import CProcess
internal import Files
internal import Glibc
internal import Synchronization
internal import Tables

/// Memory for numbers that several threads compute on at once; zeros at first.
final class LaneMemory: Sendable {
  let all: LaneView

  init(count: Int) { all = LaneView(zeros: count) }

  deinit { all.deallocate() }
}

/// A part of a ``LaneMemory``, to be used while that lives.
///
/// Whoever hands views to several threads sees to it that what one of them writes no other reads or writes at that time.
// Unchecked: that is what ``Division`` and the phases of ``TrainingStep`` are for.
@safe struct LaneView: @unchecked Sendable {
  private let base: UnsafeMutablePointer<Lanes>
  let count: Int

  private init(base: UnsafeMutablePointer<Lanes>, count: Int) {
    unsafe self.base = unsafe base
    self.count = count
  }

  fileprivate init(zeros count: Int) {
    // Whole cache lines: what two threads write does not meet in one.
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Lanes>.stride, alignment: 64)
    unsafe base = bytes.bindMemory(to: Lanes.self, capacity: max(count, 1))
    unsafe base.initialize(repeating: .zero, count: max(count, 1))
    self.count = count
  }

  fileprivate func deallocate() { unsafe base.deallocate() }

  @inline(__always)
  subscript(part: Range<Int>) -> LaneView {
    precondition(part.lowerBound >= 0 && part.upperBound <= count, "outside the memory")
    return unsafe LaneView(base: base + part.lowerBound, count: part.count)
  }

  /// Some rows of a matrix with so many lanes a row.
  @inline(__always)
  subscript(rows: Range<Int>, width: Int) -> LaneView { self[(rows.lowerBound * width)..<(rows.upperBound * width)] }

  @inline(__always)
  func read<Result>(_ body: (Span<Lanes>) -> Result) -> Result {
    body(unsafe UnsafeBufferPointer(start: base, count: count).span)
  }

  @inline(__always)
  func write<Result>(_ body: (inout MutableSpan<Lanes>) -> Result) -> Result {
    let lanes = unsafe UnsafeMutableBufferPointer(start: base, count: count)
    var span = unsafe lanes.mutableSpan
    return body(&span)
  }

  /// A copy of the numbers.
  var array: [Lanes] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  /// Takes over as many numbers as there are.
  func copy(_ values: [Lanes]) {
    precondition(values.count == count, "another number of lanes")
    unsafe base.update(from: values, count: count)
  }
}

/// A thread that is waited for before the program goes on without it.
struct JoinableThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  /// Starts a thread.
  ///
  /// - Parameter name: up to 15 bytes, for debuggers.
  /// - Throws: `SystemError` where the system gives no more threads.
  init(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    defer { unsafe pthread_attr_destroy(&attributes) }
    unsafe pthread_attr_setstacksize(&attributes, 8 << 20)
    let body = unsafe Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let code = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        if let argument = unsafe argument { unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, unsafe body.toOpaque())
    guard code == 0 else {
      unsafe body.release()
      throw SystemError(operation: "start the \(name) thread", code: code)
    }
    unsafe pthread_setname_np(thread, name)
    self.thread = thread
  }

  /// Waits until the thread has ended.
  func join() { pthread_join(thread, nil) }
}

/// A count that threads sleep on while it is 0.
// Unchecked: POSIX has semaphores for several threads.
@safe final class Semaphore: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    unsafe semaphore = .allocate(capacity: 1)
    unsafe semaphore.initialize(to: sem_t())
    unsafe sem_init(semaphore, 0, 0)
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  func signal() { unsafe sem_post(semaphore) }

  func wait() { while unsafe sem_wait(semaphore) != 0 && errno == EINTR {} }
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
  /// Bytes of address space that its buffers for each further thread may take.
  private static let spaceOfThread = 128 << 20

  static let product: Result<Product, LibraryError> = unsafe Result { () throws(LibraryError) in try unsafe load() }

  /// Looks whether so many threads may multiply at once.
  static func expect(threads: Int) throws(LibraryError) {
    _ = try unsafe product.get()
    guard threads > 1 else { return }
    guard servesThreads.load(ordering: .relaxed) else {
      throw LibraryError(
        problem: "this OpenBLAS is the serial one, which several threads can't use at once. Leave out worker.threads, "
          + "or install one with threads (Debian: libopenblas0-pthread) and name its file in \(pathVariable)")
    }
    try expect((threads - 1) * spaceOfThread)
  }

  /// Whether the library that was loaded has locks around what its calls share.
  private static let servesThreads = Atomic(true)

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
      // Of OpenBLAS alone: 0 for the serial one.
      if let symbol = unsafe dlsym(library, "openblas_get_parallel") {
        let parallel = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
        servesThreads.store(parallel() != 0, ordering: .relaxed)
      }
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

/// C ← A·B, where either factor may be stored transposed. Strides are in floats.
@inline(__always)
func multiplyByBLAS(
  _ a: Span<Lanes>, transposed aIsTransposed: Bool, stride aStride: Int,
  _ b: Span<Lanes>, transposed bIsTransposed: Bool, stride bStride: Int,
  into c: inout MutableSpan<Lanes>, stride cStride: Int, rows: Int, columns: Int, inner: Int
) {
  guard case .success(let product) = unsafe MatrixLibrary.product else {
    preconditionFailure("who makes a network has looked whether the library is there")
  }
  func holds(_ lanes: Int, _ rows: Int, _ columns: Int, _ stride: Int) -> Bool {
    rows > 0 && columns > 0 && columns <= stride && lanes * 8 >= (rows - 1) * stride + columns
  }
  precondition(
    (aIsTransposed ? holds(a.count, inner, rows, aStride) : holds(a.count, rows, inner, aStride))
      && (bIsTransposed ? holds(b.count, columns, inner, bStride) : holds(b.count, inner, columns, bStride))
      && holds(c.count, rows, columns, cStride), "a matrix is smaller than its shape")
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
          UnsafeMutableRawPointer(c.baseAddress!).assumingMemoryBound(to: Float.self), Int32(cStride))
      }
    }
  }
}
