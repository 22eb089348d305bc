internal import Text
package import TuningTypes

/// What a program says of its loss while it trains.
package struct ProgressReport: Hashable, Sendable {
  /// Units that the trial has been trained with.
  package var resource: Double
  package var report: TrainingReport

  package init(resource: Double, _ report: TrainingReport) {
    self.resource = resource
    self.report = report
  }
}

/// One line that a trainer program has written to its standard output, as far as it means anything.
package enum CommandAnswer: Hashable, Sendable {
  case result(TrainingReport)
  case invalid(String)
  case failed(String)
  /// The program trains, and says so: perhaps how far it is, and how well.
  case progress(ProgressReport?)
  /// It has stopped its job since it was told to.
  case interrupted
  /// It reads on its standard input, while it trains, which job is to stop.
  case interruptible
  /// It has done its part of the job, as a rank that is not the first of its worker.
  case done
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

  /// What is wrong with an object that is meant for a result.
  static func unread(_ what: String, metric: String) -> String {
    let names = metric == "loss" ? "'loss'" : "'loss' nor '\(metric)'"
    return "its result has \(metric == "loss" ? "no" : "neither") \(names): it is \(what)"
  }

  private static func answer(in members: [JSONValue.Member], of object: JSONValue, metric: String) -> CommandAnswer {
    if let progress = object["progress"], let members = progress.members {
      guard let resource = progress["resource"]?.number, let name = name(of: progress, metric),
        let loss = progress[name]?.lossValue
      else { return .progress(nil) }
      let others = members.filter { $0.key != "resource" }
      return .progress(ProgressReport(resource: resource, report(loss, named: name, others)))
    }
    if object["interrupted"]?.flag == true { return .interrupted }
    if object["interruptible"]?.flag == true { return .interruptible }
    if object["done"]?.flag == true { return .done }
    if let why = object["invalid"] { return .invalid(why.reason) }
    if let why = object["failed"] { return .failed(why.reason) }
    guard let name = name(of: object, metric), let value = object[name] else {
      let keys = members.map { "'\($0.key)'" }.joined(separator: ", ")
      return .unknown(members.isEmpty ? "an empty object" : "an object with \(keys)")
    }
    guard let loss = value.lossValue else {
      return .failed("the result's \(name) is no number: \(value.reason)")
    }
    return .result(report(loss, named: name, members))
  }

  /// Which member is the loss.
  private static func name(of object: JSONValue, _ metric: String) -> String? {
    ["loss", metric].first { object[$0] != nil }
  }

  /// The loss, and all other numbers as metrics.
  private static func report(_ loss: Double, named name: String, _ members: [JSONValue.Member]) -> TrainingReport {
    let metrics = members.compactMap { member in
      ["loss", "job"].contains(member.key)
        ? nil : member.value.number.map { TrainingReport.Metric(member.key, $0) }
    }
    // The objective's metric may be one of those words or null, too, where training diverged.
    let isListed = name == "loss" || metrics.contains { $0.name == name }
    return TrainingReport(loss: loss, metrics: isListed ? metrics : metrics + [.init(name, loss)])
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
