internal import CMPI

extension Communicator {
  /// Sends bytes and returns when they may be changed: for a small message at once, for a large one when the receiver
  /// takes it (MPI-3.1 section 3.2). See ``SendQueue`` for a sender that never waits.
  ///
  /// - Throws: `MPIError`; also for more than `Int32.max` bytes.
  public func send(_ bytes: RawSpan, to destination: Rank, tag: Tag) throws(MPIError) {
    try unsafe Calls.send(bytes, to: destination, tag: tag, in: handle)
  }

  /// The next message that has come from this source with this tag, if there is one; never waits. A message that was
  /// handed out is nobody else's (matched probe, MPI-3.1 section 3.8.2).
  ///
  /// - Parameters:
  ///   - source: `nil` for any.
  ///   - tag: `nil` for any.
  public func probe(from source: Rank? = nil, tag: Tag? = nil) throws(MPIError) -> Message? {
    let cSource: Int32
    let cTagOrAny: Int32
    if let source { cSource = try cRank(source, "MPI_Improbe") } else { cSource = MPI_ANY_SOURCE }
    if let tag { cTagOrAny = try cTag(tag, "MPI_Improbe") } else { cTagOrAny = MPI_ANY_TAG }
    var found: Int32 = 0
    var message = unsafe ASH_Message(message: MPI_MESSAGE_NULL)
    var status = MPI_Status()
    let code = Calls.keepingTheCore {
      var code = MPI_SUCCESS
      // Open MPI looks first and fetches what has come afterwards, for the next look: hence two.
      for _ in 0..<2 where found == 0 && code == MPI_SUCCESS {
        code = unsafe MPI_Improbe(cSource, cTagOrAny, handle.comm, &found, &message.message, &status)
      }
      return code
    }
    try check("MPI_Improbe", code)
    guard found != 0 else { return nil }
    return unsafe try Message(owning: message, status: &status)
  }
}

/// A message that has come and is to be received: exactly once.
///
/// One that is dropped is received and thrown away, so that its sender does not wait for ever.
@safe public struct Message: ~Copyable {
  public let source: Rank
  public let tag: Tag
  /// The message's length in bytes.
  public let count: Int
  private let handle: ASH_Message

  fileprivate init(owning handle: ASH_Message, status: inout MPI_Status) throws(MPIError) {
    var bytes: Int32 = 0
    try unsafe check("MPI_Get_count", MPI_Get_count(&status, MPI_BYTE, &bytes))
    guard bytes != MPI_UNDEFINED else {
      throw MPIError(
        routine: "MPI_Get_count", class: MPI_ERR_COUNT, text: "the message is longer than \(Int32.max) bytes")
    }
    source = Rank(Int(status.MPI_SOURCE))
    tag = Tag(Int(status.MPI_TAG))
    count = Int(bytes)
    unsafe self.handle = unsafe handle
  }

  deinit {
    var unwanted: [UInt8] = []
    try? unsafe Calls.receive(handle, count: count, into: &unwanted)
  }

  /// Receives the message: `buffer` then holds its bytes and nothing else (MPI-3.1 section 3.8.3). A buffer that is
  /// used again and has had a message as long costs no allocation.
  ///
  /// Complexity: O(`count`).
  public consuming func receive(into buffer: inout [UInt8]) throws(MPIError) {
    let (handle, count) = unsafe (handle, count)
    discard self
    try unsafe Calls.receive(handle, count: count, into: &buffer)
  }

  /// Receives the message into a new array.
  public consuming func receive() throws(MPIError) -> [UInt8] {
    var bytes: [UInt8] = []
    try receive(into: &bytes)
    return bytes
  }
}
