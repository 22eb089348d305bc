package import ArgumentParser
internal import SuccessiveHalving

package struct AskCommand: StudyCommand {
  package static let configuration = CommandConfiguration(
    commandName: "ask", abstract: "Ask a study for one job, for a launcher of your own; see tell.",
    discussion: """
      Prints one line of JSON: the job, with its configuration, the resource to train to and the folder for its trial's \
      checkpoint, or {"finished":true}. Exit code 75 and nothing printed: no job before one of those that are out is told \
      of; ask again later. Many may ask and tell at once, on many machines that share the folder.

        ash-mpi ask study.yaml -o DIR    begin the study where DIR has none; ask
        ash-mpi ask DIR                  ask
        ash-mpi tell DIR --job 17 --loss 0.31
      """)

  @Argument(help: "The study's folder; with -o, the study file.")
  var study: String

  @Option(name: .shortAndLong, help: "The folder in which the study is begun, or has been.")
  var output: String?

  @Option(help: "Of a new study: how many jobs may be out at once.")
  var workers: Int = 1000

  @Option(
    help: ArgumentHelp(
      "Jobs of which nothing was told for longer than this count as failed, and go out again: 2h.", valueName: "time"))
  var retryAfter: TimeLimit?

  @OptionGroup var lock: LockOption

  package init() {}

  package func validate() throws {
    guard (1...1_000_000).contains(workers) else {
      throw ValidationError("--workers is \(workers); give a number from 1 to 1000000.")
    }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let request = StudyRequest(
      path: output == nil ? nil : study, output: output ?? study, overridesLock: lock.overrideLock)
    let answer = try AskedStudy.open(request, workers: workers) { try $0.ask(retryAfter: retryAfter?.seconds) }
    if case .wait(let jobsOut) = answer {
      Console.complain("no job now: \(jobsOut) out. Tell of one, or ask again later")
      return .stoppedEarly
    }
    return answer.print(folder: request.output ?? study)
  }
}

package struct TellCommand: StudyCommand {
  /// "stopping, median and curve".
  private static var stoppingTypes: String {
    let names = SchedulerAlgorithm.allCases.filter(\.isStoppingType).map(\.name)
    return names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
  }

  package static let configuration = CommandConfiguration(
    commandName: "tell", abstract: "Tell a study how a job has ended that was asked for; see ask.",
    discussion: """
      Prints nothing, but with the study's last job, when summary.json and results.csv are written too, what was found; \
      and with the schedulers \(stoppingTypes), where the trial is to run on, its next job as ask would.

        ash-mpi tell DIR --job 17 --loss 0.31 --metric accuracy=0.9
        ash-mpi tell DIR --job 17 --loss 0.4 --progress 3      it trains on, and has reached 3: prints {"stop":false} or true
        ash-mpi tell DIR --job 17 --failed 'out of memory'     it is tried again
        ash-mpi tell DIR --job 17 --invalid 'kernel > image'   another replaces it
      """)

  @Argument(help: "The study's folder.")
  var folder: String

  @Option(help: "The job's number.")
  var job: Int

  @Option(parsing: .unconditional, help: "The validation loss; nan says that training diverged.")
  var loss: Double?

  @Option(
    name: .customLong("metric"),
    help: ArgumentHelp("Another metric, such as the study's objective.", valueName: "name=value"))
  var metrics: [MetricValue] = []

  @Option(help: "Which attempt of the job this is, as its line says: an attempt that was given up is refused then.")
  var attempt: Int?

  @Option(
    help: ArgumentHelp(
      "The job trains on, and has reached so much; tells whether it is to stop. A job that is has its result by it.",
      valueName: "resource"))
  var progress: Double?

  @Option(parsing: .unconditional, help: ArgumentHelp("Something broke: why.", valueName: "reason"))
  var failed: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("The configuration makes no sense: why.", valueName: "reason"))
  var invalid: String?

  @OptionGroup var lock: LockOption

  package init() {}

  package func validate() throws {
    let hasResult = loss != nil || !metrics.isEmpty
    guard [hasResult, failed != nil, invalid != nil].count(where: { $0 }) == 1 else {
      throw ValidationError("Tell one of: a result (--loss, --metric), --failed, --invalid.")
    }
    guard progress == nil || hasResult else {
      throw ValidationError("--progress goes with the loss at this moment: --loss X, or --metric NAME=X.")
    }
  }

  package func run(of program: TuningProgram) throws -> ExitStatus {
    let request = StudyRequest(path: nil, output: folder, overridesLock: lock.overrideLock)
    let reply = try AskedStudy.open(request) { study throws -> AskedStudy.Reply? in
      if study.isFinished {
        Console.complain("the study is over; what is told of job \(job) does not count any more")
        if progress != nil { Console.write("{\"stop\":true}\n") }
        return nil
      }
      if let attempt { try study.expect(JobID(job), isAttempt: attempt) }
      if let failed { return try study.tell(JobID(job), .failed, reason: failed) }
      if let invalid { return try study.tell(JobID(job), .invalid, reason: invalid) }
      try expectObjective(study.objective)
      let metrics = metrics.map { TrainingReport.Metric($0.name, $0.value) }
      if let progress {
        let report = TrainingReport(loss: loss ?? .nan, metrics: metrics)
        let (isStopped, summary) = try study.report(JobID(job), at: progress, report)
        Console.write("{\"stop\":\(isStopped)}\n")
        return AskedStudy.Reply(next: nil, summary: summary)
      }
      return try study.tell(JobID(job), TrainingReport(loss: loss ?? .nan, metrics: metrics))
    }
    let status = reply?.next?.print(folder: folder) ?? .success
    if let summary = reply?.summary {
      let place = StudyFolder(path: try Paths.absolute(folder))
      let page = Disk.exists(place.report) ? place.report : nil
      let text = ClosingReport(summary, folder: place.path, resourceUnit: "units", page: page).text
      // Whoever tells of progress reads what stands on standard output.
      if progress == nil { Console.write(text) } else { Console.writeError(text) }
    }
    return status
  }

  /// A result without the study's objective would count as a failure, or as training that has diverged.
  private func expectObjective(_ objective: Objective) throws {
    if metrics.contains(where: { $0.name == objective.metric }) || loss != nil && objective.isLoss { return }
    let told = (loss == nil ? [] : ["loss"]) + metrics.map(\.name)
    throw ValidationError(
      "The study goes by '\(objective.metric)', and only \(told.joined(separator: ", ")) was told: give "
        + (objective.isLoss ? "--loss X." : "--metric \(objective.metric)=X."))
  }
}

/// A metric on the command line.
struct MetricValue: ExpressibleByArgument {
  let name: String
  let value: Double

  init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="), sign != argument.startIndex,
      let value = Double(argument[argument.index(after: sign)...])
    else { return nil }
    name = String(argument[..<sign])
    self.value = value
  }
}
