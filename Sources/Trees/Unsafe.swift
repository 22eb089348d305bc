// The module's only file that touches pointers: calls into XGBoost, which is loaded while the program runs.

internal import Glibc
internal import Tables

/// XGBoost's C API, loaded when the first tree is grown: who trains otherwise needs no library.
///
/// The signatures are those of `xgboost/c_api.h`, which versions 1.7 to 3.2 share. Each call returns 0 or sets the text of
/// an error.
@safe struct TreeLibrary: Sendable {
  typealias Handle = UnsafeMutableRawPointer
  typealias Code = Int32
  typealias Train = @convention(c) (Handle, Handle, Int32, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Code

  /// Where it is looked for, by the dynamic loader's rules; the first that is there.
  private static let names = ["libxgboost.so.0", "libxgboost.so"]
  /// Names the library's file where it lies elsewhere.
  private static let pathVariable = "ASH_MPI_XGBOOST"

  static let shared: Result<TreeLibrary, LibraryError> = Result { () throws(LibraryError) in try TreeLibrary() }

  let lastError: @convention(c) () -> UnsafePointer<CChar>?
  let setGlobalConfig: @convention(c) (UnsafePointer<CChar>) -> Code
  let createMatrix: @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeMutablePointer<Handle?>) -> Code
  let setFloats: @convention(c) (Handle, UnsafePointer<CChar>, UnsafePointer<Float>, UInt64) -> Code
  let freeMatrix: @convention(c) (Handle) -> Code
  let createBooster: @convention(c) (UnsafePointer<Handle?>, UInt64, UnsafeMutablePointer<Handle?>) -> Code
  let freeBooster: @convention(c) (Handle) -> Code
  let setParameter: @convention(c) (Handle, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Code
  let boostedRounds: @convention(c) (Handle, UnsafeMutablePointer<Int32>) -> Code
  let update: @convention(c) (Handle, Int32, Handle) -> Code
  /// From version 2.1 on.
  let train: Train?
  /// Before; later ones take one output a row.
  let boost: @convention(c) (Handle, Handle, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UInt64) -> Code
  let predict:
    @convention(c) (
      Handle, Handle, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafePointer<UInt64>?>, UnsafeMutablePointer<UInt64>,
      UnsafeMutablePointer<UnsafePointer<Float>?>
    ) -> Code
  let save:
    @convention(c) (
      Handle, UnsafePointer<CChar>, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UnsafePointer<CChar>?>
    ) -> Code
  let load: @convention(c) (Handle, UnsafeRawPointer, UInt64) -> Code
  let setFeatureInfo:
    @convention(c) (Handle, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafePointer<CChar>?>, UInt64) -> Code

  private init() throws(LibraryError) {
    let named = unsafe getenv(Self.pathVariable).map { unsafe String(cString: $0) }
    let candidates = named.map { [$0] } ?? Self.names
    guard let library = unsafe candidates.lazy.compactMap({ unsafe dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
      let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? "it was not found"
      throw LibraryError(
        problem: "XGBoost, which trees are grown with, could not be loaded: \(reason). Install it (Debian: "
          + "libxgboost0; a cluster: module load xgboost, or pip install xgboost), or name its file, libxgboost.so, "
          + "in \(Self.pathVariable)")
    }
    func symbol<Function>(_ name: String, as type: Function.Type = Function.self) throws(LibraryError) -> Function {
      guard let symbol = unsafe dlsym(library, name) else {
        throw LibraryError(
          problem:
            "the XGBoost library that was found has no \(name): version 1.7 or later is needed. Name the file of "
            + "such a one in \(Self.pathVariable)")
      }
      return unsafe unsafeBitCast(symbol, to: Function.self)
    }
    unsafe lastError = try symbol("XGBGetLastError")
    unsafe setGlobalConfig = try symbol("XGBSetGlobalConfig")
    unsafe createMatrix = try symbol("XGDMatrixCreateFromDense")
    unsafe setFloats = try symbol("XGDMatrixSetFloatInfo")
    unsafe freeMatrix = try symbol("XGDMatrixFree")
    unsafe createBooster = try symbol("XGBoosterCreate")
    unsafe freeBooster = try symbol("XGBoosterFree")
    unsafe setParameter = try symbol("XGBoosterSetParam")
    unsafe boostedRounds = try symbol("XGBoosterBoostedRounds")
    unsafe update = try symbol("XGBoosterUpdateOneIter")
    unsafe train = unsafe dlsym(library, "XGBoosterTrainOneIter").map { unsafe unsafeBitCast($0, to: Train.self) }
    unsafe boost = try symbol("XGBoosterBoostOneIter")
    unsafe predict = try symbol("XGBoosterPredictFromDMatrix")
    unsafe save = try symbol("XGBoosterSaveModelToBuffer")
    unsafe load = try symbol("XGBoosterLoadModelFromBuffer")
    unsafe setFeatureInfo = try symbol("XGBoosterSetStrFeatureInfo")
  }

  /// XGBoost writes warnings to standard output, unless the thread that calls it says otherwise.
  func keepQuiet() { _ = unsafe setGlobalConfig("{\"verbosity\": 0}") }

  /// - Throws: ``TreeError`` with XGBoost's text where the call failed.
  func check(_ code: Code) throws(TreeError) {
    guard code != 0 else { return }
    let text = unsafe lastError().map { unsafe String(cString: $0) } ?? "it did not say why"
    // Behind the first line stands where in its own code it noticed.
    throw TreeError(problem: "XGBoost: \(text.split(separator: "\n").first { !$0.isEmpty }.map(String.init) ?? text)")
  }
}

/// Floats as XGBoost is told of them: NumPy's array interface, version 3.
///
/// - Parameters:
///   - shape: rows and columns.
///   - rowStride: floats from one row to the next; nil where there is nothing between them.
private func arrayInterface(_ first: UnsafeRawPointer, _ shape: [Int], rowStride: Int? = nil) -> String {
  let strides = [(rowStride ?? shape[1]) * 4, 4]
  return "{\"data\": [\(UInt(bitPattern: first)), true], \"shape\": \(shape), \"strides\": \(strides), "
    + "\"typestr\": \"<f4\", \"version\": 3}"
}

/// Rows with labels, in XGBoost's own form.
@safe final class TreeMatrix {
  private let library: TreeLibrary
  fileprivate let handle: TreeLibrary.Handle
  let rowCount: Int
  let labels: [Float]

  /// Copies the rows.
  ///
  /// - Parameters:
  ///   - values: row by row, `stride` floats from one row to the next; NaN is missing.
  ///   - labels: one a row; none where the rows are to be predicted.
  init(
    _ values: Span<Lanes>, rows: Int, columns: Int, stride: Int, labels: [Float]
  ) throws {
    let library = try TreeLibrary.shared.get()
    self.library = library
    library.keepQuiet()
    precondition(values.count * 8 >= rows * stride && (labels.isEmpty || labels.count == rows), "rows are missing")
    var handle: TreeLibrary.Handle?
    try unsafe values.withUnsafeBufferPointer { values throws(TreeError) in
      guard let first = values.baseAddress else { throw TreeError(problem: "there is no row") }
      let array = unsafe arrayInterface(first, [rows, columns], rowStride: stride)
      try unsafe library.check(library.createMatrix(array, "{\"missing\": NaN, \"nthread\": 1}", &handle))
    }
    guard let handle = unsafe handle else { throw TreeError(problem: "XGBoost gave no matrix") }
    unsafe self.handle = handle
    rowCount = rows
    self.labels = labels
    if !labels.isEmpty { try unsafe library.check(library.setFloats(handle, "label", labels, UInt64(labels.count))) }
  }

  deinit { _ = unsafe library.freeMatrix(handle) }
}

/// A model of XGBoost's.
@safe final class TreeBooster {
  private let library: TreeLibrary
  private let handle: TreeLibrary.Handle
  /// Their predictions are kept and only added to.
  private let matrices: [TreeMatrix]

  init(caching matrices: [TreeMatrix]) throws {
    let library = try TreeLibrary.shared.get()
    self.library = library
    library.keepQuiet()
    self.matrices = matrices
    var handle: TreeLibrary.Handle?
    let handles = unsafe matrices.map { unsafe Optional($0.handle) }
    try unsafe library.check(library.createBooster(handles, UInt64(handles.count), &handle))
    guard let handle = unsafe handle else { throw TreeError(problem: "XGBoost gave no booster") }
    unsafe self.handle = handle
    // The ranks already fill the cores, and sums must not depend on a number of threads.
    try set("nthread", "1")
  }

  deinit { _ = unsafe library.freeBooster(handle) }

  func set(_ name: String, _ value: String) throws(TreeError) {
    try unsafe library.check(library.setParameter(handle, name, value))
  }

  /// How many rounds it holds. Also applies the parameters that were set.
  func roundCount() throws(TreeError) -> Int {
    var rounds: Int32 = 0
    try unsafe library.check(library.boostedRounds(handle, &rounds))
    return Int(rounds)
  }

  /// Boosts one round.
  func update(round: Int, on matrix: TreeMatrix) throws(TreeError) {
    try unsafe library.check(library.update(handle, Int32(round), matrix.handle))
  }

  /// Grows trees from derivatives of one's own: for each row, and within it for each output.
  func boost(
    round: Int, on matrix: TreeMatrix, gradients: inout [Float], hessians: inout [Float]
  ) throws(TreeError) {
    let count = gradients.count
    precondition(count == hessians.count && count % max(matrix.rowCount, 1) == 0, "not one a row")
    let code = unsafe gradients.withUnsafeMutableBufferPointer { gradients in
      unsafe hessians.withUnsafeMutableBufferPointer { hessians -> TreeLibrary.Code in
        guard let first = gradients.baseAddress, let second = hessians.baseAddress else { return 0 }
        guard let train = unsafe library.train else {
          return unsafe library.boost(handle, matrix.handle, first, second, UInt64(count))
        }
        let shape = [matrix.rowCount, count / matrix.rowCount]
        return unsafe train(
          handle, matrix.handle, Int32(round), arrayInterface(first, shape), arrayInterface(second, shape))
      }
    }
    try library.check(code)
  }

  /// The sums of the leaves and the base score: for each row, and within it for each output.
  func margins(of matrix: TreeMatrix) throws(TreeError) -> [Float] {
    var shape: UnsafePointer<UInt64>?
    var dimensions: UInt64 = 0
    var values: UnsafePointer<Float>?
    let options =
      "{\"type\": 1, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": 0, \"strict_shape\": true}"
    try unsafe library.check(library.predict(handle, matrix.handle, options, &shape, &dimensions, &values))
    let lengths = unsafe UnsafeBufferPointer(start: shape, count: Int(dimensions))
    let count = unsafe lengths.reduce(1) { $0 * Int($1) }
    return unsafe Array(UnsafeBufferPointer(start: values, count: count))
  }

  enum Format: String { case json, ubj }

  func serialized(as format: Format) throws(TreeError) -> [UInt8] {
    var length: UInt64 = 0
    var bytes: UnsafePointer<CChar>?
    try unsafe library.check(library.save(handle, "{\"format\": \"\(format.rawValue)\"}", &length, &bytes))
    return unsafe Array(UnsafeRawBufferPointer(start: bytes, count: Int(length)))
  }

  /// Takes over a model that ``serialized(as:)`` gave.
  func load(_ bytes: [UInt8]) throws(TreeError) {
    let code = unsafe bytes.withUnsafeBytes { bytes in
      unsafe bytes.baseAddress.map { unsafe library.load(handle, $0, UInt64(bytes.count)) }
    }
    guard let code else { throw TreeError(problem: "XGBoost: the model is empty") }
    try library.check(code)
  }

  /// Names the features, for who reads the model elsewhere.
  func setFeatureNames(_ names: [String]) throws(TreeError) {
    var copies = unsafe names.map { unsafe UnsafePointer(strdup($0)) }
    defer { unsafe copies.forEach { unsafe free(UnsafeMutablePointer(mutating: $0)) } }
    try unsafe library.check(library.setFeatureInfo(handle, "feature_name", &copies, UInt64(names.count)))
  }
}
