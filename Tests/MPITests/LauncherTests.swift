import MPI
import Testing

struct LauncherTests {
  private func launcher(_ variables: [String: String]) -> Launcher { Launcher { variables[$0] } }

  @Test func anEmptyEnvironmentHasNoLauncher() {
    #expect(!launcher([:]).isPresent)
    #expect(launcher([:]).mismatch() == nil)
    #expect(launcher([:]).mismatch(worldSize: 1) == nil)
  }

  @Test(arguments: ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "PMI_FD"])
  func everyLauncherIsSeen(variable: String) {
    #expect(launcher([variable: "0"]).isPresent)
  }

  @Test func aBatchScriptAloneIsNoLauncher() {
    let launcher = launcher(["SLURM_JOB_ID": "7", "SLURM_NTASKS": "64"])
    #expect(!launcher.isPresent)
    #expect(launcher.mismatch() == nil)
  }

  @Test func srunWithoutPMIxIsAMismatch() throws {
    let launcher = launcher(["SLURM_STEP_ID": "0", "SLURM_NTASKS": "64", "SLURM_STEP_NUM_TASKS": "4"])
    let text = try #require(launcher.mismatch())
    #expect(text.contains("srun started 4 processes") && text.contains("srun --mpi=pmix"))
  }

  @Test func srunWithPMIxAndOneTaskAreNone() {
    #expect(launcher(["SLURM_STEP_ID": "0", "SLURM_NTASKS": "64", "PMIX_RANK": "3"]).mismatch() == nil)
    #expect(launcher(["SLURM_STEP_ID": "0", "SLURM_NTASKS": "1"]).mismatch() == nil)
  }

  @Test func oneOfTheProcessesThatFindNoOtherTellsIt() {
    #expect(launcher([:]).isFirst && launcher(["OMPI_COMM_WORLD_RANK": "0"]).isFirst)
    for name in ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"] { #expect(!launcher([name: "3"]).isFirst) }
  }

  /// Below `mpirun` (10) a shell each (20, 21, 23) has started the program, which a wrapper has replaced by itself twice; 22 is another
  /// program, 40 is of another launcher, and 50 of none.
  private static let table: [Int32: LaunchedTwins.Process] = {
    let run = Array("ash-mpi\0run\0study.yaml\0".utf8)
    let processes: [(Int32, Int32, String, [UInt8])] = [
      (1, 0, "init", []), (10, 1, "mpirun", []), (11, 1, "orted", []), (20, 10, "sh", []), (21, 10, "sh", []),
      (22, 10, "ash-mpi", Array("ash-mpi\0status\0".utf8)), (23, 10, "ash-mpi", run), (30, 20, "ash-mpi", run),
      (31, 21, "ash-mpi", run), (40, 11, "ash-mpi", run), (50, 1, "ash-mpi", run),
    ]
    return Dictionary(
      uniqueKeysWithValues: processes.map { ($0, .init(parent: $1, name: $2, command: $3)) })
  }()

  private func twins(of process: Int32) -> LaunchedTwins? {
    LaunchedTwins(of: process, process: { Self.table[$0] }, all: { Array(Self.table.keys) })
  }

  @Test func twinsHaveTheirLauncherAndTheirCommandLineInCommon() {
    #expect(twins(of: 30)?.processes == [23, 30, 31] && twins(of: 30)?.launcher == "mpirun")
    #expect([23, 30, 31].map { twins(of: $0)?.isFirst } == [true, false, false])
    #expect(twins(of: 22)?.processes == [22])
    #expect(twins(of: 40)?.processes == [40] && twins(of: 40)?.launcher == "orted")
    #expect(twins(of: 50) == nil)
  }

  @Test func onlyProcessesThatKnowOfNoLauncherAreSeparated() throws {
    let separation = try #require(launcher([:]).separation { _ in twins(of: 31) })
    #expect(separation.text.hasPrefix("mpirun started 3 of these processes") && !separation.isFirst)
    for known in ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "ASH_TRIAL"] {
      #expect(launcher([known: "1"]).separation { _ in twins(of: 31) } == nil)
    }
    #expect(launcher([:]).separation { _ in twins(of: 40) } == nil)
    #expect(launcher([:]).separation { _ in twins(of: 50) } == nil)
    let ofBatchScript = launcher(["SLURM_JOB_ID": "7"]).separation { $0 == "slurmstepd" ? nil : twins(of: 31) }
    #expect(ofBatchScript == nil)
  }

  @Test func anotherMPIsLauncherIsAMismatch() throws {
    let text = try #require(launcher(["PMI_RANK": "0", "PMI_SIZE": "8"]).mismatch(worldSize: 1))
    #expect(text.contains("started 8 processes"))
    #expect(launcher(["PMI_RANK": "0", "PMI_SIZE": "8"]).mismatch(worldSize: 8) == nil)
    #expect(launcher(["OMPI_COMM_WORLD_SIZE": "1"]).mismatch(worldSize: 1) == nil)
  }
}
