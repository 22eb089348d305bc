internal import Foundation
internal import Journal
internal import MPI
internal import Search

extension ClusterSession {
  /// Where this run runs: collected from all ranks, which call it together.
  ///
  /// - Parameter layout: where workers are of several ranks.
  /// - Returns: with each worker's host on the driver, that of its first rank; without on the others.
  func site(of placement: WorkerPlacement, _ layout: WorkerLayout?) throws -> RunSite {
    let hosts = try layout?.sites.map(\.host) ?? hostsOfRanks()
    let workers =
      layout?.workers.map { $0[0] } ?? hosts.indices.filter { $0 > 0 || !placement.hasDedicatedDriver }
    return RunSite(
      started: Date().ISO8601Format(), hosts: workers.map { hosts[$0] },
      batchJob: Self.batchJob(in: ProcessInfo.processInfo.environment))
  }

  /// The job's number in the batch system, such as `4711`, or `4711_3` of a Slurm array.
  package static func batchJob(in environment: [String: String]) -> String? {
    if let array = environment["SLURM_ARRAY_JOB_ID"], let task = environment["SLURM_ARRAY_TASK_ID"] {
      return "\(array)_\(task)"
    }
    return ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "FLUX_JOB_ID"].lazy.compactMap { environment[$0] }
      .first { !$0.isEmpty }
  }
}
