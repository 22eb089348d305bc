internal import Files
public import Journal
internal import Search
internal import SearchSpace
public import StudyFile
internal import TuningTypes

/// What a study learns from earlier ones, as `validate` tells it: of how many trials, and which are left out and why.
public struct LearningReport {
  private let readings: [EarlierReading]

  public init(_ readings: [EarlierReading]) { self.readings = readings }

  /// A line for each earlier study; empty where there is none.
  public var text: String { readings.map { "Learns from \(Self.text(of: $0)).\n" }.joined() }

  /// Most hyperparameters by name in one line.
  private static let mostNamed = 3

  public static func text(of reading: EarlierReading) -> String {
    let study = reading.study
    var parts = [
      "\(study.name.visible) (\(reading.folder.visible)): \(Wording.count(study.results, "result")) at resource \(study.resource), of which "
        + "\(study.good.count) are good; \(study.others.count) others"
    ]
    if study.start != nil { parts.append("begins with its best") }
    let leftOut = reading.outside.reduce(reading.unrelated) { $0 + $1.trials }
    if leftOut > 0 {
      var reasons = reading.outside.prefix(mostNamed).map { "\($0.parameter) outside its domain in \($0.trials)" }
      let more = reading.outside.dropFirst(mostNamed).reduce(0) { $0 + $1.trials }
      if more > 0 { reasons.append("others in \(more)") }
      if reading.unrelated > 0 { reasons.append("\(reading.unrelated) say nothing of these hyperparameters") }
      parts.append("\(leftOut) of \(reading.trials) trials left out: \(reasons.joined(separator: ", "))")
    }
    return parts.joined(separator: "; ")
  }
}

extension Study {
  /// Says that most of what earlier studies know goes unused; nil where it is used.
  public var warningOfLearning: String? {
    plan.sampler.learns
      ? nil
      : "learn_from: this sampler does not learn; only start_with gets the best of the earlier studies. kde learns"
  }
}
