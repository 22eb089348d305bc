internal import ArgumentParser
internal import Foundation

/// The options that `run` and `resume` share.
struct RunConditions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Keep rank 0 free of training (the default from 32 workers up).")
  var dedicatedDriver: Bool?

  @Option(help: "How to show progress: live, lines or none. Without it: live on a terminal, lines elsewhere.")
  var progress: ProgressDisplay.Style?

  @Flag(exclusivity: .exclusive)
  var verbosity: Verbosity?

  @Option(
    help: ArgumentHelp("Stop in good order after so long, to be resumed later: 90s, 30m, 2h.", valueName: "time"))
  var timeLimit: TimeLimit?

  @Option(help: ArgumentHelp("How long before the end of a Slurm job to stop: 90s, 5m.", valueName: "time"))
  var margin: TimeLimit = TimeLimit(seconds: 60)

  @Option(
    help: ArgumentHelp("How long running jobs have to checkpoint when the study stops: 30s, 2m.", valueName: "time"))
  var grace: TimeLimit = TimeLimit(seconds: 30)

  @Option(
    help: ArgumentHelp("Give a worker up that has said nothing for so long, such as 60s; 0s: never.", valueName: "time")
  )
  var workerTimeout: TimeLimit = TimeLimit(seconds: 60)

  @Flag(inversion: .prefixedNo, help: "Write report.html, a page of pictures, at the end.")
  var report = true

  @OptionGroup var lock: LockOption

  /// For benchmarks alone: what the journal costs. Such a study can't be resumed, and has no results.
  @Flag(help: .hidden)
  var withoutJournal = false

  func validate() throws {
    guard verbosity != .quiet || progress == nil || progress == .some(.none) else {
      throw ValidationError("--quiet shows no progress; leave --progress out.")
    }
  }

  /// Runs the study and turns its end into an exit code.
  func run(_ request: StudyRequest, in session: borrowing ClusterSession, of tuningProgram: TuningProgram) throws
    -> ExitStatus
  {
    StopSignals.watch()
    let walltime = Walltime(margin: margin.seconds, environment: ProcessInfo.processInfo.environment)
    var settings = RunSettings(dedicatedDriver: dedicatedDriver, control: control(walltime))
    settings.keepsJournal = !withoutJournal
    var program = StudyProgram(
      request, settings: settings, progress: progress, verbosity: verbosity, logger: tuningProgram.logger)
    program.writesReport = report
    program.walltime = walltime
    guard let summary = try program.run(in: session, plan: tuningProgram.makePlan) else {
      return .success
    }
    guard summary.problem == nil else { return .badStudy }
    return summary.reason.isFinished ? .success : .stoppedEarly
  }

  /// What makes the study stop early: signals, the time limit, the end of the Slurm job.
  private func control(_ walltime: Walltime?) -> StudyControl {
    let began = ContinuousClock.now
    let limit = timeLimit?.seconds
    let timeout = workerTimeout.seconds > 0 ? workerTimeout.seconds : nil
    let timeLeft: @Sendable () -> Double? = {
      let untilLimit = limit.map { $0 - Double(elapsed: ContinuousClock.now - began) }
      let untilEnd = walltime?.left(at: Date().timeIntervalSince1970)
      return [untilLimit, untilEnd].compactMap { $0 }.min()
    }
    var control = StudyControl(grace: grace.seconds, workerTimeout: timeout) {
      switch StopSignals.count {
      case 0: break
      case 1: return .stop(.signal)
      default: return .stopNow
      }
      return timeLeft().map { $0 <= 0 } == true ? .stop(.walltime) : nil
    }
    control.timeLeft = timeLeft
    return control
  }
}

/// What the commands share that need a study's folder for themselves.
struct LockOption: ParsableArguments {
  @Flag(help: "Take the folder even if another run seems to have locked it: that run is dead.")
  var overrideLock = false
}

/// A length of time on the command line.
struct TimeLimit: ExpressibleByArgument {
  let seconds: Double

  init(seconds: Double) { self.seconds = seconds }

  init?(argument: String) {
    guard let seconds = TimeSpan(text: argument)?.seconds, seconds >= 0 else { return nil }
    self.seconds = seconds
  }

  var defaultValueDescription: String { "\(Int(seconds))s" }
}
