import Foundation
import LaunchSupport
import Testing
import Text

/// A folder of a test's own, gone with it.
final class Scratch: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(to: url.appending(path: name), atomically: true, encoding: .utf8)
    return path(name)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// Waits until something is so; a test that goes on after three minutes will tell what was missing.
  func wait(until isSo: (Scratch) throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(180)
    while .now < end, try !isSo(self) { try await Task.sleep(for: .milliseconds(10)) }
  }

  /// The rows of a study's `results.csv`, without how long its trials took.
  func resultsWithoutTimes(_ folder: String) throws -> [String] {
    let rows = try text("\(folder)/results.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    let column = rows.first?.firstIndex(of: "seconds")
    return rows.map { row in row.indices.filter { $0 != column }.map { row[$0] }.joined(separator: ",") }
  }

  func json(_ name: String) throws -> JSONValue { try JSONValue(parsing: Array(text(name).utf8)) }
}

/// The program under test.
enum AshMPI {
  /// Runs it under `mpirun`, or by itself where `ranks` is nil.
  static func run(_ arguments: [String], ranks: Int? = nil, in scratch: Scratch, timeLimit: Duration = .seconds(120))
    async throws -> Outcome
  {
    try await start(arguments, ranks: ranks, in: scratch, timeLimit: timeLimit).outcome()
  }

  /// Starts it, for a test that does something while it runs.
  static func start(
    _ arguments: [String], ranks: Int? = nil, in scratch: Scratch, timeLimit: Duration = .seconds(60)
  ) async throws -> RunningProgram {
    if let ranks {
      return try await Launch.startMPI(
        ranks: ranks, program: "ash-mpi", arguments: arguments, directory: scratch.url,
        launcherArguments: ["--oversubscribe"], timeLimit: timeLimit)
    }
    return try await Launch.start("ash-mpi", arguments: arguments, directory: scratch.url, timeLimit: timeLimit)
  }

  /// Runs lines of a shell in which `$ASH` is the program.
  static func shell(_ script: String, environment: [String: String?] = [:], in scratch: Scratch) async throws -> Outcome
  {
    let program = try Launch.path(of: "ash-mpi")
    return try await Launch.program(
      Launch.path(ofCommand: "bash"), arguments: ["-c", script],
      environment: environment.merging(["ASH": program]) { $1 }, directory: scratch.url)
  }
}

/// The repository.
enum Repository {
  static let url = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
}

/// Has the independent checker, which knows only the specification, read a journal.
func expectLegal(_ journal: String, _ comment: String) async throws {
  let checker = try await Launch.program(
    Launch.path(ofCommand: "python3"),
    arguments: [Repository.path("Tests/JournalChecker/check_journal.py"), journal])
  #expect(checker.isSuccess, "\(comment): \(checker)")
}

/// A study without data.
func syntheticStudy(
  configurations: Int = 64, seconds: Double = 0, scheduler: String = "{min_resource: 1, max_resource: 64}",
  extra: String = ""
) -> String {
  """
  name: synthetic
  seed: 5
  search_space:
    rate:  {type: float, min: 1.0e-4, max: 1.0, scale: log}
    units: {type: int, min: 1, max: 100}
    kind:  {type: categorical, values: [a, b, c]}
    decay: {type: float, min: 0, max: 1, when: {kind: [a, b]}}
  scheduler: \(scheduler)
  budget: {configurations: \(configurations)}
  trainer: {kind: synthetic, seconds_per_resource: \(seconds)}
  \(extra)

  """
}
