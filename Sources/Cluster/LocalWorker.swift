package import Files
package import Journal
internal import Search
internal import SearchSpace
package import StudyFile
package import Training
package import TuningTypes

/// One worker of a study within this process, of as many ranks as the study says, for jobs outside a run.
///
/// It is what a run has, threads in the place of other ranks: the same loop, the same messages.
package struct LocalWorker: ~Copyable {
  /// What came of a job.
  package struct Outcome: Sendable {
    package var result: Result<TrainingReport, TrainingFailure>
    package var seconds: Double
    package var warnings: [String] = []
    /// Where its trainer reported, in units of resource.
    package var progress: [Double] = []
  }

  private var link: GroupedDriverLink<InProcessDriverLink>
  private let wire: WireFormat
  private let ranks: Int
  private let ends = Mailbox<Bool>()

  /// Makes the trainers, and starts a thread for each rank.
  ///
  /// - Parameter rungs: reports at these are always passed on, besides those that the study wants.
  /// - Throws: what the plan throws; `SystemError` where a thread can't be started.
  package init(
    _ study: Study, plan: any TrainerPlan, sharedData: SharedBytes, folder: StudyFolder, rungs: [Resource] = []
  ) throws {
    ranks = study.worker.ranks
    wire = WireFormat(layout: study.plan.space.layout)
    let transport = InProcessTransport(workers: ranks)
    let hosts = Array(repeating: StudyLock.hostName, count: ranks)
    link = GroupedDriverLink(
      base: transport.driverLink, ranks: ranks, members: [(0..<ranks).map { WorkerID($0) }], hosts: [hosts], wire: wire)
    var reports = ReportPolicy(study)
    reports.rungs = Set(reports.rungs + rungs).sorted()
    for number in 0..<ranks {
      let place = WorkerPlace(
        worker: 0, localWorker: 0,
        rank: WorkerRank(number: number, hosts: hosts, nodes: Array(repeating: 0, count: ranks)))
      let worker = try Worker(
        link: transport.workerLink(WorkerID(number)), trainer: try plan.makeTrainer(sharedData: sharedData),
        folder: folder, wire: wire, place: place, reports: reports)
      try SystemThread.start("worker 0.\(number)") { [ends] in
        var worker = worker
        // The in-process link never fails, and this program's own messages are sound.
        do { try worker.run() } catch { fatalError("\(error)") }
        ends.put(true)
      }
    }
  }

  /// Trains a job and waits for its end.
  package mutating func train(_ job: Job) throws -> Outcome {
    var message: [UInt8] = []
    wire.encode(.assign(job), into: &message)
    let began = ContinuousClock.now
    try link.send(message, to: 0)
    var outcome = Outcome(result: .failure(.interrupted), seconds: 0)
    while true {
      guard try link.receive(into: &message) != nil else {
        link.wait()
        continue
      }
      switch try wire.decodeWorkerMessage(message) {
      case .ready, .alive, .meet: continue
      case .warning(let text):
        outcome.warnings.append(text)
        continue
      case .report(_, let resource, _):
        outcome.progress.append(resource)
        continue
      case .result(_, let report, _): outcome.result = .success(report)
      case .failure(_, .invalid, let reason): outcome.result = .failure(.invalid(reason))
      case .failure(_, .failed, let reason): outcome.result = .failure(.failed(reason))
      case .placeFault(_, let fault): throw fault
      case .interrupted: break
      }
      outcome.seconds = Double(elapsed: .now - began)
      return outcome
    }
  }

  /// Ends the trainers, and what they kept going.
  package consuming func finish() {
    var message: [UInt8] = []
    wire.encode(.dismiss, into: &message)
    try? link.send(message, to: 0)
    for _ in 0..<ranks { while ends.take(waiting: 60) == nil {} }
  }
}
