internal import Cluster
internal import Foundation
internal import Trainers
internal import Tuning

/// What a journal costs: runs one study again and again, in the same processes, by turns with and without a journal.
///
/// Two runs of a program differ by more than that: by the cores that its ranks came to lie on, and by what else the machine
/// did in that minute. Runs in one process, one right after the other, share all of it.
///
///     mpirun -np 2 journal-cost STUDY FOLDER RUNS [KEY=VALUE…]
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
    guard arguments.count >= 3, let runs = Int(arguments[2]), runs > 0 else {
      complain("usage: journal-cost STUDY FOLDER RUNS [KEY=VALUE…]")
      exit(64)
    }
    let text = try String(contentsOfFile: arguments[0], encoding: .utf8)
    let directory = URL(fileURLWithPath: arguments[0]).deletingLastPathComponent().path
    let study = try Study(yaml: text, source: arguments[0], directory: directory, overrides: Array(arguments[3...]))
    let plan = try TrainerCatalog.plan(for: study)
    let session = try ClusterSession()

    /// Microseconds a job; on rank 0.
    func run(_ name: String, keepsJournal: Bool) throws -> Double {
      let folder = StudyFolder(path: "\(arguments[1])/\(name)")
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

    _ = try run("first", keepsJournal: true)
    var with: [Double] = []
    var without: [Double] = []
    for number in 0..<runs {
      // Whatever goes on for several runs falls on both alike.
      let isFirstWith = number.isMultiple(of: 2)
      if isFirstWith { with.append(try run("with-\(number)", keepsJournal: true)) }
      without.append(try run("without-\(number)", keepsJournal: false))
      if !isFirstWith { with.append(try run("with-\(number)", keepsJournal: true)) }
    }
    if session.isDriver { report(with: with.sorted(), without: without.sorted()) }
    exit(try session.leave(exitCode: 0))
  }

  /// At the quartiles: what else a machine does makes a run slower, never faster, so that the lower one is the surest.
  private static func report(with: [Double], without: [Double]) {
    let quartiles = [(0.25, "lower quartile"), (0.5, "median"), (0.75, "upper quartile")].map { share, name in
      let at = Int(share * Double(with.count - 1))
      let cost = (with[at] / without[at] - 1).formatted(.percent.precision(.fractionLength(1)))
      let times = [with[at], without[at]].map { $0.formatted(.number.precision(.fractionLength(2))) }
      return "\(name) \(cost) (\(times[0]) µs a job, \(times[1]) without)"
    }
    print("a journal costs, over \(with.count) runs of each: \(quartiles.joined(separator: "; "))")
  }
}
