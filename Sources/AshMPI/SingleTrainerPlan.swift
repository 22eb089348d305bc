internal import Synchronization

/// The plan of a program that has one trainer and nothing to share.
struct SingleTrainerPlan: TrainerPlan {
  let metricNames: [String]?
  let resourceUnit: String
  private let made: Made

  /// Holds the trainer until its worker takes it: a process has one worker at most, and its trainer is made before anything
  /// begins, so that a bad section is found then.
  private final class Made: Sendable {
    private let trainer: Mutex<(any Trainer)?>
    init(_ trainer: sending any Trainer) { self.trainer = Mutex(trainer) }

    func take() -> sending (any Trainer)? {
      trainer.withLock { held in
        let taken = held
        held = nil
        return taken
      }
    }
  }

  private struct AlreadyTaken: Error, CustomStringConvertible {
    let description = "a process has one worker, whose trainer is made already"
  }

  /// - Throws: `StudyError` where the study's objective is no metric of the trainer's.
  init(
    _ study: Study, metricNames: [String]?, resourceUnit: String, trainer: sending any Trainer
  ) throws(StudyError) {
    self.metricNames = metricNames
    self.resourceUnit = resourceUnit
    made = Made(trainer)
    try study.expectObjective(in: metricNames, of: "the trainer")
  }

  func makeTrainer(sharedData: SharedBytes) throws -> sending any Trainer {
    guard let trainer = made.take() else { throw AlreadyTaken() }
    return trainer
  }
}
