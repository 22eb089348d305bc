/// The environment variables by which a launcher tells a process which rank it is, of which step.
///
/// A program that is linked with MPI would take itself for that rank of our run. What a launcher says of the whole job stays,
/// and so does what the user has set for the launchers that a trainer starts itself: with both, `mpirun` works in a trainer as
/// it does by hand.
package enum LauncherVariables {
  /// Whether a launcher set the variable for one rank.
  package static func contains(_ name: String) -> Bool {
    if name.hasPrefix("PMIX_") { return !name.hasPrefix("PMIX_MCA_") }
    return names.contains(name) || prefixes.contains { name.hasPrefix($0) }
  }

  private static let prefixes = [
    // Open MPI (ompi/runtime/ompi_mpi_params.c; mpirun(1), "Exported Environment Variables").
    "OMPI_COMM_WORLD_",
    // MVAPICH2's user guide, 5.x: rank and size.
    "MV2_COMM_WORLD_",
    // What srun says of its step (srun(1), OUTPUT ENVIRONMENT VARIABLES), and its PMI plugins of theirs.
    "SLURM_STEP_", "SLURM_SRUN_COMM_", "SLURM_PMI", "SLURM_CPU_BIND",
  ]

  private static let names: Set<String> = [
    // Open MPI 4 (orte/mca/odls/base/odls_base_default_fns.c, orte/mca/schizo/ompi/schizo_ompi.c), as `mpirun env` shows them.
    "OMPI_APP_CTX_NUM_PROCS", "OMPI_ARGV", "OMPI_COMMAND", "OMPI_FILE_LOCATION", "OMPI_FIRST_RANKS",
    "OMPI_NUM_APP_CTX", "OMPI_UNIVERSE_SIZE", "OMPI_WORLD_SIZE", "OMPI_WORLD_LOCAL_SIZE", "OMPI_TOOL_NAME",
    "OMPI_MCA_ess", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_ess_base_vpid", "OMPI_MCA_initial_wdir",
    "OMPI_MCA_orte_app_num", "OMPI_MCA_orte_bound_at_launch", "OMPI_MCA_orte_ess_jobid", "OMPI_MCA_orte_ess_vpid",
    "OMPI_MCA_orte_ess_node_rank", "OMPI_MCA_orte_ess_num_procs", "OMPI_MCA_orte_hnp_uri", "OMPI_MCA_orte_cpu_type",
    "OMPI_MCA_orte_jobfam_session_dir", "OMPI_MCA_orte_top_session_dir", "OMPI_MCA_orte_launch",
    "OMPI_MCA_orte_local_daemon_uri", "OMPI_MCA_orte_num_nodes", "OMPI_MCA_orte_precondition_transports",
    "OMPI_MCA_pmix", "OMPI_MCA_shmem_RUNTIME_QUERY_hint",
    // Open MPI 5 (PRRTE's src/mca/schizo/ompi), as `mpirun env` shows them.
    "OMPI_MCA_cpu_type", "OMPI_MCA_num_procs", "OMPI_MCA_PREFIXES", "PRTE_LAUNCHED", "PRTE_SHARED_FS",
    // MPICH's Hydra (src/pm/hydra/proxy/pmip_cb.c), Intel MPI's and Cray's PMI: `PMI` in MPICH's wiki.
    "PMI_RANK", "PMI_SIZE", "PMI_FD", "PMI_PORT", "PMI_ID", "PMI_HOSTNAME", "PMI_SPAWNED", "PMI_JOBID",
    "PMI_UNIVERSE_SIZE", "PMI_CONTROL_PORT", "PMI_CONTROL_FD", "PMI_LOCAL_RANK", "PMI_LOCAL_SIZE", "PMI_APPNUM",
    "PMI2_RANK", "PMI2_SIZE", "PMI2_FD", "HYDI_CONTROL_FD", "MPI_LOCALNRANKS", "MPI_LOCALRANKID",
    "GFORTRAN_UNBUFFERED_PRECONNECTED",
    // HPE's PALS (aprun, mpiexec).
    "PALS_RANKID", "PALS_NODEID", "PALS_LOCAL_RANKID", "PALS_LOCAL_SIZE", "PALS_APID", "PALS_APINFO", "PALS_DEPTH",
    "PALS_FD", "PALS_SPOOL_DIR", "PALS_STARTUP_BARRIER",
    // What srun says of the task.
    "SLURM_STEPID", "SLURM_PROCID", "SLURM_LOCALID", "SLURM_NODEID", "SLURM_TASK_PID", "SLURM_GTIDS",
    "SLURM_DISTRIBUTION", "SLURM_LAUNCH_NODE_IPADDR",
  ]
}
