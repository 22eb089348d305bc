internal import Files
internal import Foundation
internal import Journal
public import Search
internal import SearchSpace
public import StudyFile
public import Training
public import TuningTypes

/// A trial of a study, trained again from scratch: it has to give the loss that the journal holds, bit for bit.
public struct Reproduction {
  /// What the journal says of the trial's furthest result.
  public let recorded: SearchRecord.Result
  public let configuration: Configuration
  public let study: Study

  /// - Parameters:
  ///   - path: the folder of a study that has been run.
  ///   - trial: nil for the best.
  /// - Throws: `StudyError` and `JournalError` where there is no such study or trial.
  public init(folder path: String, trial: TrialID?) throws {
    let folder = StudyFolder(path: path)
    study = try StudySource(runIn: folder).study()
    let journal = try JournalReader(path: folder.journal)
    guard try !journal.isAsked else {
      throw StudyError(
        source: folder.path,
        problem: "the jobs of this study were trained by others, who were told of them by 'ash-mpi ask'",
        advice: "Train the configuration in best/configuration.json as they do.")
    }
    var configurations: [TrialID: Configuration] = [:]
    var best: SearchRecord.Result?
    try journal.forEach(in: study.plan.space) { event in
      switch event {
      case .dispatch(let job, _, _) where job.rung == 0: configurations[job.trial] = job.configuration
      case .result(let result):
        if let trial {
          if result.trial == trial { best = result }
        } else if result.loss.isFinite, best.map({ result.ranked < $0.ranked }) ?? true {
          best = result
        }
      default: break
      }
    }
    guard let best, let configuration = configurations[best.trial] else {
      throw StudyError(
        source: folder.journal, problem: trial.map { "trial \($0) has no result" } ?? "no trial has a finite loss",
        advice: "Look into results.csv for the trials that have one.")
    }
    recorded = best
    self.configuration = try study.plan.space.validated(configuration)
  }

  /// Trains the trial from scratch to the same resource, alone.
  ///
  /// - Returns: the loss.
  /// - Throws: what the plan and its trainer throw.
  public func train(plan: any TrainerPlan) throws -> Loss {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-\(getpid())")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let trainer = try plan.makeTrainer(sharedData: SharedBytes(try plan.loadSharedData()))
    defer { trainer.finish() }
    let job = Job(
      id: 0, trial: recorded.trial, bracket: recorded.bracket, rung: recorded.rung, resource: recorded.resource,
      resumeResource: 0, attempt: 1, seed: study.plan.trainingSeed(of: recorded.trial), configuration: configuration)
    let context = TrainingContext(
      checkpoint: CheckpointSlot(folder: scratch.path(percentEncoded: false), name: "checkpoint"), worker: 0,
      localWorker: 0)
    let report = try trainer.train(job, in: context)
    return study.plan.objective.loss(of: report) ?? .diverged
  }
}

extension SearchRecord.Result {
  fileprivate var ranked: RankedTrial { RankedTrial(trial: trial, loss: loss) }
}
