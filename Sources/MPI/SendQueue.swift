internal import CMPI

/// Sends that never wait: the queue copies the bytes, hands them to MPI, and keeps them until MPI is done with them
/// (MPI-3.1 section 3.7).
///
/// Messages to one rank arrive in the order in which they were posted. Buffers are used again, so that once it has warmed up
/// a queue allocates nothing. Call ``progress()`` now and then while it is not empty; MPI moves a long message only
/// inside calls to MPI.
public final class SendQueue {
  private struct Pending {
    var request: ASH_Request
    let bytes: SendBuffer
  }

  private let communicator: Communicator
  private var pending: [Pending] = []
  private var spare: [SendBuffer] = []

  public init(on communicator: Communicator) { self.communicator = communicator }

  deinit {
    // MPI may still read them.
    for send in pending { _ = Unmanaged.passRetained(send.bytes) }
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
    var send = Pending(
      request: try Calls.startSend(buffer, to: destination, tag: tag, in: communicator.handle), bytes: buffer)
    if try isDone(&send) { recycle(buffer) } else { pending.append(send) }
  }

  /// Lets go of the messages that MPI is done with.
  ///
  /// Complexity: O(``count``).
  /// - Throws: `MPIError` of the first send that failed; it is no longer in the queue.
  public func progress() throws(MPIError) {
    var kept = 0
    var failure: MPIError?
    for index in pending.indices {
      do throws(MPIError) {
        if try isDone(&pending[index]) {
          recycle(pending[index].bytes)
        } else {
          pending.swapAt(kept, index)
          kept += 1
        }
      } catch {
        failure = failure ?? error
      }
    }
    pending.removeLast(pending.count - kept)
    if let failure { throw failure }
  }

  /// Waits until MPI has let go of every message.
  public func drain(waiting wait: AdaptiveWait = AdaptiveWait()) throws(MPIError) {
    var wait = wait
    while true {
      try progress()
      if isEmpty { return }
      wait.pause()
    }
  }

  private func isDone(_ send: inout Pending) throws(MPIError) -> Bool {
    var flag: Int32 = 0
    try check("MPI_Test", MPI_Test(&send.request.request, &flag, MPI_STATUS_IGNORE))
    return flag != 0
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
