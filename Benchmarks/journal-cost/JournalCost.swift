internal import Cluster
internal import Foundation
internal import Journal
internal import Search
internal import StudyFile
internal import Trainers
internal import Training

/// What a journal costs: runs one study again and again, in the same processes, by turns with and without a journal.
///
/// Two runs of a program differ by more than that: by the cores that its ranks came to lie on, and by what else the machine
/// did in that minute. Runs in one process, one right after the other, share all of it.
///
///     mpirun -np 2 journal-cost STUDY FOLDER PAIRS [KEY=VALUE…]
@main
enum JournalCost {
  /// Nothing but the study itself is measured.
  private final class Silence: StudyObserver {
    func progress(of tuner: borrowing Tuner, at time: Double, isOver: Bool) {}
    func warn(_ message: String) { complain(message) }
  }

  private static func complain(_ message: String) { FileHandle.standardError.write(Data("\(message)\n".utf8)) }

  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 3, let count = Int(arguments[2]), count > 0 else {
      complain("usage: journal-cost STUDY FOLDER PAIRS [KEY=VALUE…]")
      exit(64)
    }
    let text = try String(contentsOfFile: arguments[0], encoding: .utf8)
    let directory = URL(fileURLWithPath: arguments[0]).deletingLastPathComponent().path
    let study = try Study(yaml: text, source: arguments[0], directory: directory, overrides: Array(arguments[3...]))
    let plan = try TrainerCatalog.standard.plan(for: study)
    let session = try ClusterSession()

    let bench = Bench(study: study, text: text, plan: plan, folder: arguments[1])
    _ = try bench.run("first", keepsJournal: true, in: session)
    var pairs: [Pair] = []
    for number in 0..<count {
      // Whatever goes on for several runs falls on both alike.
      let isFirstWith = number.isMultiple(of: 2)
      let first = try bench.run("\(number)-a", keepsJournal: isFirstWith, in: session)
      let second = try bench.run("\(number)-b", keepsJournal: !isFirstWith, in: session)
      pairs.append(isFirstWith ? Pair(with: first, without: second) : Pair(with: second, without: first))
    }
    if session.isDriver { report(pairs) }
    exit(try session.leave(exitCode: 0))
  }

  /// One study, run again and again.
  private struct Bench {
    let study: Study
    let text: String
    let plan: any TrainerPlan
    let folder: String

    /// Microseconds a job; on rank 0.
    func run(_ name: String, keepsJournal: Bool, in session: borrowing ClusterSession) throws -> Double {
      let folder = StudyFolder(path: "\(folder)/\(name)")
      _ = try session.fromDriver {
        try folder.create(study: text)
        return []
      }
      var settings = RunSettings(dedicatedDriver: true)
      settings.keepsJournal = keepsJournal
      let ended = try session.run(
        study, plan: plan, data: nil, place: StudyPlace(folder: folder), settings: settings, observer: Silence())
      if session.isDriver { try FileManager.default.removeItem(atPath: folder.path) }
      guard let outcome = ended?.outcome else { return 0 }
      return outcome.time / Double(outcome.tuner.counts.results) * 1e6
    }
  }

  /// Microseconds a job, of two runs one right after the other.
  private struct Pair {
    let with: Double
    let without: Double
    var ratio: Double { with / without }
  }

  /// The mean of the middle half of the pairs' ratios: a machine that does something else for a moment slows one run of a pair
  /// down and not the other, by any amount. Its standard error comes from the winsorized variance (Tukey and McLaughlin 1963).
  private static func report(_ pairs: [Pair]) {
    let ratios = pairs.map(\.ratio).sorted()
    let quarter = ratios.count / 4
    let middle = ratios[quarter..<(ratios.count - quarter)]
    let mean = middle.reduce(0, +) / Double(middle.count)
    let winsorized = ratios.map { min(max($0, middle[quarter]), middle[ratios.count - quarter - 1]) }
    let center = winsorized.reduce(0, +) / Double(ratios.count)
    let variance = winsorized.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(max(1, ratios.count - 1))
    let error = (variance * Double(ratios.count)).squareRoot() / Double(middle.count)
    let percent = { (share: Double) in share.formatted(.percent.precision(.fractionLength(1))) }
    let time = { (times: [Double]) in times.sorted()[times.count / 2].formatted(.number.precision(.fractionLength(2))) }
    print(
      "a journal costs \(percent(mean - 1)), standard error \(percent(error)); median of a job "
        + "\(time(pairs.map(\.with))) µs, \(time(pairs.map(\.without))) without; \(pairs.count) pairs of runs")
  }
}
