internal import CMPI

internal import Glibc

/// MPI, initialised: from `init` to ``finalize()``, once in the life of a process (MPI-3.1 section 8.7).
///
/// Everything in this module is called from the thread that called `init`; that is the promise of
/// `MPI_THREAD_FUNNELED`, and why its types are not `Sendable`.
///
/// ``finalize()`` is for success alone. It waits for all ranks, so on an error path it would hang, and the error with it:
/// a rank that fails calls ``Communicator/abort(exitCode:)``. An environment that is dropped does nothing: the launcher
/// sees a process that ends without having finalized, and ends the job. (There is no `deinit` that aborts, because on the way
/// to a call that never returns Swift may end a value's life early, before the error has been reported.)
public struct MPIEnvironment: ~Copyable {
  /// Initialises MPI with thread level *funneled* (MPI-3.1 section 12.4.3). Collective over all processes of the job.
  ///
  /// - Throws: `MPIError` if MPI was initialised before in this process, or offers less than that level.
  public init() throws(MPIError) {
    var flag: Int32 = 0
    try unsafe check("MPI_Initialized", MPI_Initialized(&flag))
    guard flag == 0 else {
      throw MPIError(
        routine: "MPI_Init_thread", class: MPI_ERR_OTHER, text: "MPI is initialised once in a process, and was already")
    }
    if Communicator.canSurviveFailures { Self.finalizeWithoutTheDead() }
    let required = Int32(MPI_THREAD_FUNNELED)
    var provided: Int32 = 0
    try unsafe check("MPI_Init_thread", MPI_Init_thread(nil, nil, required, &provided))
    guard provided >= required else {
      throw MPIError(
        routine: "MPI_Init_thread", class: MPI_ERR_OTHER,
        text: "this MPI library does not allow a program with threads (level \(provided) of \(required))")
    }
    // Errors that belong to no communicator of ours are raised on these two (MPI-3.1 section 8.3).
    try unsafe check("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN))
    try unsafe check("MPI_Comm_set_errhandler", MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN))
  }

  /// Open MPI 5 agrees among the living at the start of `MPI_Finalize`, and then waits at a barrier of the launcher's, who may
  /// count the dead among those to come: of studies that had lost ranks, one in three never ended (open-mpi/ompi issue
  /// 9434 tells of it). This is its own switch for doing without that barrier.
  private static func finalizeWithoutTheDead() {
    unsafe setenv("OMPI_MCA_async_mpi_finalize", "1", 0)
  }

  /// Ends MPI. Collective: returns when every rank has come here (MPI-3.1 section 8.7).
  ///
  /// Free communicators and windows first; nothing in this module may be used after.
  public consuming func finalize() throws(MPIError) {
    try check("MPI_Finalize", MPI_Finalize())
  }

  /// A communicator of all ranks, our own: a duplicate, so that our messages never meet those of a library that uses
  /// `MPI_COMM_WORLD` (MPI-3.1 section 6.4.2). Collective.
  public func makeWorld() throws(MPIError) -> Communicator {
    var world = unsafe ASH_Comm(comm: MPI_COMM_NULL)
    try unsafe check("MPI_Comm_dup", MPI_Comm_dup(MPI_COMM_WORLD, &world.comm))
    return try unsafe Communicator(owning: world)
  }

  /// The name of the machine that this rank runs on (MPI-3.1 section 8.1.2).
  public var processorName: String {
    get throws(MPIError) { try Calls.processorName() }
  }

  /// The MPI library that the program runs on, in a few words: `Open MPI v4.1.4`. Needs no initialised MPI
  /// (MPI-3.1 section 8.1.1).
  public static var libraryVersion: String { Calls.libraryVersion() }

  /// Seconds since some moment in the past, the same for as long as this process lives; only while MPI is initialised
  /// (MPI-3.1 section 8.6).
  public static func wallTime() -> Double { MPI_Wtime() }
}
