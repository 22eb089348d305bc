internal import Glibc
internal import StudyFile
internal import Training

/// Whether a trainer whose losses and times are made up, or looked up, takes that time when it runs for real: the keys
/// `sleep` and `time_scale`.
struct SimulatedTime: Sendable {
  static let keys = ["sleep", "time_scale"]

  /// Seconds that pass for each second that training is said to take.
  let scale: Double

  init(section: StudySection, sleepsByDefault: Bool) throws(StudyError) {
    let sleeps = try section.flag("sleep") ?? sleepsByDefault
    let scale = try section.number("time_scale") ?? 1
    guard (0...1_000_000).contains(scale) else {
      throw section.error(
        "time_scale", "is \(scale)", "Give a number from 0 to 1000000; 0.01 is a hundred times as fast.")
    }
    self.scale = sleeps ? scale : 0
  }

  /// Takes the time that training would, in slices, so that an interruption is noticed.
  func pass(_ seconds: Double, in context: TrainingContext) throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds * scale)
    while true {
      let left = end - clock.now
      if left <= .zero { return }
      if context.isInterrupted { throw TrainingFailure.interrupted }
      usleep(UInt32(min(left, .milliseconds(50)) / .microseconds(1)))
    }
  }
}
