internal import Cluster
internal import Foundation
public import StudyFile
public import Training
public import TuningTypes

/// A trial of a study, trained again from scratch: it has to give the loss that the journal holds, bit for bit.
public struct Reproduction {
  /// What the journal says of the trial's furthest result.
  public let recorded: Result
  public let configuration: Configuration
  public let study: Study

  /// What a trial came to.
  public struct Result: Hashable, Sendable {
    public let trial: TrialID
    public let bracket: BracketIndex
    public let rung: RungIndex
    public let resource: Resource
    public let loss: Loss
  }

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
    let history = try StudyHistory(journal, in: study.plan.space, keeping: .configurations)
    let result: Result? =
      if let trial {
        history.trial(trial).flatMap { history.jobsBackwards(of: $0).first { $0.status == .completed } }.map {
          Result(trial: $0.trial, bracket: $0.key.bracket, rung: $0.rung, resource: $0.resource, loss: $0.loss)
        }
      } else {
        history.best.map {
          Result(trial: $0.trial, bracket: $0.bracket, rung: $0.rung, resource: $0.resource, loss: $0.loss)
        }
      }
    guard let result, let configuration = history.configuration(of: result.trial) else {
      throw StudyError(
        source: folder.journal, problem: trial.map { "trial \($0) has no result" } ?? "no trial has a finite loss",
        advice: "Look into results.csv for the trials that have one.")
    }
    recorded = result
    self.configuration = try study.plan.space.validated(configuration)
  }

  /// Trains the trial from scratch to the same resource, alone.
  ///
  /// - Returns: the loss.
  /// - Throws: what the plan and its trainer throw.
  public func train(plan: any TrainerPlan) throws -> Loss {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "ash-mpi-\(getpid())")
    defer { try? FileManager.default.removeItem(at: scratch) }
    try Disk.makeFolder(scratch.path(percentEncoded: false))
    var worker = try LocalWorker(
      study, plan: plan, sharedData: SharedBytes(try plan.loadSharedData()),
      folder: StudyFolder(path: scratch.path(percentEncoded: false)))
    let job = Job(
      id: 0, trial: recorded.trial, bracket: recorded.bracket, rung: recorded.rung, resource: recorded.resource,
      resumeResource: 0, attempt: 1, seed: study.plan.trainingSeed(of: recorded.trial), configuration: configuration)
    let outcome = try worker.train(job)
    worker.finish()
    let report = try outcome.result.get()
    return study.plan.objective.loss(of: report) ?? .diverged
  }
}
