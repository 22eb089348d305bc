internal import Journal
internal import Search
internal import SearchSpace
internal import StudyFile
internal import Text
internal import TuningTypes

/// The trials with their exact values: all of them, or the best.
struct TrialTable {
  private let study: ReportedStudy
  /// Places among the study's trials, the best first.
  let places: [Int]
  static let most = 2000
  static let mostOfMany = 1000

  init(_ study: ReportedStudy, _ ranked: [Int]) {
    self.study = study
    places = ranked.count <= Self.most ? ranked : Array(ranked.prefix(Self.mostOfMany))
  }

  /// A row a trial: number, level, resource, metric, seconds, beginning, status, why it failed, then its hyperparameters.
  func json(_ standings: [ReportedStudy.Standing], running: Set<TrialID>) -> JSONValue {
    let parameters = study.study.plan.space.parameters
    return .array(
      places.map { place in
        let trial = study.history.trials[place]
        let standing = standings[place]
        var (seconds, start) = (0.0, Double.infinity)
        for job in study.history.jobsBackwards(of: trial) {
          seconds += job.seconds ?? 0
          start = min(start, job.start)
        }
        let configuration = study.configuration(at: place)
        let status = TrialColumns.status(of: trial, running: running)
        let metric: JSONValue =
          standing.level < 0 ? .null : standing.loss.isFinite ? .number(study.value(standing.loss)) : "nan"
        return .array(
          [
            .integer(trial.id.rawValue), .integer(standing.level), .integer(trial.resource.rawValue), metric,
            .number(seconds), start.isFinite ? .number(start) : .null, .integer(Int(status.rawValue)),
            study.history.failureReason(of: trial).map { .text($0) } ?? .null,
          ] + parameters.map { configuration[$0.name]?.json ?? .null })
      })
  }
}
