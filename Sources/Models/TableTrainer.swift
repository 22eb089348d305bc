internal import Networks
internal import Tables
internal import Training
internal import TuningTypes

/// What all jobs of a network study have in common.
struct NetworkTrainerSettings: Sendable {
  /// What a unit of resource is.
  enum Unit: String, Sendable { case epochs, records }

  let fixed: NetworkHyperparameters
  let unit: Unit

  /// The network of one trial.
  ///
  /// - Throws: `ConfigurationError` where its values don't go together.
  func network(for configuration: Configuration) throws(ConfigurationError) -> NetworkConfiguration {
    var hyperparameters = fixed
    for entry in configuration.entries { try hyperparameters.set(entry.name, entry.value) }
    return try hyperparameters.configuration()
  }
}

/// Trains networks, one job after the other.
struct NetworkStudyTrainer: Trainer {
  let settings: NetworkTrainerSettings
  let data: DataSet

  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport {
    let network: NetworkConfiguration
    do {
      network = try settings.network(for: job.configuration)
    } catch {
      throw TrainingFailure.invalid("\(error)")
    }
    let trainer =
      try resumed(network, job, context) ?? NetworkTrainer(configuration: network, data: data, seed: job.seed)
    try train(trainer, to: job.resource.rawValue, context)
    guard !trainer.hasDiverged else { return .diverged }
    let evaluation = trainer.evaluate(data.validation)
    guard evaluation.loss.isFinite else { return .diverged }
    try context.checkpoint.write(trainer.checkpoint())
    return TrainingReport(
      loss: evaluation.loss,
      metrics: [
        .init("validation_loss", evaluation.loss), .init("validation_error", evaluation.error),
        .init("training_loss", trainer.trainingLoss ?? .nan),
      ])
  }

  /// The trial as its checkpoint has it, or nil where it has to begin anew.
  private func resumed(_ network: NetworkConfiguration, _ job: Job, _ context: TrainingContext) throws
    -> NetworkTrainer?
  {
    guard let bytes = try context.checkpoint.read() else {
      if job.resumeResource > 0 {
        context.warn("trial \(job.trial) has no checkpoint at \(context.checkpoint.path); it is trained from scratch")
      }
      return nil
    }
    do {
      let trainer = try NetworkTrainer(configuration: network, data: data, seed: job.seed, checkpoint: bytes)
      if trainer.step <= target(of: trainer, job.resource.rawValue) { return trainer }
      context.warn("trial \(job.trial) is trained from scratch: its checkpoint is further than the job")
      return nil
    } catch {
      context.warn("trial \(job.trial) is trained from scratch: its checkpoint \(context.checkpoint.path): \(error)")
      return nil
    }
  }

  /// Trains on, an epoch at a time, so that an interruption is noticed between two.
  private func train(_ trainer: NetworkTrainer, to resource: Int, _ context: TrainingContext) throws {
    let target = target(of: trainer, resource)
    while trainer.step < target, !trainer.hasDiverged {
      if context.isInterrupted {
        try context.checkpoint.write(trainer.checkpoint())
        throw TrainingFailure.interrupted
      }
      trainer.train(toStep: min(target, (trainer.step / trainer.stepsPerEpoch + 1) * trainer.stepsPerEpoch))
    }
  }

  /// The step at which so much resource has been spent.
  private func target(of trainer: NetworkTrainer, _ resource: Int) -> Int {
    switch settings.unit {
    case .epochs: trainer.step(atEpochs: resource)
    case .records: trainer.step(atRecords: resource)
    }
  }
}

extension TrainingReport {
  /// Training has left the numbers that a computer has.
  fileprivate static let diverged = TrainingReport(
    loss: .nan,
    metrics: [.init("validation_loss", .nan), .init("validation_error", .nan), .init("training_loss", .nan)])
}
