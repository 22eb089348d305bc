internal import CMPI

/// Sends that never wait: the queue copies the bytes, hands them to MPI, and keeps them until MPI is done with them
/// (MPI-3.1 section 3.7).
///
/// Messages to one rank arrive in the order in which they were posted. Buffers are used again, so that once it has warmed up
/// a queue allocates nothing. Call ``progress()`` now and then while it is not empty; MPI moves a long message only
/// inside calls to MPI.
@safe public final class SendQueue {
  private let communicator: Communicator
  // One request a buffer, at the same index.
  private var requests: [ASH_Request] = unsafe []
  private var pending: [SendBuffer] = []
  private var spare: [SendBuffer] = []

  public init(on communicator: Communicator) { self.communicator = communicator }

  deinit {
    // MPI may still read them.
    for buffer in pending { _ = unsafe Unmanaged.passRetained(buffer) }
  }

  /// How many messages MPI has not yet let go of.
  public var count: Int { pending.count }
  public var isEmpty: Bool { pending.isEmpty }

  /// Sends a copy of the bytes, without waiting for the receiver.
  ///
  /// Complexity: O(bytes).
  /// - Throws: `MPIError`; also for more than `Int32.max` bytes. The message is then not in the queue.
  public func post(_ bytes: RawSpan, to destination: Rank, tag: Tag) throws(MPIError) {
    let buffer = takeBuffer(for: bytes.byteCount)
    buffer.fill(with: bytes)
    var request = try unsafe Calls.startSend(buffer, to: destination, tag: tag, in: communicator.handle)
    var flag: Int32 = 0
    try unsafe check("MPI_Test", MPI_Test(&request.request, &flag, MPI_STATUS_IGNORE))
    if flag != 0 {
      recycle(buffer)
    } else {
      unsafe requests.append(request)
      pending.append(buffer)
    }
  }

  /// Lets go of the messages that MPI is done with.
  ///
  /// Complexity: O(``count``), and one look of MPI at the network.
  /// - Throws: `MPIError` of a send that failed; it is no longer in the queue.
  public func progress() throws(MPIError) {
    if isEmpty { return }
    let (done, failure) = unsafe try Calls.testSome(&requests)
    // From the end, so that what fills a gap is never itself done.
    for index in done.sorted(by: >) {
      recycle(pending[index])
      pending.swapAt(index, pending.count - 1)
      pending.removeLast()
      unsafe requests.swapAt(index, requests.count - 1)
      unsafe requests.removeLast()
    }
    if let failure { throw failure }
  }

  /// Waits until MPI has let go of every message, or until the time is up.
  ///
  /// - Parameter limit: in seconds. A rank that hangs takes nothing.
  public func drain(atMost limit: Double = .infinity, waiting wait: AdaptiveWait = AdaptiveWait()) throws(MPIError) {
    var wait = wait
    let end = MPIEnvironment.wallTime() + limit
    while true {
      try progress()
      if isEmpty || MPIEnvironment.wallTime() >= end { return }
      wait.pause()
    }
  }

  private static let spareLimit = 64
  private static let spareCapacityLimit = 1 << 20

  private func takeBuffer(for count: Int) -> SendBuffer {
    if let buffer = spare.last, buffer.capacity >= count {
      spare.removeLast()
      return buffer
    }
    return SendBuffer(capacity: count)
  }

  private func recycle(_ buffer: SendBuffer) {
    if spare.count < Self.spareLimit, buffer.capacity <= Self.spareCapacityLimit { spare.append(buffer) }
  }
}
