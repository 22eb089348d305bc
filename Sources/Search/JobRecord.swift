internal import SuccessiveHalving
internal import TuningTypes

/// A job that has not ended: in flight, or waiting to be tried again.
///
/// Numbers alone, which cost nothing to copy; its trial's configuration is in the ``TrialBook``.
struct JobRecord: Sendable {
  let id: JobID
  /// The rung that the scheduler has the trial in flight to.
  var assignment: Assignment
  /// Whether the job trains to *R* at once, and is judged at each rung by what it reports there: see ``LiveJob``.
  var isLive = false
  /// Which try this is, from 1.
  var attempt = 1
  /// Where it failed last.
  var lastWorker: WorkerID?
}
