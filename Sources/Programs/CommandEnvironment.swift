package import StudyFile
internal import Text
package import Training
package import TuningTypes

/// The environment variables that trainer programs start with.
package struct CommandEnvironment: Sendable {
  /// This process's own, without what its launcher put there for its rank, and with what the study adds.
  private let base: ProgramEnvironment
  /// Nil where the study chooses devices itself.
  private let gpus: GPUAssignment?

  /// - Parameters:
  ///   - inherited: this process's environment.
  ///   - additions: what the study sets; it wins over what is inherited.
  ///   - worker: what a worker is; threads are left to the program where the study says nothing of them.
  package init(
    inherited: ProgramEnvironment, additions: [String: String], gpusPerNode: Int?, worker: WorkerSpecification
  ) {
    let threads = worker.threads
    let ours = JobValue.allCases.map(Self.name) + [Self.configuration] + (worker.ranks > 1 ? Self.ofRank : [])
    var base = inherited.filter { !LauncherVariables.contains($0) && !ours.contains($0) }
    // Python keeps what it prints in a pipe back until there is much of it; a progress line is to come at once.
    if base["PYTHONUNBUFFERED"] == nil { base["PYTHONUNBUFFERED"] = "1" }
    // With these two PyTorch Lightning takes a trainer for one of the job's tasks, and waits for the others. Its manual's way
    // out (SLURMEnvironment.detect) is this name of a job, which nothing else goes by.
    if base["SLURM_NTASKS"] != nil, base["SLURM_JOB_NAME"] != nil { base["SLURM_JOB_NAME"] = "interactive" }
    base.merge(additions)
    if let threads, base[Self.threads] == nil { base[Self.threads] = "\(threads)" }
    self.base = base
    gpus =
      GPUAssignment.variables.contains { additions[$0] != nil }
      ? nil : GPUAssignment(environment: inherited, gpusPerNode: gpusPerNode, gpus: worker.gpus, ranks: worker.ranks)
  }

  /// Why a worker can't have as many GPUs as the study wants.
  var gpuProblem: String? { gpus?.problem }

  /// What a person should know where workers of a node use the same GPUs unasked; nil where they don't.
  func gpuWarning(workers: Int, ranks: Int) -> String? { gpus?.warning(workers: workers, ranks: ranks) }

  /// What every program of a worker sees.
  package func variables(
    worker: WorkerID, localWorker: Int, rank: WorkerRank = .alone(on: "localhost"), protocol name: String
  ) -> ProgramEnvironment {
    var variables = base
    variables["ASH_PROTOCOL"] = name
    variables[Self.name(.worker)] = "\(worker)"
    variables[Self.name(.localWorker)] = "\(localWorker)"
    for value in JobValue.ofRanks { variables[Self.name(value)] = CommandJob.text(value, of: rank) }
    if let gpus, let devices = gpus.devices(ofLocalWorker: localWorker, ranks: rank.localCount) {
      variables[gpus.variable] = devices
    }
    return variables
  }

  /// By these a process finds the others of its trial: the names that `torchrun` sets (PyTorch's documentation, torchrun,
  /// "Environment Variables").
  static func variables(of rank: WorkerRank, meetingAt rendezvous: Rendezvous) -> [String: String] {
    let values = [
      "\(rank.number)", "\(rank.count)", "\(rank.localNumber)", "\(rank.localCount)", "\(rank.nodeNumber)",
      rendezvous.host, "\(rendezvous.port)",
    ]
    return Dictionary(uniqueKeysWithValues: zip(ofRank, values))
  }

  private static let ofRank = [
    "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "MASTER_ADDR", "MASTER_PORT",
  ]

  /// What a program sees that is started for one job.
  func variables(for job: CommandJob) -> ProgramEnvironment {
    var variables = variables(worker: job.worker, localWorker: job.localWorker, rank: job.rank, protocol: "once")
    variables.merge(Self.values(of: job))
    return variables
  }

  /// What a job's program is told of the job alone.
  static func values(of job: CommandJob) -> [String: String] {
    var values: [String: String] = [:]
    for value in JobValue.allCases where !JobValue.ofWorker.contains(value) { values[name(value)] = job.text(value) }
    var configuration = JSONText()
    configuration.append(job.job.configuration)
    values[Self.configuration] = String(decoding: configuration.bytes, as: UTF8.self)
    return values
  }

  private static let configuration = "ASH_CONFIGURATION"

  /// What OpenMP and most numerical libraries go by.
  static let threads = "OMP_NUM_THREADS"

  private static func name(_ value: JobValue) -> String { "ASH_\(value.rawValue.uppercased())" }
}
