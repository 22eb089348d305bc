internal import CMPI

/// Going on after other ranks have died, with an MPI that can (user-level failure mitigation, ULFM: Bland et al., *Post-failure
/// recovery of MPI communication capability*, IJHPCA 2013). Elsewhere the death of a rank ends the run.
extension Communicator {
  /// Whether the MPI that this was built with can go on without a rank that has died. The launcher has a say as well:
  /// Open MPI wants `mpirun --with-ft ulfm`.
  public static var canSurviveFailures: Bool { ASH_MPI_HAS_ULFM != 0 }

  /// All ranks that are known to have died so far. From here on a ``probe(from:tag:)`` for any source goes on without them;
  /// until this is called, each throws an error with ``MPIError/isRankFailure``.
  ///
  /// Complexity: O(``size``).
  public func acknowledgeFailures() throws(MPIError) -> [Rank] {
    try Calls.acknowledgeFailures(in: self)
  }

  /// A communicator of the ranks that live, ordered as here. Collective over them.
  public func survivors() throws(MPIError) -> Communicator {
    var living = unsafe ASH_Comm(comm: MPI_COMM_NULL)
    try unsafe check("MPIX_Comm_shrink", ash_shrink(handle.comm, &living.comm))
    return try unsafe Communicator(owning: living)
  }
}
