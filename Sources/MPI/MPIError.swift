internal import CMPI

/// A call to MPI that did not succeed (MPI-3.1 section 8.3).
public struct MPIError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The routine that was called, such as `MPI_Send`.
  public let routine: String
  /// The code that it returned, whose values differ from one MPI to the next.
  public let code: Int
  /// The standard error class of that code, such as `MPI_ERR_RANK`; its number, too, belongs to the MPI.
  public let errorClass: Int
  /// What the MPI library says about it.
  public let text: String

  /// Whether the call failed because another rank has died; see ``Communicator/acknowledgeFailures()``.
  public var isRankFailure: Bool { ash_is_rank_failure(Int32(errorClass)) != 0 }

  public var description: String { "\(routine) failed: \(text) (code \(code), class \(errorClass))" }

  init(routine: StaticString, code: Int32) {
    self.routine = routine.description
    self.code = Int(code)
    var errorClass = code
    _ = unsafe MPI_Error_class(code, &errorClass)
    self.errorClass = Int(errorClass)
    text = Calls.errorText(code)
  }

  /// An error that this layer finds before MPI could.
  init(routine: StaticString, class errorClass: Int32, text: String) {
    self.routine = routine.description
    code = Int(errorClass)
    self.errorClass = Int(errorClass)
    self.text = text
  }
}

/// The one place that looks at what an MPI routine returned.
@inline(__always)
func check(_ routine: StaticString, _ code: Int32) throws(MPIError) {
  if code != MPI_SUCCESS { throw MPIError(routine: routine, code: code) }
}

/// A count of bytes or ranks as the C `int` that MPI-3.1 takes.
@inline(__always)
func cCount(_ count: Int, _ routine: StaticString) throws(MPIError) -> Int32 {
  guard let exact = Int32(exactly: count) else {
    throw MPIError(
      routine: routine, class: MPI_ERR_COUNT, text: "\(count) is more than one call can carry, \(Int32.max)")
  }
  return exact
}

@inline(__always)
func cRank(_ rank: Rank, _ routine: StaticString) throws(MPIError) -> Int32 {
  // Negative numbers are wildcards and MPI_PROC_NULL: never what a Rank means.
  guard rank.rawValue >= 0, let exact = Int32(exactly: rank.rawValue) else {
    throw MPIError(routine: routine, class: MPI_ERR_RANK, text: "\(rank) is no rank")
  }
  return exact
}

@inline(__always)
func cTag(_ tag: Tag, _ routine: StaticString) throws(MPIError) -> Int32 {
  guard tag.rawValue >= 0, let exact = Int32(exactly: tag.rawValue) else {
    throw MPIError(routine: routine, class: MPI_ERR_TAG, text: "\(tag) is no tag")
  }
  return exact
}
