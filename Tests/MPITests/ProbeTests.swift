import LaunchSupport
import Testing

/// Runs `mpi-probe` under a real `mpirun`.
@Suite(.serialized) struct ProbeTests {
  private func expectSuccess(
    _ probe: String, _ arguments: Int..., ranks: Int, location: SourceLocation = #_sourceLocation
  ) async throws -> Outcome {
    let outcome = try await Launch.mpirun(
      ranks: ranks, program: "mpi-probe", arguments: [probe] + arguments.map { String($0) })
    #expect(outcome.isSuccess, "\(outcome)", sourceLocation: location)
    #expect(outcome.lines.last?.hasPrefix("ok") == true, "\(outcome)", sourceLocation: location)
    return outcome
  }

  @Test(arguments: [1, 2, 3, 5, 8])
  func aTokenGoesAroundARing(ranks: Int) async throws {
    let outcome = try await expectSuccess("ring", ranks: ranks)
    #expect(outcome.stdout.hasPrefix("ok \(ranks) "))
  }

  @Test(arguments: [1, 3])
  func theEnvironmentDescribesItselfAndIsMadeOnce(ranks: Int) async throws {
    let outcome = try await expectSuccess("version", ranks: ranks)
    #expect(outcome.stdout.hasPrefix("ok \(ranks) ranks, \(ranks) on this node"), "\(outcome)")
    #expect(!outcome.stdout.contains("mismatch"))
  }

  @Test(arguments: [1, 2, 3])
  func messagesOfUnknownLengthArriveWholeBetweenAllPairs(ranks: Int) async throws {
    _ = try await expectSuccess("messages", ranks: ranks)
  }

  @Test(arguments: [5, 8])
  func shortMessagesArriveBetweenManyRanks(ranks: Int) async throws {
    _ = try await expectSuccess("messages", 70_000, ranks: ranks)
  }

  @Test(arguments: [2, 5])
  func messagesOfOneSenderArriveInTheirOrder(ranks: Int) async throws {
    _ = try await expectSuccess("order", ranks: ranks)
  }

  @Test(arguments: ["broadcast", "gather", "reduce", "window"], [1, 2, 3, 5, 8])
  func collectivesGiveEveryRankItsBytes(probe: String, ranks: Int) async throws {
    _ = try await expectSuccess(probe, ranks: ranks)
  }

  @Test(arguments: [1, 3])
  func whatMPIRefusesIsASwiftErrorAndTheJobGoesOn(ranks: Int) async throws {
    let outcome = try await expectSuccess("errors", ranks: ranks)
    #expect(outcome.stdout.contains("MPI_Send failed: "), "\(outcome)")
  }

  @Test(arguments: [2, 5])
  func aSenderNeverWaitsForASlowReceiver(ranks: Int) async throws {
    let outcome = try await expectSuccess("slow-receiver", ranks: ranks)
    #expect(!outcome.stdout.contains("pending 0"), "\(outcome)")
  }

  @Test func aMessageThatNobodyReceivesIsThrownAway() async throws {
    _ = try await expectSuccess("dropped-message", ranks: 2)
  }

  @Test(arguments: [1, 3])
  func aRankThatFailsEndsAllOthersWithItsExitCode(ranks: Int) async throws {
    let outcome = try await Launch.mpirun(ranks: ranks, program: "mpi-probe", arguments: ["abort"])
    #expect(outcome.exitCode == 1 && !outcome.timedOut && outcome.leftProcesses.isEmpty, "\(outcome)")
    #expect(outcome.stderr.contains("this rank fails"), "\(outcome)")
  }

  @Test func aRankThatLeavesWithoutFinalizingEndsAllOthers() async throws {
    let outcome = try await Launch.mpirun(ranks: 3, program: "mpi-probe", arguments: ["abandon"])
    #expect(outcome.exitCode != 0 && !outcome.timedOut && outcome.leftProcesses.isEmpty, "\(outcome)")
  }

  @Test func measurementsRun() async throws {
    print(try await expectSuccess("ping-pong", 20_000, ranks: 3).stdout, terminator: "")
    print(try await expectSuccess("idle", 500, ranks: 8).stdout, terminator: "")
  }

  @Test func withoutALauncherNothingIsInitialised() async throws {
    let outcome = try await Launch.program("mpi-probe", arguments: ["launcher"])
    #expect(outcome.isSuccess && outcome.stdout.contains("launcher present: false"), "\(outcome)")
    #expect(!outcome.stdout.contains("mismatch"))
    #expect(outcome.stdout.contains("library: "))
  }

  @Test func underMpirunTheLauncherIsSeen() async throws {
    let outcome = try await Launch.mpirun(ranks: 2, program: "mpi-probe", arguments: ["launcher"])
    #expect(outcome.stdout.contains("launcher present: true, size: 2"), "\(outcome)")
  }
}
