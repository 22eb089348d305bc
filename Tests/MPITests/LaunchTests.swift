import Foundation
import LaunchSupport
import Testing

/// The launcher of the tests is itself tested: a test that hangs or leaves processes behind spoils all others.
struct LaunchTests {
  @Test func aProgramThatHangsIsKilledWithAllItsRanks() async throws {
    let outcome = try await Launch.mpirun(
      ranks: 3, program: "mpi-probe", arguments: ["hang"], timeLimit: .seconds(2))
    #expect(outcome.timedOut && !outcome.isSuccess, "\(outcome)")
    #expect(outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.duration < .seconds(20))
  }

  @Test func processesLeftBehindAreFoundNamedAndKilled() async throws {
    let outcome = try await Launch.program(
      "/bin/sh", arguments: ["-c", "setsid sleep 100 > /dev/null 2>&1 & echo started"])
    #expect(outcome.exitCode == 0 && outcome.stdout == "started\n" && !outcome.isSuccess)
    let left = try #require(outcome.leftProcesses.first)
    #expect(outcome.leftProcesses.count == 1 && left.hasSuffix("sleep 100"), "\(outcome)")
    let pid = try #require(left.split(separator: " ").first.flatMap { Int32($0) })
    while ProcessTable.isLiving(pid) { try await Task.sleep(for: .milliseconds(10)) }
  }

  @Test func outputExitCodeEnvironmentAndFolderComeThrough() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "a folder \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try await Launch.program(
      "/bin/sh", arguments: ["-c", #"echo "$ASH_WORD"; pwd >&2; head -c 1000000 /dev/zero | tr '\0' x; exit 7"#],
      environment: ["ASH_WORD": "hello world", "HOME": nil], directory: folder)
    #expect(outcome.exitCode == 7 && outcome.signal == nil)
    #expect(outcome.stdout == "hello world\n" + String(repeating: "x", count: 1_000_000))
    #expect(outcome.stderr.contains(folder.lastPathComponent))
  }

  @Test func aSignalThatEndsAProgramIsTold() async throws {
    let program = try await Launch.start(
      "/bin/sh", arguments: ["-c", "echo ready; sleep 1000 & wait"], timeLimit: .seconds(900))
    #expect(await program.waitForOutput("ready"))
    program.killEverything()
    let outcome = await program.outcome()
    #expect(outcome.signal == Int(SIGKILL) && outcome.exitCode == nil && !outcome.timedOut, "\(outcome)")
    #expect(outcome.leftProcesses.isEmpty)
  }

  @Test func aMissingProgramIsAnError() async {
    await #expect(throws: LaunchError.self) { try await Launch.program("no-such-program") }
    await #expect(throws: LaunchError.self) { try await Launch.program("/no/such/program") }
  }
}
