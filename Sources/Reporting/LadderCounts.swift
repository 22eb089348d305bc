internal import Search
internal import SuccessiveHalving
internal import TuningTypes

/// A bracket's rungs as a person counts them: a trial that failed for good completes a rung to its scheduler, and to nobody else.
struct BracketCounts {
  struct Rung {
    var key: RungIndex
    var resource: Resource
    var running: Int
    var completed: Int
    var promoted: Int
    var failed: Int
  }

  var bracket: BracketIndex
  var rungs: [Rung]

  init(_ bracket: BracketSummary, _ failedTrials: FailedTrials) {
    self.bracket = bracket.bracket
    rungs = bracket.rungs.map { rung in
      let failed = failedTrials.count(in: rung.rung, of: bracket.bracket)
      return Rung(
        key: rung.rung, resource: rung.resource, running: rung.running, completed: rung.completed - failed,
        promoted: rung.promoted, failed: failed)
    }
  }
}

extension Tuner {
  /// The ladder as it stands.
  var ladder: [BracketCounts] { brackets.map { BracketCounts($0, failedTrials) } }
}
