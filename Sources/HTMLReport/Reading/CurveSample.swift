internal import Search
internal import TuningTypes

/// What trainers said of their losses between the rungs, of a bounded number of trials.
///
/// When there are too many, those stay that went furthest with the lowest loss, and some of the others, chosen by their numbers.
struct CurveSample: Sendable {
  private struct Kept {
    var points: [LearningCurve.Point] = []
    var resource: Resource = 0
    var loss = Loss.diverged
  }

  private var trials: [TrialID: Kept] = [:]
  private static let most = 600
  private static let fewest = 200

  mutating func take(_ result: SearchRecord.Result) {
    guard !result.curve.points.isEmpty else { return }
    trials[result.trial, default: Kept()].points += result.curve.points
    trials[result.trial]?.resource = result.resource
    trials[result.trial]?.loss = result.loss
    if trials.count > Self.most { thin() }
  }

  func points(of trial: TrialID) -> [LearningCurve.Point] { trials[trial]?.points ?? [] }

  private mutating func thin() {
    let ranked = trials.keys.sorted { a, b in
      guard let left = trials[a], let right = trials[b] else { return a < b }
      if left.resource != right.resource { return left.resource > right.resource }
      return RankedTrial(trial: a, loss: left.loss) < RankedTrial(trial: b, loss: right.loss)
    }
    let others = ranked.dropFirst(Self.fewest).sorted { Self.scattered($0) < Self.scattered($1) }
    for trial in others.dropFirst(Self.fewest) { trials[trial] = nil }
  }

  /// A number that has nothing to do with the order of the trials.
  static func scattered(_ trial: TrialID) -> UInt64 {
    UInt64(bitPattern: Int64(trial.rawValue)) &* 0x9E37_79B9_7F4A_7C15
  }
}
