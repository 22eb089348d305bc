internal import Files
internal import Foundation
internal import Search
internal import SearchSpace
internal import StudyFile
internal import SuccessiveHalving
internal import Text
internal import Trainers
internal import Training
internal import TuningTypes

/// Answers what trials of a study would come to, so that other tuners can be compared on the surfaces of this one's simulations.
///
///     surface-server STUDY [KEY=VALUE…]
///
/// The first line that it writes is `{"rungs":[…]}`: the study's ladder. After that each line that it reads,
/// `{"trial":7,"configuration":{…}}`, is answered by `{"losses":[…],"seconds":[…]}`: what the trial of that number and configuration
/// has at each rung, and how long training to there takes. Losses that are no numbers are strings, as in a journal.
@main
enum SurfaceServer {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let path = arguments.first else {
      complain("usage: surface-server STUDY [KEY=VALUE…]")
      exit(64)
    }
    do {
      let surface = try Surface(study: path, overrides: Array(arguments.dropFirst()))
      answer(surface.ladder)
      while let line = readLine() { answer(try surface.curve(of: JSONValue(parsing: Array(line.utf8)))) }
    } catch {
      complain("\(error)")
      exit(65)
    }
  }

  private static func answer(_ value: JSONValue) {
    var text = JSONText()
    text.append(value)
    FileHandle.standardOutput.write(Data(text.bytes + [UInt8(ascii: "\n")]))
  }

  private static func complain(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }
}

/// What the trainer of a study foretells of each of its trials.
private struct Surface {
  private let plan: SearchPlan
  private let trainer: any SimulatedTrainer

  init(study path: String, overrides: [String]) throws {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let study = try Study(yaml: text, source: path, directory: directory, overrides: overrides)
    let trainerPlan = try TrainerCatalog.standard.plan(for: study)
    let data = SharedBytes(try trainerPlan.loadSharedData())
    guard let trainer = try trainerPlan.makeSimulatedTrainer(sharedData: data), study.plan.scheduler.ladder.isBounded
    else { throw Failure("\(path): only a study that can be simulated to a max_resource has curves to tell") }
    (plan, self.trainer) = (study.plan, trainer)
  }

  var ladder: JSONValue {
    ["rungs": .array(plan.scheduler.ladder.resources.map { .integer($0.rawValue) })]
  }

  /// - Throws: where the request is none, or its configuration is none of the study's.
  func curve(of request: JSONValue) throws -> JSONValue {
    guard let number = request["trial"]?.integer, let entries = request["configuration"]?.members else {
      throw Failure("a request is {\"trial\":0,\"configuration\":{…}}")
    }
    let written = try entries.map { member in
      guard let value = ParameterValue(json: member.value) else { throw Failure("'\(member.key)' has no value") }
      return Configuration.Entry(member.key, value)
    }
    let configuration = try plan.space.validated(Configuration(written))
    let trial = TrialID(number)
    let results = plan.scheduler.ladder.resources.map { resource in
      trainer.simulate(
        Job(
          id: 0, trial: trial, bracket: 0, rung: 0, resource: resource, resumeResource: 0, attempt: 1,
          seed: plan.trainingSeed(of: trial), configuration: configuration))
    }
    return [
      "losses": .array(results.map { .number($0.report.loss) }), "seconds": .array(results.map { .number($0.seconds) }),
    ]
  }
}

private struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
