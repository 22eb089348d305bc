internal import Files
internal import Tables
internal import Training
internal import TuningTypes

/// Trains models of one family on a table, one job after the other.
struct TableTrainer<Hyperparameters: FamilyHyperparameters>: Trainer {
  typealias Family = Hyperparameters.Family

  let hyperparameters: Hyperparameters
  let data: Family.Material
  /// On how many threads it trains.
  let threads: Int

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    let unit = hyperparameters.unit
    let learner: Family
    do {
      let configuration = try hyperparameters.configuration(of: job.configuration)
      learner =
        try resumed(configuration, job, context) ?? Family(configuration: configuration, data: data, seed: job.seed)
    } catch let error as ConfigurationError {
      throw TrainingFailure.invalid("\(error)")
    }
    do {
      try learner.useThreads(threads)
    } catch let error as SystemError {
      throw PlaceFault("\(error)")
    }
    guard try learner.advance(to: job.resource.rawValue, unit, while: { !context.isInterrupted }) else {
      try context.checkpoint.write(learner.checkpoint())
      throw TrainingFailure.interrupted
    }
    guard !learner.hasDiverged else { return .diverged }
    let evaluation = try learner.evaluate(.validation)
    guard evaluation.loss.isFinite else { return .diverged }
    try context.checkpoint.write(learner.checkpoint())
    return TrainingReport(
      loss: evaluation.loss,
      metrics: [
        .init("validation_loss", evaluation.loss), .init("validation_error", evaluation.error),
        .init("training_loss", try learner.trainingLoss ?? .nan),
      ])
  }

  /// The trial as its checkpoint has it, or nil where it has to begin anew.
  private func resumed(
    _ configuration: Family.Configuration, _ job: Job, _ context: TrainingContext
  ) throws -> Family? {
    guard let bytes = try context.checkpoint.read() else {
      if job.resumeResource > 0 {
        context.warn("trial \(job.trial) has no checkpoint at \(context.checkpoint.path); it is trained from scratch")
      }
      return nil
    }
    do {
      let learner = try Family(configuration: configuration, data: data, seed: job.seed, checkpoint: bytes)
      if !learner.isBeyond(job.resource.rawValue, hyperparameters.unit) { return learner }
      context.warn("trial \(job.trial) is trained from scratch: its checkpoint is further than the job")
      return nil
    } catch {
      context.warn("trial \(job.trial) is trained from scratch: its checkpoint \(context.checkpoint.path): \(error)")
      return nil
    }
  }
}

extension TrainingReport {
  /// Training has left the numbers that a computer has.
  fileprivate static let diverged = TrainingReport(
    loss: .nan,
    metrics: [.init("validation_loss", .nan), .init("validation_error", .nan), .init("training_loss", .nan)])
}
