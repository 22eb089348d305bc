internal import CMPI

/// A group of ranks that can talk to each other, and the context in which they do (MPI-3.1 chapter 6).
///
/// A reference, so that it has one owner-independent identity as in MPI; used only on the thread that initialised MPI.
/// Errors are returned, never fatal by themselves. Freeing is collective, hence explicit: a communicator that goes away
/// without ``free()`` leaves its MPI resources to the end of the process.
@safe public final class Communicator {
  /// This process's number in the communicator.
  public let rank: Rank
  /// How many ranks the communicator has.
  public let size: Int
  private(set) var handle: ASH_Comm

  init(owning handle: ASH_Comm) throws(MPIError) {
    try unsafe check("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(handle.comm, MPI_ERRORS_RETURN))
    var number: Int32 = 0
    try unsafe check("MPI_Comm_rank", MPI_Comm_rank(handle.comm, &number))
    rank = Rank(Int(number))
    try unsafe check("MPI_Comm_size", MPI_Comm_size(handle.comm, &number))
    size = Int(number)
    unsafe self.handle = unsafe handle
  }

  /// All ranks, from 0 up.
  public var ranks: some RandomAccessCollection<Rank> { (0..<size).lazy.map { Rank($0) } }

  /// The communicator of the ranks on this one's node, ordered as here: rank 0 is rank 0 of its node, too. Collective
  /// (MPI-3.1 section 6.4.2, `MPI_COMM_TYPE_SHARED`).
  public func splitByNode() throws(MPIError) -> Communicator {
    var node = unsafe ASH_Comm(comm: MPI_COMM_NULL)
    try unsafe check(
      "MPI_Comm_split_type",
      MPI_Comm_split_type(
        handle.comm, Int32(MPI_COMM_TYPE_SHARED), cRank(rank, "MPI_Comm_split_type"), MPI_INFO_NULL, &node.comm))
    return try unsafe Communicator(owning: node)
  }

  /// The communicator of the ranks that gave the same color, ordered as here; `nil` to those that gave none. Collective
  /// (MPI-3.1 section 6.4.2).
  ///
  /// - Parameter color: 0 or more.
  public func split(color: Int?) throws(MPIError) -> Communicator? {
    let cColor = try color.map { color throws(MPIError) in try cCount(color, "MPI_Comm_split") } ?? MPI_UNDEFINED
    var part = unsafe ASH_Comm(comm: MPI_COMM_NULL)
    try unsafe check("MPI_Comm_split", MPI_Comm_split(handle.comm, cColor, cRank(rank, "MPI_Comm_split"), &part.comm))
    return unsafe color == nil ? nil : try Communicator(owning: part)
  }

  /// Gives the communicator's resources back; it cannot be used after. Collective (MPI-3.1 section 6.4.3).
  public func free() throws(MPIError) {
    try unsafe check("MPI_Comm_free", MPI_Comm_free(&handle.comm))
  }

  /// Ends all processes of the job, now (MPI-3.1 section 8.7). The only way out of a rank that failed.
  ///
  /// - Parameter exitCode: what the launcher should exit with, if it can.
  public func abort(exitCode: Int) -> Never {
    _ = unsafe MPI_Abort(handle.comm, Int32(truncatingIfNeeded: exitCode))
    fatalError("MPI_Abort returned")
  }
}
