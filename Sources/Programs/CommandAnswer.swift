internal import Text
package import TuningTypes

/// One line that a trainer program has written to its standard output, as far as it means anything.
package enum CommandAnswer: Hashable, Sendable {
  case result(TrainingReport)
  case invalid(String)
  case failed(String)
  /// The program trains, and says so: perhaps how far it is.
  case progress(LearningCurve.Point?)
  /// A JSON object that is none of these.
  case unknown(String)

  /// Reads a line. Nil where it is no JSON object: what a program prints besides is its own business.
  ///
  /// - Parameter metric: the study's objective; a result has it, or `loss`.
  /// - Returns: the answer, and the number of the job that it says it is for.
  package static func read(_ line: ArraySlice<UInt8>, metric: String) -> (answer: CommandAnswer, job: Int?)? {
    let line = VisibleLine.of(line)
    // A glance first: a program may print a lot.
    guard line.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{"),
      let value = try? JSONValue(parsing: line, acceptsNonFinite: true), let members = value.members
    else { return nil }
    return (answer(in: members, of: value, metric: metric), value["job"]?.integer)
  }

  private static func answer(in members: [JSONValue.Member], of object: JSONValue, metric: String) -> CommandAnswer {
    if let progress = object["progress"], progress.members != nil {
      guard let resource = progress["resource"]?.number, let loss = (progress["loss"] ?? progress[metric])?.lossValue
      else { return .progress(nil) }
      return .progress(.init(resource: resource, loss: loss))
    }
    if let why = object["invalid"] { return .invalid(why.reason) }
    if let why = object["failed"] { return .failed(why.reason) }
    guard let name = ["loss", metric].first(where: { object[$0] != nil }), let value = object[name] else {
      let keys = members.map { "'\($0.key)'" }.joined(separator: ", ")
      return .unknown(members.isEmpty ? "an empty object" : "an object with \(keys)")
    }
    guard let loss = value.lossValue else {
      return .failed("the result's \(name) is no number: \(value.reason)")
    }
    let metrics = members.compactMap { member in
      ["loss", "job"].contains(member.key)
        ? nil : member.value.number.map { TrainingReport.Metric(member.key, $0) }
    }
    // The objective's metric may be one of those words or null, too, where training diverged.
    let isListed = name == "loss" || metrics.contains { $0.name == name }
    return .result(TrainingReport(loss: loss, metrics: isListed ? metrics : metrics + [.init(name, loss)]))
  }
}

extension JSONValue {
  /// The number of a loss; what JSON writers make of one that is not finite counts as such: `null`, "NaN", "Infinity".
  fileprivate var lossValue: Double? {
    switch self {
    case .null: .nan
    case .text(let text): Double(text).flatMap { $0.isFinite ? nil : $0 }
    default: number
    }
  }

  /// What a program gives as a reason, as a line of bounded length.
  fileprivate var reason: String {
    if let text { return String(text.prefix(1000)) }
    var json = JSONText()
    json.append(self)
    return String(decoding: json.bytes.prefix(1000), as: UTF8.self)
  }
}
