public import TuningTypes

/// Turns a configuration, a resource and a checkpoint into a validation loss.
///
/// A trainer belongs to one worker, which gives it one job at a time, on a thread of its own. It is sent to that thread when it
/// has been made, so that it need not be `Sendable`: a class with state is a trainer.
public protocol Trainer {
  /// Trains one trial up to `job.resource` and evaluates it.
  ///
  /// Training continues from the trial's checkpoint where there is a sound one, and leaves one behind. Continuing gives
  /// bit for bit what training in one go gives.
  ///
  /// - Throws: ``TrainingFailure``; any other error counts as ``TrainingFailure/failed(_:)``.
  func train(_ job: Job, in context: TrainingContext) throws -> TrainingReport

  /// No job comes any more: ends whatever the trainer kept going between jobs. Called once, where ``train(_:in:)`` was.
  func finish()

  /// Training takes microseconds, so that handing it to another thread would cost more than it does.
  var finishesInstantly: Bool { get }
}

extension Trainer {
  public func finish() {}
  public var finishesInstantly: Bool { false }
}
