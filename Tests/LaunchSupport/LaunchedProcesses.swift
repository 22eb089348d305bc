import Foundation

/// The processes of one launch, wherever they moved: `mpirun` puts each rank in a process group of its own, so that
/// killing its group leaves them alive. They are known by a variable in their environment, which children inherit.
struct LaunchedProcesses {
  static let variable = "ASH_TEST_LAUNCH"

  /// The variable's value, one of its own for each launch.
  let mark: String
  /// The process that was started, which also leads a process group.
  let leader: pid_t

  /// The living processes: "PID COMMAND". Linux only; elsewhere those of the leader's group cannot be named.
  ///
  /// - Parameter isWanted: chooses by the environment, as `NAME=VALUE` texts.
  func living(where isWanted: ([String]) -> Bool = { _ in true }) -> [(pid: pid_t, description: String)] {
    ProcessTable.living { $0.contains("\(Self.variable)=\(mark)") && isWanted($0) }
  }

  /// Kills every one of them, `leader` included unless it has been waited for.
  func kill(leaderIsWaitedFor: Bool) {
    if !leaderIsWaitedFor { _ = Foundation.kill(-leader, SIGKILL) }
    for process in living() { _ = Foundation.kill(process.pid, SIGKILL) }
  }
}
