internal import Glibc

/// What the environment says about the program that started this process: `mpirun`, `srun`, or neither.
public struct Launcher: Sendable {
  /// Whether this process was started by an MPI launcher. Without one a program should run as a single rank and not
  /// initialise MPI at all: Open MPI would fork a daemon for it.
  public let isPresent: Bool
  /// The number of ranks that the launcher says it started, where it does.
  public let announcedSize: Int?
  /// Whether this is the first of the processes that it started, or nothing says which it is.
  public let isFirst: Bool
  private let slurmTasks: Int?
  private let isInSlurmJob: Bool
  /// A trainer of a study's that runs this program gets none of the launcher's variables.
  private let isTrainer: Bool

  /// Reads the environment of this process.
  public init() {
    self.init { name in unsafe getenv(name).map { unsafe String(cString: $0) } }
  }

  /// Reads the environment variables that `value` gives.
  package init(value: (String) -> String?) {
    func number(_ name: String) -> Int? { value(name).flatMap { Int($0) } }
    isPresent = Self.marks.contains { value($0) != nil }
    announcedSize = number("OMPI_COMM_WORLD_SIZE") ?? number("PMI_SIZE")
    isFirst = (number("OMPI_COMM_WORLD_RANK") ?? number("PMI_RANK") ?? number("SLURM_PROCID") ?? 0) == 0
    isInSlurmJob = value("SLURM_JOB_ID") != nil
    isTrainer = value("ASH_TRIAL") != nil
    slurmTasks = value("SLURM_STEP_ID") == nil ? nil : number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS")
  }

  /// The variables by which Open MPI, Slurm (PMIx and PMI), and MPICH's Hydra tell a process its rank.
  private static let marks = [
    "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMIX_NAMESPACE", "PMI_RANK", "PMI_SIZE", "PMI_FD",
  ]

  /// Why the ranks would not find each other, and what to type instead; `nil` if nothing looks wrong.
  ///
  /// A launcher that the MPI library does not understand starts N processes that each believe to be alone: N studies
  /// instead of one.
  ///
  /// - Parameter worldSize: the size of the world communicator, once MPI is initialised; `nil` before.
  public func mismatch(worldSize: Int? = nil) -> String? {
    if let worldSize {
      guard worldSize == 1 else { return nil }
      if let announcedSize, announcedSize > 1 {
        return """
          the launcher started \(announcedSize) processes, but each of them runs alone: the launcher belongs to \
          another MPI than the one this program was built with (\(MPIEnvironment.libraryVersion)). \
          Use that MPI's own mpirun, or, in Slurm, srun --mpi=pmix
          """
      }
      return slurmTasks.flatMap { $0 > 1 ? Self.slurmText(tasks: $0) : nil }
    }
    guard !isPresent, let slurmTasks, slurmTasks > 1 else { return nil }
    return Self.slurmText(tasks: slurmTasks)
  }

  /// Why the processes that a launcher has started would not find each other, where no variable says that there is one; nil if this
  /// process is alone.
  public func separation() -> (text: String, isFirst: Bool)? { separation(LaunchedTwins.ofThisProcess) }

  /// - Parameter find: finds the processes that were started together with this one, unless by a launcher that counts for none.
  package func separation(_ find: (String?) -> LaunchedTwins?) -> (text: String, isFirst: Bool)? {
    // A batch script, whose environment is whole, may start what it likes.
    let ignored = isInSlurmJob ? "slurmstepd" : nil
    guard !isPresent, !isTrainer, let twins = find(ignored), twins.processes.count > 1 else { return nil }
    let text = """
      \(twins.launcher) started \(twins.processes.count) of these processes, and each of them would run a study of its own: none has the \
      variables by which the launcher tells them of each other (OMPI_…, PMIX_…, PMI_…). What stands between the launcher and the \
      program takes them away, as env -i and apptainer --cleanenv do: let them through
      """
    return (text, twins.isFirst)
  }

  private static func slurmText(tasks: Int) -> String {
    """
    srun started \(tasks) processes without telling them of each other: each of them would run alone. \
    Use srun --mpi=pmix, or mpirun inside the batch script (srun --mpi=list shows what this Slurm offers)
    """
  }
}
