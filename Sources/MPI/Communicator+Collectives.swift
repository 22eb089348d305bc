internal import CMPI

/// How ``Communicator/allReduce(_:_:)`` combines the ranks' numbers (MPI-3.1 section 5.9.2).
public enum Reduction: Sendable {
  case minimum, maximum, sum
}

/// Calls that all ranks of a communicator make, in the same order (MPI-3.1 chapter 5). They wait inside MPI, which spins:
/// they are for the start and the end of a run.
extension Communicator {
  /// Returns when every rank has come here (MPI-3.1 section 5.3).
  public func barrier() throws(MPIError) {
    try unsafe check("MPI_Barrier", MPI_Barrier(handle.comm))
  }

  /// Gives the root's bytes to every rank, whatever their number (MPI-3.1 section 5.4).
  ///
  /// - Parameter bytes: at the root, what is sent; at the others, replaced.
  public func broadcast(_ bytes: inout [UInt8], from root: Rank) throws(MPIError) {
    let count = try broadcast(bytes.count, from: root)
    if rank != root { bytes.resizeUninitialised(to: count) }
    try unsafe Calls.broadcast(&bytes, from: root, in: handle)
  }

  /// Gives the root's number to every rank.
  public func broadcast(_ number: Int, from root: Rank) throws(MPIError) -> Int {
    var value = Int64(number)
    try unsafe check("MPI_Bcast", MPI_Bcast(&value, 1, MPI_INT64_T, cRank(root, "MPI_Bcast"), handle.comm))
    return Int(value)
  }

  /// Combines a number of each rank and gives the result to all (MPI-3.1 section 5.9.6).
  public func allReduce(_ number: Int, _ reduction: Reduction) throws(MPIError) -> Int {
    var (value, result) = (Int64(number), Int64(0))
    let operation =
      switch reduction {
      case .minimum: unsafe MPI_MIN
      case .maximum: unsafe MPI_MAX
      case .sum: unsafe MPI_SUM
      }
    try unsafe check("MPI_Allreduce", MPI_Allreduce(&value, &result, 1, MPI_INT64_T, operation, handle.comm))
    return Int(result)
  }

  /// Collects the bytes of every rank at the root, by rank (MPI-3.1 section 5.5).
  ///
  /// - Returns: one array a rank at the root, `nil` elsewhere.
  /// - Throws: `MPIError`; on every rank alike if they are more than `Int32.max` bytes together.
  public func gather(_ bytes: RawSpan, to root: Rank) throws(MPIError) -> [[UInt8]]? {
    _ = try cCount(allReduce(bytes.byteCount, .sum), "MPI_Gatherv")
    return try unsafe Calls.gather(bytes, to: root, isRoot: rank == root, size: size, in: handle)
  }

  /// On a node's communicator: how many cores its ranks may run on together. Launchers bind ranks to cores, so that each
  /// of them may see one core only, and all of them many.
  public func availableCores() throws(MPIError) -> Int {
    let sets = try unsafe gather(AdaptiveWait.allowedCores().span.bytes, to: 0)
    return try broadcast(AdaptiveWait.union(of: sets ?? []).reduce(0) { $0 + $1.nonzeroBitCount }, from: 0)
  }
}
