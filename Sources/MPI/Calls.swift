internal import CMPI

/// The calls to MPI that take memory: the one place of this module where pointers are.
enum Calls {
  // MARK: Messages

  @inline(__always)
  static func send(_ bytes: RawSpan, to destination: Rank, tag: Tag, in comm: ASH_Comm) throws(MPIError) {
    let (count, rank, tag) = try header(bytes.byteCount, destination, tag, "MPI_Send")
    try unsafe check(
      "MPI_Send", bytes.withUnsafeBytes { unsafe MPI_Send($0.baseAddress, count, MPI_BYTE, rank, tag, comm.comm) })
  }

  @inline(__always)
  static func startSend(_ buffer: SendBuffer, to destination: Rank, tag: Tag, in comm: ASH_Comm) throws(MPIError)
    -> ASH_Request
  {
    let (count, rank, tag) = try header(buffer.count, destination, tag, "MPI_Isend")
    var request = unsafe ASH_Request(request: MPI_REQUEST_NULL)
    try unsafe check("MPI_Isend", MPI_Isend(buffer.address, count, MPI_BYTE, rank, tag, comm.comm, &request.request))
    return unsafe request
  }

  /// The requests that are done, by index, and the first error among them. Looks at the network once, however many they are.
  static func testSome(_ requests: inout [ASH_Request]) throws(MPIError) -> (done: [Int], failure: MPIError?) {
    let count = try unsafe cCount(requests.count, "MPI_Testsome")
    var doneCount: Int32 = 0
    var code = MPI_SUCCESS
    var failure: MPIError?
    let done: [Int] = unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: requests.count) { indices in
      unsafe withUnsafeTemporaryAllocation(of: MPI_Status.self, capacity: requests.count) { statuses in
        unsafe statuses.initialize(repeating: MPI_Status())
        code = unsafe requests.withUnsafeMutableBytes { bytes in
          unsafe ash_testsome(
            count, bytes.assumingMemoryBound(to: ASH_Request.self).baseAddress, &doneCount, indices.baseAddress,
            statuses.baseAddress)
        }
        guard code == MPI_SUCCESS || code == MPI_ERR_IN_STATUS, doneCount > 0 else { return [] }
        if code == MPI_ERR_IN_STATUS {
          let failed = unsafe statuses.prefix(Int(doneCount)).first { $0.MPI_ERROR != MPI_SUCCESS }
          failure = failed.map { MPIError(routine: "MPI_Testsome", code: $0.MPI_ERROR) }
        }
        return unsafe indices.prefix(Int(doneCount)).map { Int($0) }
      }
    }
    if code != MPI_ERR_IN_STATUS { try check("MPI_Testsome", code) }
    return (done, failure)
  }

  @inline(__always)
  private static func header(_ count: Int, _ rank: Rank, _ tag: Tag, _ routine: StaticString) throws(MPIError) -> (
    Int32, Int32, Int32
  ) {
    (try cCount(count, routine), try cRank(rank, routine), try cTag(tag, routine))
  }

  static func receive(_ message: ASH_Message, count: Int, into buffer: inout [UInt8]) throws(MPIError) {
    let cCount = try cCount(count, "MPI_Mrecv")
    buffer.resizeUninitialised(to: count)
    var message = unsafe message
    let code = unsafe buffer.withUnsafeMutableBytes {
      unsafe MPI_Mrecv($0.baseAddress, cCount, MPI_BYTE, &message.message, MPI_STATUS_IGNORE)
    }
    try check("MPI_Mrecv", code)
  }

  // MARK: Cores

  private static let offersCore = ash_core_switch()

  /// Looks without offering the core to others, which Open MPI does at every look where ranks outnumber the cores. Whoever looks
  /// again and again has an ``AdaptiveWait`` between; offers of both have three ranks on two cores do half as much.
  @inline(__always)
  static func keepingTheCore(_ look: () -> Int32) -> Int32 {
    guard let offersCore else { return look() }
    let before = offersCore(false)
    defer { _ = offersCore(before) }
    return look()
  }

  // MARK: Collectives

  /// The most bytes that one broadcast carries: well below `Int32.max`, and a multiple of any page.
  static let chunk = 1 << 30

  static func broadcast(_ bytes: inout [UInt8], from root: Rank, in comm: ASH_Comm) throws(MPIError) {
    var span = bytes.mutableSpan
    var memory = unsafe span.mutableBytes
    try unsafe broadcast(&memory, from: root, in: comm)
  }

  static func broadcast(_ bytes: inout MutableRawSpan, from root: Rank, in comm: ASH_Comm) throws(MPIError) {
    try unsafe bytes.withUnsafeMutableBytes { memory throws(MPIError) in
      try unsafe broadcast(memory, from: root, in: comm)
    }
  }

  private static func broadcast(_ memory: UnsafeMutableRawBufferPointer, from root: Rank, in comm: ASH_Comm)
    throws(MPIError)
  {
    let root = try cRank(root, "MPI_Bcast")
    for start in stride(from: 0, to: memory.count, by: chunk) {
      let count = try cCount(min(chunk, memory.count - start), "MPI_Bcast")
      // Within the loop the memory is not empty, so it has an address.
      // swift-format-ignore: NeverForceUnwrap
      try unsafe check("MPI_Bcast", MPI_Bcast(memory.baseAddress! + start, count, MPI_BYTE, root, comm.comm))
    }
  }

  static func gather(_ bytes: RawSpan, to root: Rank, isRoot: Bool, size: Int, in comm: ASH_Comm) throws(MPIError)
    -> [[UInt8]]?
  {
    let (count, root) = (try cCount(bytes.byteCount, "MPI_Gatherv"), try cRank(root, "MPI_Gatherv"))
    var own = Int64(count)
    var counts = [Int64](repeating: 0, count: isRoot ? size : 0)
    try unsafe check("MPI_Gather", MPI_Gather(&own, 1, MPI_INT64_T, &counts, 1, MPI_INT64_T, root, comm.comm))
    let cCounts = counts.map { Int32($0) }  // their sum was found to fit
    var offsets: [Int32] = []
    var total: Int32 = 0
    for count in cCounts {
      offsets.append(total)
      total += count
    }
    var all = [UInt8](repeating: 0, count: Int(total))
    let code = unsafe bytes.withUnsafeBytes { bytes in
      unsafe MPI_Gatherv(bytes.baseAddress, count, MPI_BYTE, &all, cCounts, offsets, MPI_BYTE, root, comm.comm)
    }
    try check("MPI_Gatherv", code)
    guard isRoot else { return nil }
    return zip(offsets, cCounts).map { Array(all[Int($0)..<Int($0 + $1)]) }
  }

  // MARK: Failures

  static func acknowledgeFailures(in communicator: Communicator) throws(MPIError) -> [Rank] {
    var code = MPI_SUCCESS
    let ranks: [Rank] = unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: communicator.size) { failed in
      var count: Int32 = 0
      code = unsafe ash_acknowledge_failures(communicator.handle.comm, failed.baseAddress, &count)
      return unsafe code == MPI_SUCCESS ? failed.prefix(Int(count)).map { Rank(Int($0)) } : []
    }
    try check("MPIX_Comm_failure_ack", code)
    return ranks
  }

  // MARK: Shared memory

  /// Allocates `count` bytes with the node's rank 0 and finds them from every rank.
  static func allocateShared(count: Int, on node: Communicator) throws(MPIError) -> (
    ASH_Win, UnsafeMutableRawBufferPointer
  ) {
    var window = unsafe ASH_Win(win: MPI_WIN_NULL)
    var address: UnsafeMutableRawPointer?
    // One byte at least, so that there is an address.
    let size = node.rank == 0 ? max(count, 1) : 0
    let allocated = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, node.handle.comm, $0, &window.win)
    }
    try check("MPI_Win_allocate_shared", allocated)
    try unsafe check("MPI_Win_set_errhandler", MPI_Win_set_errhandler(window.win, MPI_ERRORS_RETURN))
    var (length, unit): (MPI_Aint, Int32) = (0, 0)
    let found = unsafe withUnsafeMutablePointer(to: &address) {
      unsafe MPI_Win_shared_query(window.win, 0, &length, &unit, $0)
    }
    try check("MPI_Win_shared_query", found)
    guard let address = unsafe address, length >= count else {
      throw MPIError(
        routine: "MPI_Win_shared_query", class: MPI_ERR_NO_MEM, text: "\(length) bytes of shared memory, not \(count)")
    }
    return unsafe (window, UnsafeMutableRawBufferPointer(start: address, count: count))
  }

  static func fill(
    _ memory: UnsafeMutableRawBufferPointer, _ body: (inout MutableRawSpan) throws(MPIError) -> Void
  ) throws(MPIError) {
    var span = unsafe memory.mutableBytes
    try body(&span)
  }

  // MARK: Texts

  static func errorText(_ code: Int32) -> String {
    unsafe text(capacity: MPI_MAX_ERROR_STRING) { unsafe MPI_Error_string(code, $0, $1) } ?? "unknown error"
  }

  static func libraryVersion() -> String {
    let full =
      unsafe text(capacity: MPI_MAX_LIBRARY_VERSION_STRING) { unsafe MPI_Get_library_version($0, $1) } ?? "unknown MPI"
    let first = full.split { $0.isNewline || $0 == "," }.first ?? "unknown MPI"
    // MPICH: "MPICH Version:      4.3.1".
    return first.split { $0.isWhitespace }.filter { $0 != "Version:" }.joined(separator: " ")
  }

  static func processorName() throws(MPIError) -> String {
    var code = MPI_SUCCESS
    let name = unsafe text(capacity: MPI_MAX_PROCESSOR_NAME) {
      code = unsafe MPI_Get_processor_name($0, $1)
      return code
    }
    try check("MPI_Get_processor_name", code)
    return name ?? ""
  }

  private static func text(
    capacity: Int32, _ call: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
  ) -> String? {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(capacity) + 1) { characters in
      unsafe characters.initialize(repeating: 0)
      var length: Int32 = 0
      guard let start = characters.baseAddress, unsafe call(start, &length) == MPI_SUCCESS else { return nil }
      return unsafe String(cString: start)
    }
  }
}

/// Memory that a pending send reads from.
@safe final class SendBuffer {
  let address: UnsafeMutableRawPointer
  let capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    // Powers of two, so that messages of about one size share buffers.
    self.capacity = max(64, 1 << (Int.bitWidth - max(capacity - 1, 0).leadingZeroBitCount))
    unsafe address = .allocate(byteCount: self.capacity, alignment: 64)
  }

  deinit { unsafe address.deallocate() }

  func fill(with bytes: RawSpan) {
    precondition(bytes.byteCount <= capacity)
    unsafe bytes.withUnsafeBytes {
      if let start = $0.baseAddress { unsafe address.copyMemory(from: start, byteCount: $0.count) }
    }
    count = bytes.byteCount
  }
}

extension MutableRawSpan {
  /// Copies `source` to the beginning.
  mutating func copy(_ source: RawSpan) {
    precondition(source.byteCount <= byteCount)
    unsafe withUnsafeMutableBytes { target in unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) } }
  }
}

extension [UInt8] {
  /// Makes the array `count` bytes long; new ones may hold anything. Allocates only what it has never had.
  mutating func resizeUninitialised(to count: Int) {
    if count < self.count {
      removeLast(self.count - count)
    } else if count > capacity {
      self = unsafe Array(unsafeUninitializedCapacity: count) { $1 = count }
    } else if count > self.count {
      append(contentsOf: repeatElement(0, count: count - self.count))
    }
  }
}
