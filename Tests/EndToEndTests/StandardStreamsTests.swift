import Foundation
import LaunchSupport
import Testing
import Text

/// A program that is started without standard streams, as by cron or a daemon.
@Suite struct StandardStreamsTests {
  /// The streams that are closed, as a shell says it.
  @Test(arguments: ["<&- >&- 2>&-", ">&- 2>&-", "2>&-", "<&-"])
  func closedStreamsHarmNoStudy(closed: String) async throws {
    let scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 100, seconds: 0.01))
    let program = try Launch.path(of: "ash-mpi")
    let arguments = ["run", "study.yaml", "-o", "out", "--progress", "lines"]
    let outcome = try await Launch.program(
      "/bin/sh", arguments: ["-c", "exec \"$@\" \(closed)", "sh", program] + arguments, directory: scratch.url)
    #expect(outcome.exitCode == 0, "\(outcome)")
    for line in try scratch.text("out/journal.jsonl").split(separator: "\n") {
      #expect(throws: Never.self, "\(line)") { try JSONValue(parsing: line.utf8) }
    }
    try await expectLegal(scratch.path("out/journal.jsonl"), closed)
    let resumed = try await AshMPI.run(["resume", "out", "--set", "budget.configurations=110"], in: scratch)
    #expect(resumed.exitCode == 0, "\(resumed)")
  }
}
