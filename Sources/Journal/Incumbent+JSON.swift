public import Search
internal import StudyFile
public import Text
internal import Training
internal import TuningTypes

extension Incumbent {
  /// As `best/configuration.json` and the summary show it.
  ///
  /// - Parameter instructions: how a person trains it by hand; nil says its seed alone.
  public func json(instructions: [JSONValue.Member]? = nil) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("trial", .integer(job.trial.rawValue)), .init("loss", .number(loss.value)),
      .init("bracket", .integer(job.bracket.rawValue)), .init("rung", .integer(job.rung.rawValue)),
      .init("resource", .integer(job.resource.rawValue)), .init("configuration", job.configuration.json),
    ]
    if !report.metrics.isEmpty {
      members.append(.init("metrics", .object(report.metrics.map { .init($0.name, .number($0.value)) })))
    }
    return .object(members + (instructions ?? job.seedInstruction))
  }
}
