internal import Cluster
internal import Foundation
internal import Journal
internal import Search
internal import Simulation

/// One configuration of a study, trained here and now by the study's own trainer: what `validate --try` shows.
///
/// It trains to the lowest rung and then to the next, from its checkpoint where there is one and from the start where there is none.
/// So a person learns in seconds what a study would tell in hours: whether the trainer starts, reports the objective and goes on from
/// its checkpoint, and how long all of it takes.
struct Tryout {
  /// One job of it.
  struct Stage {
    var resumeResource: Resource
    var resource: Resource
    var seconds: Double
    var report: TrainingReport
    /// What was reported on the way.
    var progress: [Double]
    /// Bytes of the checkpoint that it left; 0 where it left none.
    var checkpointSize: Int

    var job: MeasuredPace.Job {
      MeasuredPace.Job(units: Double(resource.rawValue - resumeResource.rawValue), seconds: seconds)
    }
  }

  let configuration: Configuration
  private(set) var stages: [Stage] = []
  private(set) var warnings: [String] = []
  /// The most memory that a process had, in bytes.
  let peakMemory: Int
  private let startsWithEachJob: Bool

  /// - Parameter tell: is told what is about to be trained, and where its files are.
  /// - Throws: `StudyError` with the reason where a job fails; its folder is left for a look then.
  init(_ study: Study, plan: any TrainerPlan, sharedData: SharedBytes, tell: (String) -> Void) throws {
    let search = study.plan
    var sampler = try search.makeSampler()
    guard let configuration = search.startWith.first ?? sampler.suggest(0) else {
      throw StudyError(
        source: study.document.source, problem: "there is no configuration to try", advice: "Widen the search space.")
    }
    self.configuration = configuration
    startsWithEachJob = plan.startsWithEachJob
    let folder = StudyFolder(
      path: FileManager.default.temporaryDirectory.path
        + "/ash-mpi-try-\(ProcessInfo.processInfo.processIdentifier)")
    try Disk.makeFolder(folder.path)
    let rungs = search.scheduler.ladder.resources
    func fault(_ reason: String, in job: Job) -> StudyError {
      StudyError(
        source: study.document.source, key: "trainer",
        problem:
          "trained to \(Wording.resource(job.resource, plan.resourceUnit)), the first configuration (\(job.configuration)) fails: "
          + reason.visible,
        advice: "Its files are in \(folder.path).")
    }
    var worker = try LocalWorker(study, plan: plan, sharedData: sharedData, folder: folder, rungs: rungs)
    var resumed: Resource = 0
    for (rung, resource) in rungs.prefix(2).enumerated() {
      let job = Job(
        id: JobID(rung), trial: 0, bracket: 0, rung: RungIndex(rung), resource: resource, resumeResource: resumed,
        attempt: 1, seed: search.trainingSeed(of: 0), configuration: configuration)
      tell(
        "training the first configuration to \(Wording.resource(resource, plan.resourceUnit)); its files are in "
          + folder.path.shellWord)
      let outcome = try worker.train(job)
      warnings += outcome.warnings
      let report: TrainingReport
      switch outcome.result {
      case .success(let success) where search.objective.loss(of: success) != nil: report = success
      case .success(let other):
        worker.finish()
        let names = (["loss"] + other.metrics.map(\.name)).joined(separator: ", ")
        throw fault("it reports no \(search.objective.metric), which is the study's objective; only: \(names)", in: job)
      case .failure(let failure):
        worker.finish()
        throw fault(failure.reason, in: job)
      }
      if let warning = Self.warning(
        ofReports: report.curve, at: resource, plan.resourceUnit, readsResource: study.trainer.has("resource_pattern"))
      {
        warnings.append(warning)
      }
      var size = TreeSize()
      Disk.measure(folder.checkpoints.slot(for: 0).path, below: folder.path, into: &size)
      stages.append(
        Stage(
          resumeResource: resumed, resource: resource, seconds: outcome.seconds, report: report,
          progress: outcome.progress, checkpointSize: size.bytes))
      if size.bytes > 0 { resumed = resource }
    }
    worker.finish()
    // Where other programs train, theirs is what counts.
    peakMemory = PeakMemory.ofEndedChildren > 0 ? PeakMemory.ofEndedChildren : PeakMemory.ofThisProcess
    try? Disk.removeTree(folder.path)
  }

  /// What is odd about where it reported.
  private static func warning(
    ofReports curve: LearningCurve, at resource: Resource, _ unit: String, readsResource: Bool
  ) -> String? {
    guard let last = curve.points.last?.resource else { return nil }
    let (place, goal) = (Wording.short(last), Wording.resource(resource, unit))
    if last > Double(resource.rawValue) {
      return "trained to \(goal), it reported at \(place): "
        + (readsResource
          ? "what the resource_pattern finds is no number of \(unit)"
          : "each match of a loss_pattern counts as one of the \(unit), so that it must match no other loss, and once for each")
    }
    if readsResource, last < Double(resource.rawValue) {
      return
        "trained to \(goal), it reported last at \(place): the resource_pattern must find how many \(unit) are done; some "
        + "programs count from 0"
    }
    return nil
  }

  /// How fast it trains. A ladder of one rung has one job, whose start counts as training.
  var pace: MeasuredPace {
    MeasuredPace(first: stages[0].job, last: stages[stages.count - 1].job, startsWithEachJob: startsWithEachJob)
  }

  /// What a person reads.
  func text(objective: Objective, resourceUnit: String, isStoppingType: Bool) -> String {
    let pace = pace
    var lines = ["", "Tried: \(configuration)"]
    for stage in stages {
      let value = objective.loss(of: stage.report).map { Wording.short(objective.value(of: $0)) } ?? "none"
      let from = stage.resumeResource > 0 ? "from \(stage.resumeResource) " : ""
      lines.append(
        "  \(from)to \(Wording.resource(stage.resource, resourceUnit)): \(objective.metric) \(value), after \(Wording.duration(stage.seconds))"
      )
    }
    let start = pace.secondsPerJob > 0 ? ", a job \(Self.time(pace.secondsPerJob)) besides" : ""
    lines.append(
      "  \(Wording.resource(1, resourceUnit)) takes about \(Self.time(pace.secondsPerUnit))\(start); "
        + "\(Wording.bytes(peakMemory)) of memory at most")
    let names = stages[0].report.metrics.map(\.name)
    if !names.isEmpty { lines.append("  reports: \(names.joined(separator: ", ").visible)") }
    let reports = stages.contains { !$0.progress.isEmpty }
    lines.append("  " + checkpoints(arePauses: !(isStoppingType && reports)))
    lines.append(
      reports
        ? "  reports while it trains\(isStoppingType ? ": trials are stopped as they lose" : "")"
        : "  reports nothing while it trains\(isStoppingType ? ": each rung is a job of its own" : "")")
    return (lines + warnings.map { "  warning: \($0.visible)" }).joined(separator: "\n") + "\n"
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 1 ? Wording.milliseconds(seconds) : Wording.duration(seconds)
  }

  /// - Parameter arePauses: whether the scheduler pauses trials.
  private func checkpoints(arePauses: Bool) -> String {
    guard stages[0].checkpointSize > 0 else {
      return "leaves no checkpoint: "
        + (arePauses
          ? "a promoted trial is trained from the start"
          : "no trial is paused, but one that is interrupted is trained from the start")
    }
    let size = Wording.bytes(stages[stages.count - 1].checkpointSize)
    guard stages.count > 1 else { return "leaves a checkpoint of \(size)" }
    let resumed = stages[1].resumeResource
    if let first = stages[1].progress.first, first <= Double(resumed.rawValue) {
      return
        "leaves a checkpoint of \(size), and does not go on from it: its second job reported at \(Wording.short(first)) again"
    }
    return stages[1].progress.isEmpty
      ? "leaves a checkpoint of \(size)" : "leaves a checkpoint of \(size), and goes on from it"
  }
}

extension TrainingFailure {
  fileprivate var reason: String {
    switch self {
    case .failed(let why), .invalid(let why): why
    case .interrupted: "it stopped without being asked"
    }
  }
}
