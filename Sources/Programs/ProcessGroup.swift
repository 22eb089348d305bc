internal import Files
internal import Foundation
internal import Synchronization

/// A process group of which nothing is left when it is ended, nor when this process dies of whatever.
///
/// The group is that of its *guard*: a shell that waits for the end of a pipe whose other end this process alone holds. If
/// this process is killed by a signal that nobody can catch, the kernel closes the pipe, and the guard kills the group that
/// it leads. (`PR_SET_PDEATHSIG` would reach children alone, and depends on the thread that started them.) What has left
/// the group is known by a variable in its environment, and killed as well.
///
/// swift-subprocess would start programs well, but it is asynchronous where a training thread is not, waits for the ends of
/// streams that a grandchild may keep open, may fork, and has nothing for the death of the parent.
struct ProcessGroup: ~Copyable {
  /// The variable by which a process is known that has left its group.
  static let markVariable = "ASH_PROCESS_GROUP"

  private let guardian: pid_t
  private let lifeline: Int32
  private let mark: String

  private static let script = """
    read -r _
    for file in $(grep -Flas -- "$1" /proc/[0-9]*/environ); do
      process=${file#/proc/}
      kill -KILL "${process%/environ}"
    done
    kill -KILL 0
    """

  private static let counter = Atomic(0)

  init() throws(SystemError) {
    Spawning.expectChildren()
    let number = Self.counter.add(1, ordering: .relaxed).newValue
    mark = "\(getpid())-\(number)-\(UInt64(Date().timeIntervalSince1970 * 1e6))"
    let pipe = try Spawning.makePipe()
    defer { close(pipe.read) }
    do {
      guardian = try Spawning.spawn(
        Spawning.Request(
          program: "/bin/sh", arguments: ["-c", Self.script, "ash-mpi-guard", "\(Self.markVariable)=\(mark)"],
          name: "sh", environment: ProgramEnvironment(["PATH": "/usr/local/bin:/usr/bin:/bin"]), directory: "/",
          group: 0,
          streams: [pipe.read, nil, nil],
          // Blocked from its first moment on: what asks the group to end is not for the guard.
          blockedSignals: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU]))
      lifeline = pipe.write
    } catch {
      close(pipe.write)
      throw error
    }
  }

  /// Starts a program in the group.
  func start(_ request: Spawning.Request) throws(SystemError) -> pid_t {
    var request = request
    request.group = guardian
    request.environment[Self.markVariable] = mark
    return try Spawning.spawn(request)
  }

  /// Sends a signal to every process of the group but the guard, which blocks it.
  func send(_ signal: Int32) { kill(-guardian, signal) }

  /// Kills the group and what has left it, and waits until its programs are gone.
  ///
  /// - Returns: false where a process could not be killed within seconds: it waits for a device or a file server.
  consuming func end() -> Bool {
    kill(-guardian, SIGKILL)
    let deadline = Spawning.seconds() + 5
    var pause: UInt32 = 20
    // Until this process has no child in the group any more.
    while true {
      switch Spawning.reap(-guardian) {
      case .unknown?:
        close(lifeline)
        killStrays(until: deadline)
        return true
      case nil:
        if Spawning.seconds() > deadline {
          close(lifeline)
          return false
        }
        usleep(pause)
        pause = min(2 * pause, 10_000)
      default: break
      }
    }
  }

  /// Kills the processes that carry the group's mark, wherever they are, again and again until there is none: they may
  /// start others meanwhile.
  private func killStrays(until deadline: Double) {
    let wanted = Array("\(Self.markVariable)=\(mark)".utf8)[...]
    var found = true
    while found, Spawning.seconds() < deadline {
      found = false
      for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
        guard let process = pid_t(name), let environment = try? Disk.read("/proc/\(name)/environ"),
          environment.split(separator: 0).contains(wanted)
        else { continue }
        kill(process, SIGKILL)
        found = true
      }
      if found { usleep(1000) }
    }
  }
}
