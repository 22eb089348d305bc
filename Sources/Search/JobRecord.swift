internal import SuccessiveHalving
internal import TuningTypes

/// A job that has not ended: in flight, or waiting to be tried again.
///
/// Numbers alone, which cost nothing to copy; its trial's configuration is in the ``TrialBook``.
struct JobRecord: Sendable {
  let id: JobID
  let assignment: Assignment
  /// Which try this is, from 1.
  var attempt = 1
  /// Where it failed last.
  var lastWorker: WorkerID?
}
