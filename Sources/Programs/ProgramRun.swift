internal import Files
internal import Glibc
internal import Training

/// What may take how long, in seconds.
struct CommandLimits: Hashable, Sendable {
  /// One job.
  var job: Double?
  /// One job without a sign of life: output of whatever kind.
  var silence: Double?
  /// From the wish that a program ends to its end by force.
  var grace: Double
}

/// A program that runs in a group of its own, and its streams.
///
/// Everything blocks, on the thread of the caller; waiting costs next to nothing.
final class ProgramRun {
  private var group: ProcessGroup?
  private let process: Int32
  private var input: Int32?
  private var output: Int32?
  private var errors: Int32?
  private var toWrite: ArraySlice<UInt8> = []
  private var lines = LineCutter()
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// How the program has ended, if it has.
  private(set) var exit: ProgramExit?
  /// It takes no input any more.
  private(set) var isDeaf = false
  var log: CommandLog
  /// Is given each whole line of standard error, where somebody looks through them.
  var takeErrorLine: ((ArraySlice<UInt8>) -> Void)?
  private var errorLines = LineCutter()

  /// Starts the program.
  ///
  /// - Parameters:
  ///   - request: its streams and group are set here.
  ///   - takesInput: it gets a pipe for standard input; otherwise there is nothing to read there.
  init(_ request: Spawning.Request, takesInput: Bool, log: CommandLog) throws(SystemError) {
    var request = request
    var opened: [Int32] = []
    let group = try ProcessGroup()
    do throws(SystemError) {
      let outputPipe = try Spawning.makePipe()
      opened += [outputPipe.read, outputPipe.write]
      let errorPipe = try Spawning.makePipe()
      opened += [errorPipe.read, errorPipe.write]
      var inputPipe: (read: Int32, write: Int32)?
      if takesInput {
        let pipe = try Spawning.makePipe()
        opened += [pipe.read, pipe.write]
        inputPipe = pipe
      }
      request.streams = [inputPipe?.read, outputPipe.write, errorPipe.write]
      process = try group.start(request)
      for end in [outputPipe.write, errorPipe.write, inputPipe?.read] { if let end { close(end) } }
      (input, output, errors) = (inputPipe?.write, outputPipe.read, errorPipe.read)
    } catch {
      for end in opened { close(end) }
      _ = group.end()
      throw error
    }
    self.group = consume group
    self.log = log
    for end in [input, output, errors] { if let end { Spawning.makeNonBlocking(end) } }
  }

  /// Starts the program, and tries again for a few seconds where the system has no process or memory at this moment.
  ///
  /// - Throws: `PlaceFault` where no program can be started here; `SystemError` where this one with these arguments can't.
  static func starting(_ request: Spawning.Request, takesInput: Bool, log: CommandLog) throws -> ProgramRun {
    var pause: UInt32 = 100_000
    while true {
      do throws(SystemError) {
        return try ProgramRun(request, takesInput: takesInput, log: log)
      } catch {
        if error.mayBeTrials { throw error }
        guard error.mayPass, pause < longestPause else { throw PlaceFault("\(error)") }
        usleep(pause)
        pause *= 2
      }
    }
  }

  /// Microseconds: the pauses before it come to three seconds.
  private static let longestPause: UInt32 = 3_200_000

  /// Writes to the program's standard input, as it takes it.
  func send(_ bytes: [UInt8]) {
    toWrite += bytes
    writeInput()
  }

  /// Tells the program that nothing more will come.
  func closeInput() {
    if let input { close(input) }
    input = nil
  }

  func send(signal: Int32) { group?.send(signal) }

  /// Waits for something to happen, a twentieth of a second at most.
  ///
  /// - Parameter take: is given each whole line of standard output.
  /// - Returns: whether the program has written anything.
  func wait(seconds: Double, _ take: (ArraySlice<UInt8>) -> Void) -> Bool {
    let milliseconds = Int32(max(0, min(seconds, Self.longestWait)) * 1000)
    if output == nil, errors == nil {
      // Both streams are closed and the program lives: nothing tells of its end.
      usleep(UInt32(milliseconds) * 1000 / 5)
    } else {
      Spawning.wait(reading: [output, errors], writing: toWrite.isEmpty ? nil : input, milliseconds: milliseconds)
    }
    if !toWrite.isEmpty { writeInput() }
    let hasErrors = readErrors()
    let hasOutput = readOutput(take)
    if exit == nil { exit = Spawning.reap(process) }
    return hasErrors || hasOutput
  }

  private static let longestWait = 0.05

  /// Reads what there is without waiting, up to a pipe's content, and looks whether the program still runs.
  func drain(_ take: (ArraySlice<UInt8>) -> Void) {
    var reads = 0
    while reads < 32, readErrors() || readOutput(take) { reads += 1 }
    if exit == nil { exit = Spawning.reap(process) }
  }

  /// Ends the program and all that it has started, and takes its last words.
  ///
  /// - Returns: false where something of it could not be killed.
  func end(_ take: (ArraySlice<UInt8>) -> Void) -> Bool {
    closeInput()
    let isGone = group.take()?.end() ?? true
    // Whoever wrote is dead: what is in the pipes is all.
    drain(take)
    lines.finish(take)
    if let takeErrorLine { errorLines.finish(takeErrorLine) }
    for end in [output, errors] { if let end { close(end) } }
    (output, errors) = (nil, nil)
    log.close()
    return isGone
  }

  private func writeInput() {
    guard let input, !toWrite.isEmpty else { return }
    switch Spawning.write(toWrite, to: input) {
    case .bytes(let count): toWrite = toWrite.dropFirst(count)
    case .nothing: break
    case .ended:
      isDeaf = true
      toWrite = []
    }
  }

  private func readErrors() -> Bool {
    guard let bytes = read(&errors) else { return false }
    log.append(bytes)
    if let takeErrorLine { errorLines.append(bytes, takeErrorLine) }
    return true
  }

  private func readOutput(_ take: (ArraySlice<UInt8>) -> Void) -> Bool {
    guard let bytes = read(&output) else { return false }
    lines.append(bytes, take)
    return true
  }

  /// What a stream has at this moment, a buffer's worth at most; closes it at its end.
  private func read(_ stream: inout Int32?) -> ArraySlice<UInt8>? {
    guard let file = stream else { return nil }
    switch Spawning.read(file, into: &buffer) {
    case .bytes(let count): return buffer[..<count]
    case .nothing: return nil
    case .ended:
      close(file)
      stream = nil
      return nil
    }
  }
}
