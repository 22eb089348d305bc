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

  @Test func anotherMPIsLauncherIsAMismatch() throws {
    let text = try #require(launcher(["PMI_RANK": "0", "PMI_SIZE": "8"]).mismatch(worldSize: 1))
    #expect(text.contains("started 8 processes"))
    #expect(launcher(["PMI_RANK": "0", "PMI_SIZE": "8"]).mismatch(worldSize: 8) == nil)
    #expect(launcher(["OMPI_COMM_WORLD_SIZE": "1"]).mismatch(worldSize: 1) == nil)
  }
}
