internal import Tuning
internal import TuningTypes

/// The environment variables that trainer programs start with.
package struct CommandEnvironment: Sendable {
  /// This process's own, without what its launcher put there, and with what the study adds.
  private let base: [String: String]
  /// Nil where the study sets the variable itself.
  private let gpus: GPUAssignment?

  /// - Parameters:
  ///   - inherited: this process's environment.
  ///   - additions: what the study sets; it wins over what is inherited.
  init(inherited: [String: String], additions: [String: String], gpusPerNode: Int?) {
    let ours = JobValue.allCases.map(Self.name) + [Self.configuration]
    base = inherited.filter { !Self.isLaunchers($0.key) && !ours.contains($0.key) }
      // Python keeps what it prints in a pipe back until there is much of it; a progress line is to come at once.
      .merging(["PYTHONUNBUFFERED": "1"]) { inherited, _ in inherited }
      .merging(additions) { $1 }
    gpus =
      additions[GPUAssignment.variable] == nil
      ? GPUAssignment(environment: inherited, gpusPerNode: gpusPerNode) : nil
  }

  /// What every program of a worker sees.
  func variables(worker: WorkerID, localWorker: Int, protocol name: String) -> [String: String] {
    var variables = base
    variables["ASH_PROTOCOL"] = name
    variables[Self.name(.worker)] = "\(worker)"
    variables[Self.name(.localWorker)] = "\(localWorker)"
    if let device = gpus?.device(ofLocalWorker: localWorker) { variables[GPUAssignment.variable] = device }
    return variables
  }

  /// What a program sees that is started for one job.
  func variables(for job: CommandJob) -> [String: String] {
    var variables = variables(worker: job.worker, localWorker: job.localWorker, protocol: "once")
    for value in JobValue.allCases where !JobValue.ofWorker.contains(value) {
      variables[Self.name(value)] = job.text(value)
    }
    var configuration = JSONText()
    configuration.append(job.job.configuration)
    variables[Self.configuration] = String(decoding: configuration.bytes, as: UTF8.self)
    return variables
  }

  private static let configuration = "ASH_CONFIGURATION"

  private static func name(_ value: JobValue) -> String { "ASH_\(value.rawValue.uppercased())" }

  /// Whether a launcher set the variable for the rank. A program linked with MPI would take itself for that rank, and
  /// PyTorch Lightning for one of `SLURM_NTASKS` processes of a training.
  package static func isLaunchers(_ name: String) -> Bool {
    prefixes.contains { name.hasPrefix($0) } || slurmStep.contains(name)
  }

  private static let prefixes = [
    "OMPI_", "PMI_", "PMI2_", "PMIX_", "PRTE_", "HYDRA_", "HYDI_", "MPI_LOCAL", "MV2_COMM_WORLD_", "PALS_",
    "SLURM_STEP_", "SLURM_SRUN_", "SLURM_PMI", "SLURM_NTASKS", "SLURM_TASKS_PER_NODE", "SLURM_LAUNCH_NODE_",
  ]

  /// What Slurm says of the step and the task, not of the job and the node.
  private static let slurmStep = [
    "SLURM_STEPID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_TASK_PID", "SLURM_GTIDS", "SLURM_NPROCS",
    "SLURM_MPI_TYPE", "SLURM_DISTRIBUTION", "SLURM_CPU_BIND", "SLURM_CPU_BIND_LIST", "SLURM_CPU_BIND_TYPE",
    "SLURM_CPU_BIND_VERBOSE",
  ]
}

/// Which GPU the programs of a worker see: the workers of a node share its GPUs in turn.
package struct GPUAssignment: Hashable, Sendable {
  package static let variable = "CUDA_VISIBLE_DEVICES"

  /// The devices to choose from; empty leaves everything as it is.
  package let devices: [String]

  /// - Parameters:
  ///   - environment: what the launcher says of this node. Where it has chosen the devices itself, that stands; unless it
  ///     chose several and the study gives their number as well, which asks for them to be dealt out.
  ///   - gpusPerNode: what the study says.
  package init(environment: [String: String], gpusPerNode: Int?) {
    if let chosen = environment[Self.variable] {
      let list = chosen.split(separator: ",").map(String.init)
      devices = gpusPerNode != nil && list.count > 1 ? list : []
      return
    }
    let listed = ["SLURM_STEP_GPUS", "SLURM_JOB_GPUS"].compactMap { environment[$0] }.first
    let count =
      gpusPerNode ?? environment["SLURM_GPUS_ON_NODE"].flatMap { Int($0) }
      // Their numbers are those of the whole node; inside a job's control group CUDA counts from 0.
      ?? listed.map { $0.split(separator: ",").count }
      // `4` or `a100:4`.
      ?? environment["SLURM_GPUS_PER_NODE"].flatMap { $0.split(separator: ":").last.flatMap { Int($0) } }
    devices = (0..<max(0, count ?? 0)).map(String.init)
  }

  package func device(ofLocalWorker worker: Int) -> String? {
    devices.isEmpty ? nil : devices[worker % devices.count]
  }
}
