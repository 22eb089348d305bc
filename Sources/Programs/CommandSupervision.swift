internal import Glibc
internal import Training

/// How it came that a job's program is not waited for any more.
enum CommandEnding: Hashable {
  /// It has given the answer that was waited for.
  case answered
  case exited(ProgramExit)
  /// It was asked to end and has not.
  case ignoredTheEnd
}

/// Waits for one job of a program, with all that can go wrong meanwhile.
struct CommandSupervision {
  /// Why the program was asked to end, if it was.
  enum Request: Hashable {
    case interruption
    /// The worker's first rank has ended the job.
    case conclusion
    /// Another of the worker's ranks has failed.
    case abandonment
    case failure(String)
  }

  private(set) var request: Request?

  /// Whether the program was asked to end by no fault of its own.
  var wasStopped: Bool {
    switch request {
    case .interruption, .conclusion, .abandonment: true
    case .failure, nil: false
    }
  }

  /// Waits until the program answers, exits, or ignores for too long that it should.
  ///
  /// - Parameters:
  ///   - interruption: the line that tells the program to stop its job, where it reads such lines; a signal follows where it does
  ///     not do so in half of the time that it has.
  ///   - take: is given each line of standard output; true where it is the answer that is waited for.
  mutating func wait(
    for run: ProgramRun, limits: CommandLimits, demand: () -> JobDemand, interruption: () -> [UInt8]? = { nil },
    _ take: (ArraySlice<UInt8>) -> Bool
  ) -> CommandEnding {
    let began = Spawning.seconds()
    var lastSign = began
    var deadline: Double?
    var signalTime: Double?
    var isAnswered = false
    while true {
      let limit =
        signalTime ?? deadline ?? min(began + (limits.job ?? .infinity), lastSign + (limits.silence ?? .infinity))
      let hasWritten = run.wait(seconds: limit - Spawning.seconds()) { line in
        if take(line) { isAnswered = true }
      }
      if isAnswered { return .answered }
      if let exit = run.exit { return .exited(exit) }
      let now = Spawning.seconds()
      if hasWritten { lastSign = now }
      if let limit = deadline {
        if request != .abandonment, demand() == .abandonment {
          run.send(signal: SIGTERM)
          (request, signalTime) = (.abandonment, nil)
          deadline = min(limit, now + limits.grace)
          continue
        }
        if let time = signalTime, now >= time {
          run.send(signal: SIGTERM)
          signalTime = nil
        }
        if now >= limit { return .ignoredTheEnd }
        continue
      }
      request = wish(for: run, limits, now: now, began: began, lastSign: lastSign, demand())
      guard request != nil else { continue }
      if request == .interruption, let line = interruption() {
        run.send(line)
        signalTime = now + limits.grace / 2
      } else if request == .conclusion {
        // It may be about to end by itself.
        signalTime = now + limits.grace / 2
      } else {
        run.send(signal: SIGTERM)
      }
      deadline = now + limits.grace
    }
  }

  private func wish(
    for run: ProgramRun, _ limits: CommandLimits, now: Double, began: Double, lastSign: Double, _ demand: JobDemand
  ) -> Request? {
    switch demand {
    case .none: break
    case .interruption: return .interruption
    case .conclusion: return .conclusion
    case .abandonment: return .abandonment
    }
    if let limit = limits.job, now >= began + limit { return .failure("it took longer than \(Self.text(limit))") }
    if let limit = limits.silence, now >= lastSign + limit {
      return .failure(
        "nothing was heard of it for \(Self.text(limit)) (silence_timeout; a program that keeps back what it prints into a pipe is "
          + "silent, too: let it flush)")
    }
    if run.isDeaf { return .failure("it has closed its standard input") }
    return nil
  }

  private static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}
