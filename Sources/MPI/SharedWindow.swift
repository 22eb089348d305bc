internal import CMPI

/// Memory that all ranks of a node read, held once (MPI-3.1 sections 11.2.3 and 11.5).
///
/// The node's rank 0 has it filled at the beginning; from then on nobody writes it, so that any thread may read it. Freeing is
/// collective, hence explicit: a window that is dropped keeps its memory to the end of the process.
@safe public struct SharedWindow: ~Copyable {
  /// The bytes, valid until ``free()``, for data that is used in place. Whoever keeps them sees to it that the window stays.
  public let bytes: UnsafeRawBufferPointer
  private let handle: ASH_Win

  /// Allocates memory on the node and has its rank 0 fill it. Collective over the node; every rank returns with the
  /// memory filled.
  ///
  /// - Parameters:
  ///   - count: in bytes, the same on every rank.
  ///   - fill: runs on the node's rank 0 alone, on memory that holds zeros or anything else.
  /// - Throws: `MPIError` if the node has not that much shared memory left; what `fill` throws, on rank 0 alone: the
  ///   other ranks wait, so it must end in an abort.
  public init(count: Int, on node: Communicator, fill: (inout MutableRawSpan) throws(MPIError) -> Void)
    throws(MPIError)
  {
    let (handle, memory) = try unsafe Calls.allocateShared(count: count, on: node)
    // One passive epoch from here to free(). Stores become visible by: store, sync (writer); barrier; sync (readers), load.
    try unsafe check("MPI_Win_lock_all", MPI_Win_lock_all(MPI_MODE_NOCHECK, handle.win))
    if node.rank == 0 { try unsafe Calls.fill(memory, fill) }
    try unsafe check("MPI_Win_sync", MPI_Win_sync(handle.win))
    try node.barrier()
    try unsafe check("MPI_Win_sync", MPI_Win_sync(handle.win))
    unsafe bytes = UnsafeRawBufferPointer(memory)
    unsafe self.handle = unsafe handle
  }

  /// Gives bytes of the world's rank 0 to all ranks: they travel to each node once and are held there once. Collective
  /// over the world.
  ///
  /// - Parameters:
  ///   - bytes: at the world's rank 0; `nil` elsewhere.
  ///   - node: what `world.splitByNode()` gave.
  /// - Throws: `MPIError` if a node has not that much shared memory left: on that node alone, while the others wait, so it
  ///   must end in an abort.
  public static func broadcast(_ bytes: [UInt8]?, world: Communicator, node: Communicator) throws(MPIError)
    -> SharedWindow
  {
    precondition((bytes != nil) == (world.rank == 0), "rank 0, and it alone, gives the bytes")
    let count = try world.broadcast(bytes?.count ?? 0, from: 0)
    let leaders = try world.split(color: node.rank == 0 ? 0 : nil)
    let window = try SharedWindow(count: count, on: node) { memory throws(MPIError) in
      guard let leaders else { return }
      if let bytes { unsafe memory.copy(bytes.span.bytes) }
      try unsafe Calls.broadcast(&memory, from: 0, in: leaders.handle)
    }
    try leaders?.free()
    return window
  }

  /// Gives the memory back. Collective over the node (MPI-3.1 section 11.2.5).
  public consuming func free() throws(MPIError) {
    var handle = unsafe handle
    try unsafe check("MPI_Win_unlock_all", MPI_Win_unlock_all(handle.win))
    try unsafe check("MPI_Win_free", MPI_Win_free(&handle.win))
  }
}
