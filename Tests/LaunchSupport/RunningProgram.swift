import Foundation

/// A program that was launched and may still run.
public final class RunningProgram: Sendable {
  /// The process that was started: the program, or its `mpirun`.
  public let processID: Int32
  private let result: Task<Outcome, Never>
  private let processes: LaunchedProcesses
  private let output: OutputSoFar

  private init(processID: pid_t, processes: LaunchedProcesses, output: OutputSoFar, result: Task<Outcome, Never>) {
    self.processID = processID
    self.processes = processes
    self.output = output
    self.result = result
  }

  /// Waits for the end, which the time limit guarantees.
  public func outcome() async -> Outcome { await result.value }

  /// What it has written to standard output so far.
  public var stdoutSoFar: String { String(decoding: output.read(0), as: UTF8.self) }

  /// Whether the process that was started has ended.
  public var hasEnded: Bool { output.isComplete }

  /// Waits until standard output has some text, or the program's end.
  ///
  /// - Returns: whether the text is there.
  public func waitForOutput(_ text: String) async -> Bool {
    while !stdoutSoFar.contains(text) {
      if output.isComplete { return stdoutSoFar.contains(text) }
      try? await Task.sleep(for: .milliseconds(10))
    }
    return true
  }

  /// Sends a signal to the process that was started.
  public func send(signal: Int32) { if !output.isComplete { _ = kill(processID, signal) } }

  /// Every living process of this launch, the launcher and all ranks (Linux): "PID COMMAND".
  public var livingProcesses: [(pid: Int32, description: String)] { processes.living() }

  /// The process of one rank, once it runs (Linux).
  public func processID(ofRank rank: Int) -> Int32? {
    processes.living { $0.contains("OMPI_COMM_WORLD_RANK=\(rank)") }.first?.pid
  }

  /// SIGKILL for every process of the launch at once, as when a node goes down.
  public func killEverything() { processes.kill(leaderIsWaitedFor: output.isComplete) }

  // MARK: Starting

  static func start(
    executable: String, arguments: [String], environment: [String: String], directory: URL?, timeLimit: Duration
  ) async throws -> RunningProgram {
    await Turns.shared.take()
    do {
      let mark = UUID().uuidString
      let child = try Child.spawn(
        executable: executable, arguments: arguments,
        environment: environment.merging([LaunchedProcesses.variable: mark]) { $1 }, directory: directory)
      let processes = LaunchedProcesses(mark: mark, leader: child.processID)
      let output = OutputSoFar()
      let (outcomes, ending) = AsyncStream.makeStream(of: Outcome.self)
      // A thread of its own, since it blocks; and at once, since tasks may have to wait a minute for their turn among the
      // tests that compute.
      Thread.detachNewThread {
        ending.yield(child.watch(processes, output: output, timeLimit: timeLimit))
        ending.finish()
      }
      let result = Task.detached {
        var last: Outcome?
        for await outcome in outcomes { last = outcome }
        await Turns.shared.giveBack()
        guard let last else { preconditionFailure("a program's watcher ended without an outcome") }
        return last
      }
      return RunningProgram(processID: child.processID, processes: processes, output: output, result: result)
    } catch {
      await Turns.shared.giveBack()
      throw error
    }
  }
}

/// What a program has written, for its watcher and its test at once.
final class OutputSoFar: Sendable {
  private struct State {
    var streams = [Data(), Data()]
    var isComplete = false
  }
  private let state = Locked(State())

  func append(_ bytes: some Sequence<UInt8> & Sendable, to stream: Int) {
    state.with { $0.streams[stream].append(contentsOf: bytes) }
  }
  func read(_ stream: Int) -> Data { state.with { $0.streams[stream] } }
  func complete() { state.with { $0.isComplete = true } }
  /// Whether the program has been waited for: its process number may by now be another's.
  var isComplete: Bool { state.with { $0.isComplete } }
}

/// A value behind a lock.
///
/// `@unchecked Sendable`: the value is reached through the lock alone.
final class Locked<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value
  init(_ value: Value) { self.value = value }
  func with<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    try lock.withLock { try body(&value) }
  }
}

/// Lets few launches run at once: many ranks on few cores make everything slow, and time limits fail.
private actor Turns {
  static let shared = Turns(limit: 2)
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(limit: Int) { free = limit }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
