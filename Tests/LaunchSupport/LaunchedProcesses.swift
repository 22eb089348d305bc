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
    let mark = "\(Self.variable)=\(mark)"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap(pid_t.init).compactMap { pid in
      // Empty for a zombie, unreadable for another user's.
      guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
        case let variables = environment.split(separator: 0).map({ String(decoding: $0, as: UTF8.self) }),
        variables.contains(mark), isWanted(variables)
      else { return nil }
      let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return (
        pid, "\(pid) " + command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
      )
    }
  }

  /// Kills every one of them, `leader` included unless it has been waited for.
  func kill(leaderIsWaitedFor: Bool) {
    if !leaderIsWaitedFor { _ = Foundation.kill(-leader, SIGKILL) }
    for process in living() { _ = Foundation.kill(process.pid, SIGKILL) }
  }
}
