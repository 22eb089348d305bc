import Foundation

/// The environment that launched programs start in.
enum LaunchEnvironment {
  /// By these a program would take itself for a rank of whatever started the tests.
  private static let launcherPrefixes = ["OMPI_", "PMIX_", "PMI_", "PRTE_", "HYDRA_", "HYDI_", "SLURM_"]

  private static let launcherSettings = [
    // Open MPI 4 and 5 refuse both by default; tests run in containers, on few cores.
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "PRTE_ALLOW_RUN_AS_ROOT": "1", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1", "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
  ]

  /// This process's environment without a launcher's variables, with `changes`.
  static func clean(adding changes: [String: String?], toLauncher: Bool) -> [String: String] {
    var variables = ProcessInfo.processInfo.environment.filter { name, _ in
      !launcherPrefixes.contains { name.hasPrefix($0) }
    }
    if toLauncher { variables.merge(launcherSettings) { $1 } }
    for (name, value) in changes { variables[name] = value }
    return variables
  }
}
