internal import SuccessiveHalving
internal import TuningTypes

/// What is known of a job that trains to *R* at once, and is judged at each rung by what it reports there.
///
/// To the scheduler its trial is in flight to one rung after the other: a report at a rung completes it, and where the
/// scheduler lets the trial run on, the job is in flight to the next. Where it does not, the job is told to stop, and however
/// it ends, its last report at a rung is its result.
struct LiveJob: Sendable {
  /// What the trial's checkpoint should have held when the job went out.
  let start: Resource
  /// When it went out, in seconds of the study.
  let began: Double
  /// The last report that completed a rung.
  var last: (assignment: Assignment, loss: Loss, report: TrainingReport)?
  /// It has lost, and was told to stop.
  var isStopped = false
}
