internal import Foundation
internal import Search
internal import Simulation
internal import Synchronization

/// One configuration of a study, trained here and now by the study's own trainer: what `validate --try` shows.
///
/// It trains to the lowest rung and, where that leaves a checkpoint, goes on to the next. So a person learns in seconds what a study
/// would tell in hours: whether the trainer starts, reports the objective and goes on from its checkpoint, and how long all of it
/// takes.
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
  }

  let configuration: Configuration
  private(set) var stages: [Stage] = []
  private(set) var warnings: [String] = []
  /// The most memory that a process had, in bytes.
  let peakMemory: Int

  /// - Throws: `StudyError` with the reason where a job fails; its folder is left for a look then.
  init(_ study: Study, plan: any TrainerPlan, sharedData: SharedBytes) throws {
    let search = study.plan
    var sampler = try search.makeSampler()
    guard let configuration = search.startWith.first ?? sampler.suggest(0) else {
      throw StudyError(
        source: study.document.source, problem: "there is no configuration to try", advice: "Widen the search space.")
    }
    self.configuration = configuration
    let folder =
      FileManager.default.temporaryDirectory.path + "/ash-mpi-try-\(ProcessInfo.processInfo.processIdentifier)"
    try Disk.makeFolder(folder)
    let trainer = try plan.makeTrainer(sharedData: sharedData)
    let told = Mutex<(warnings: [String], progress: [Double])>(([], []))
    let slot = CheckpointSlot(folder: "\(folder)/checkpoints", name: "0")
    let rungs = search.scheduler.ladder.resources
    var resumed: Resource = 0
    for (rung, resource) in rungs.prefix(2).enumerated() {
      let job = Job(
        id: JobID(rung), trial: 0, bracket: 0, rung: RungIndex(rung), resource: resource, resumeResource: resumed,
        attempt: 1, seed: search.trainingSeed(of: 0), configuration: configuration)
      let context = TrainingContext(
        checkpoint: slot, worker: 0, localWorker: 0, logPath: "\(folder)/rung-\(rung).log",
        warn: { text in told.withLock { $0.warnings.append(text) } },
        progress: { resource, _ in told.withLock { $0.progress.append(resource) } })
      let began = ContinuousClock.now
      do {
        let report = try trainer.train(job, in: context)
        guard search.objective.loss(of: report) != nil else {
          let names = (["loss"] + report.metrics.map(\.name)).joined(separator: ", ")
          throw TrainingFailure.failed(
            "it reports no \(search.objective.metric), which is the study's objective; only: \(names)")
        }
        var size = TreeSize()
        Disk.measure(slot.path, below: folder, into: &size)
        stages.append(
          Stage(
            resumeResource: resumed, resource: resource, seconds: Double(elapsed: ContinuousClock.now - began),
            report: report,
            progress: told.withLock { told in
              defer { told.progress = [] }
              return told.progress
            }, checkpointSize: size.bytes))
      } catch {
        trainer.finish()
        let reason =
          switch error as? TrainingFailure {
          case .failed(let why), .invalid(let why): why
          case .interrupted: "it stopped without being asked"
          case nil: "\(error)"
          }
        throw StudyError(
          source: study.document.source, key: "trainer",
          problem:
            "trained to \(Wording.resource(resource, plan.resourceUnit)), the first configuration (\(configuration)) fails: \(reason.visible)",
          advice: "Its files are in \(folder).")
      }
      guard let last = stages.last, last.checkpointSize > 0 else { break }
      resumed = resource
    }
    trainer.finish()
    warnings = told.withLock { $0.warnings }
    // Where other programs train, theirs is what counts.
    peakMemory = PeakMemory.ofEndedChildren > 0 ? PeakMemory.ofEndedChildren : PeakMemory.ofThisProcess
    try? Disk.removeTree(folder)
  }

  /// Seconds for a unit of resource: from the difference between two jobs, so that what starting takes is left out.
  var secondsPerUnit: Double {
    let first = stages[0]
    let units = { (stage: Stage) in Double(stage.resource.rawValue - stage.resumeResource.rawValue) }
    if let second = stages.dropFirst().first {
      let difference = units(second) - units(first)
      if difference > 0, second.seconds > first.seconds { return (second.seconds - first.seconds) / difference }
    }
    return first.seconds / units(first)
  }

  /// Seconds that a job takes besides its training.
  var secondsPerJob: Double {
    let first = stages[0]
    return max(0, first.seconds - secondsPerUnit * Double(first.resource.rawValue - first.resumeResource.rawValue))
  }

  /// What a person reads.
  func text(objective: Objective, resourceUnit: String, isStoppingType: Bool) -> String {
    var lines = ["", "Tried: \(configuration)"]
    for stage in stages {
      let value = objective.loss(of: stage.report).map { Wording.short(objective.value(of: $0)) } ?? "none"
      let from = stage.resumeResource > 0 ? "from \(stage.resumeResource) " : ""
      lines.append(
        "  \(from)to \(Wording.resource(stage.resource, resourceUnit)): \(objective.metric) \(value), after \(Wording.duration(stage.seconds))"
      )
    }
    lines.append(
      "  a unit takes about \(Self.time(secondsPerUnit)), a job \(Self.time(secondsPerJob)) besides; "
        + "\(Wording.bytes(peakMemory)) of memory at most")
    let names = stages[0].report.metrics.map(\.name)
    if !names.isEmpty { lines.append("  reports: \(names.joined(separator: ", ").visible)") }
    lines.append("  " + checkpoints)
    let reports = stages.contains { !$0.progress.isEmpty }
    lines.append(
      reports
        ? "  reports while it trains\(isStoppingType ? ": trials are stopped as they lose" : "")"
        : "  reports nothing while it trains\(isStoppingType ? ": each rung is a job of its own" : "")")
    return (lines + warnings.map { "  warning: \($0.visible)" }).joined(separator: "\n") + "\n"
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 1 ? "\(Wording.short(seconds * 1000)) ms" : Wording.duration(seconds)
  }

  private var checkpoints: String {
    guard stages[0].checkpointSize > 0 else {
      return "leaves no checkpoint: a promoted trial is trained from the start"
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
