import Foundation
import LaunchSupport
import Testing
import Text
import TuningTypes

/// Limits that the system, a container or a job sets: a message that names them, exit code 73, nothing held against a trial.
@Suite struct LimitTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.write("study.yaml", syntheticStudy(configurations: 8))
  }

  /// Whether this process may become another user.
  private static let isRoot = getuid() == 0

  @Test(.enabled(if: isRoot), arguments: [1, 2])
  func aThreadThatCanNotBeStartedIsToldInSeconds(processes: Int) async throws {
    chmod(scratch.path(""), 0o777)
    let outcome = try await AshMPI.shell(
      """
      cp "$ASH" . && exec setpriv --reuid=2710\(processes) --regid=27100 --clear-groups \\
        bash -c 'ulimit -u \(processes); exec ./ash-mpi run study.yaml -o out --grace 2s'
      """, in: scratch)
    #expect(outcome.exitCode == 73 && !outcome.timedOut, "\(outcome)")
    #expect(outcome.stderr.contains("thread: Resource temporarily unavailable"), "\(outcome)")
    #expect(outcome.stderr.contains("this user may have \(processes) processes and threads: ulimit -u"), "\(outcome)")
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome)")
  }

  /// A time of day that is wrong by an hour, as after a step of the clock, must not hold up who waits for some milliseconds.
  @Test func aWrongTimeOfDayHoldsUpNothing() async throws {
    try scratch.write(
      "clock.c",
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <time.h>
      int clock_gettime(clockid_t clock, struct timespec *time) {
        static int (*real)(clockid_t, struct timespec *);
        if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
        int code = real(clock, time);
        if (clock == CLOCK_REALTIME) time->tv_sec += 3600;
        return code;
      }
      """)
    let clang = try Launch.path(ofCommand: "clang")
    let compiler = try await AshMPI.shell("\(clang) -shared -fPIC -o clock.so clock.c -ldl", in: scratch)
    #expect(compiler.isSuccess, "\(compiler)")
    try scratch.write(
      "study.yaml",
      """
      search_space: {x: {type: float, min: 0, max: 1}}
      scheduler: {algorithm: random, max_resource: 1}
      budget: {time: 1s}
      trainer: {kind: synthetic, seconds_per_resource: 30}
      """)
    let outcome = try await AshMPI.shell("LD_PRELOAD=./clock.so exec \"$ASH\" run study.yaml -o out", in: scratch)
    // The only job would have a result if its end were the first that wakes the driver.
    #expect(outcome.exitCode == 65 && outcome.stderr.contains("no job came to a result"), "\(outcome)")
  }

  @Test func filesThatCanNotBeOpenedStopTheStudyAndFailNoJob() async throws {
    try scratch.write(
      "study.yaml",
      """
      search_space: {rate: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 8}
      trainer: {kind: command, command: [sh, -c, 'echo "{\\"loss\\": 0.5}"']}
      """)
    let outcome = try await AshMPI.shell("ulimit -n 8; exec \"$ASH\" run study.yaml -o out", in: scratch)
    #expect(outcome.exitCode == 73, "\(outcome)")
    #expect(outcome.stderr.contains("this process may have 8 files open: ulimit -n); "), "\(outcome)")
    #expect(!(try scratch.text("out/journal.jsonl")).contains(#""event":"failure""#))
    let resumed = try await AshMPI.run(["resume", "out"], in: scratch)
    #expect(resumed.isSuccess, "\(resumed)")
    #expect(try scratch.json("out/summary.json")["failed_jobs"]?.integer == 0)
  }

  private static func networkStudy(_ dataset: String) -> String {
    """
    search_space: {learning_rate: {type: float, min: 1.0e-4, max: 1.0, scale: log}}
    scheduler: {min_resource: 1, max_resource: 4}
    budget: {configurations: 4}
    trainer: {kind: mlp, dataset: \(dataset), target: target, hidden_units: 8}
    """
  }

  /// OpenBLAS itself would try for ever.
  @Test(arguments: [200_000, 300_000, 350_000]) func tooLittleMemoryForNetworksIsTold(kilobytes: Int)
    async throws
  {
    try scratch.write("study.yaml", Self.networkStudy(Repository.path("Datasets/iris.csv")))
    let outcome = try await AshMPI.shell("ulimit -v \(kilobytes); exec \"$ASH\" run study.yaml -o out", in: scratch)
    #expect(outcome.exitCode == 70 && !outcome.timedOut, "\(outcome)")
    #expect(outcome.stderr.hasPrefix("ash-mpi: there is too little memory for OpenBLAS"), "\(outcome)")
    #expect(outcome.stderr.split(separator: "\n").count == 1, "\(outcome)")
  }

  /// A study that trains with another program does not need OpenBLAS, nor the memory for it.
  @Test func littleMemoryIsEnoughForOtherTrainers() async throws {
    let outcome = try await AshMPI.shell("ulimit -v 300000; exec \"$ASH\" run study.yaml -o out", in: scratch)
    #expect(outcome.isSuccess, "\(outcome)")
  }

  @Test(arguments: ["", "mpirun --oversubscribe -np 3 "])
  func treesWithoutXGBoostAreToldOnceAndOtherStudiesRun(launcher: String) async throws {
    try scratch.write(
      "trees.yaml",
      """
      search_space: {learning_rate: {type: float, min: 0.1, max: 0.5}}
      scheduler: {min_resource: 1, max_resource: 4}
      budget: {configurations: 4}
      trainer: {kind: xgboost, dataset: \(Repository.path("Datasets/iris.csv")), target: target}
      """)
    let environment = [
      "ASH_MPI_XGBOOST": "/nowhere/libxgboost.so", "OMPI_ALLOW_RUN_AS_ROOT": "1",
      "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    ]
    let outcome = try await AshMPI.shell(
      "exec \(launcher)\"$ASH\" run trees.yaml -o trees", environment: environment, in: scratch)
    #expect(outcome.exitCode == 70 && !outcome.timedOut, "\(outcome)")
    let said = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("ash-mpi: ") }
    let message = said.first.map(String.init) ?? ""
    #expect(
      said.count == 1 && message.contains("XGBoost, which trees are grown with, could not be loaded"), "\(outcome)")
    #expect(message.contains("libxgboost0") && message.contains("ASH_MPI_XGBOOST"), "\(outcome)")
    let other = try await AshMPI.shell(
      "exec \(launcher)\"$ASH\" run study.yaml -o other", environment: environment, in: scratch)
    #expect(other.isSuccess, "\(other)")
  }

  /// A megabyte that unpacks to a thousand, of zeros and of text.
  @Test(arguments: [#"b"\0" * (1 << 20)"#, #"b"1,2,3\n" * (1 << 18)"#])
  func aPackedFileTakesNoMoreMemoryThanThereIs(megabyte: String) async throws {
    try scratch.write("study.yaml", Self.networkStudy("bomb.csv.gz"))
    let outcome = try await AshMPI.shell(
      """
      python3 -c 'import gzip
      w = gzip.open("bomb.csv.gz", "wb", 1)
      for i in range(512): w.write(\(megabyte))' && ulimit -v 1000000 && exec "$ASH" validate study.yaml
      """, in: scratch)
    #expect(outcome.exitCode == 65, "\(outcome)")
    let complaint =
      megabyte.contains("1,2,3") ? "the file has more than 244 MiB once it is unpacked" : "there is a zero byte"
    #expect(outcome.stderr.contains(complaint), "\(outcome)")
  }

  /// A container whose shared memory is a page: the study's data have no room in it.
  @Test(.enabled(if: isRoot)) func tooLittleSharedMemoryIsTold() async throws {
    try scratch.write("study.yaml", Self.networkStudy(Repository.path("Datasets/iris.csv")))
    let outcome = try await AshMPI.shell(
      """
      exec unshare --mount sh -c 'mount -t tmpfs -o size=4k tmpfs /dev/shm || exit 99
      exec mpirun -np 2 --oversubscribe "$ASH" run study.yaml -o out'
      """, environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"], in: scratch)
    // Where nothing may be mounted there is nothing to see.
    guard outcome.exitCode != 99, !outcome.stderr.contains("unshare") else { return }
    #expect(outcome.exitCode == 73 && !outcome.timedOut, "\(outcome)")
    let said = outcome.stderr.split(separator: "\n").filter { $0.hasPrefix("ash-mpi: ") }
    #expect(said.count == 1 && said[0].contains("no shared memory for the study's data"), "\(outcome)")
  }

  /// Nobody can write there, and the trainer's program, which fails for it, can't know that.
  @Test(.enabled(if: isRoot)) func aCheckpointFolderThatIsForbiddenStopsTheStudyAndFailsNoJob() async throws {
    chmod(scratch.path(""), 0o777)
    try scratch.write(
      "study.yaml",
      """
      search_space: {rate: {type: float, min: 0, max: 1}}
      scheduler: {min_resource: 1, max_resource: 1}
      budget: {configurations: 30}
      trainer:
        kind: command
        command:
          - sh
          - -c
          - |
            [ "$ASH_TRIAL" != 10 ] || chmod 555 "$ASH_CHECKPOINT/.."
            [ "$ASH_TRIAL" != 10 ] || chmod 555 "$ASH_CHECKPOINT"
            touch "$ASH_CHECKPOINT/state" || exit 1
            echo '{"loss": 0.5}'
      """)
    let outcome = try await AshMPI.shell(
      """
      cp "$ASH" . && exec setpriv --reuid=27103 --regid=27100 --clear-groups ./ash-mpi run study.yaml -o out
      """, in: scratch)
    #expect(outcome.exitCode == 73, "\(outcome)")
    #expect(outcome.stderr.contains("out/checkpoints/0"), "\(outcome)")
    #expect(outcome.stderr.contains(": Permission denied; the study stops"), "\(outcome)")
    #expect(!(try scratch.text("out/journal.jsonl")).contains(#""event":"failure""#))
  }
}
