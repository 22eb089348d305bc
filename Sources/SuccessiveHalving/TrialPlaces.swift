internal import TuningTypes

/// Which bracket a trial belongs to, of schedulers with several, and its number there.
///
/// A bracket counts its own trials from 0, so that its memory grows with its trials and not with all there are. Both
/// numbers rise together, so that ties go to the lower trial either way. Twelve bytes a trial, O(1) all of it.
struct TrialPlaces: Sendable {
  struct Place: Hashable, Sendable {
    private var bracketNumber: Int32
    private var trialNumber: Int32

    init(bracket: Int, trial: TrialID) {
      bracketNumber = Int32(bracket)
      trialNumber = Int32(trial.rawValue)
    }

    /// The bracket's position among the scheduler's.
    var bracket: Int { Int(bracketNumber) }
    /// The trial's number within its bracket.
    var trial: TrialID { TrialID(Int(trialNumber)) }
  }

  private var places: [Place] = []
  /// For each bracket its trials, by their numbers there.
  private var trials: [[Int32]] = []

  var count: Int { places.count }

  func place(of trial: TrialID) -> Place? { places.indices.contains(trial.rawValue) ? places[trial.rawValue] : nil }

  /// The place of a trial that the scheduler has given out.
  func requirePlace(of trial: TrialID) -> Place {
    guard let place = place(of: trial) else { preconditionFailure("trial \(trial) is not in flight") }
    return place
  }

  /// The scheduler's number of a bracket's trial.
  func trial(_ trial: TrialID, in bracket: Int) -> TrialID { TrialID(Int(trials[bracket][trial.rawValue])) }

  /// Gives the next trial a place at the end of a bracket.
  mutating func append(to bracket: Int) {
    while trials.count <= bracket { trials.append([]) }
    let place = Place(bracket: bracket, trial: TrialID(trials[bracket].count))
    trials[bracket].append(Int32(places.count))
    places.append(place)
  }

  /// An assignment of a bracket in the scheduler's numbers; a new trial gets its place.
  mutating func note(_ assignment: Assignment, in bracket: Int) -> Assignment {
    if assignment.isNewTrial { append(to: bracket) }
    return named(assignment, in: bracket)
  }

  /// An assignment of a bracket in the scheduler's numbers.
  func named(_ assignment: Assignment, in bracket: Int) -> Assignment {
    Assignment(
      trial: trial(assignment.trial, in: bracket), bracket: assignment.bracket, rung: assignment.rung,
      resource: assignment.resource, resumeResource: assignment.resumeResource)
  }

  /// What the trials of all brackets have done, by the scheduler's numbers. O(trials · rungs of each).
  func trialStates(_ brackets: [Bracket]) -> [SchedulerState.Trial] {
    places.map { brackets[$0.bracket].state(of: $0.trial, bracket: $0.bracket) }
  }
}
