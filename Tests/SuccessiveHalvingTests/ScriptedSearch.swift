import SuccessiveHalving
import TuningTypes

/// A whole search by script: losses follow from trial and rung, workers take turns, and what comes out is the order
/// of the jobs.
enum ScriptedSearch {
  /// Runs `scheduler` until nobody gets a job and none is in flight.
  ///
  /// Every free worker asks, in turn; then the job that has been in flight longest completes.
  /// - Returns: the jobs in the order in which they were given out, as "trial:rung".
  static func run(
    _ scheduler: inout some TrialScheduler, workers: Int, configurations: Int,
    loss: (_ trial: Int, _ rung: Int) -> Double
  ) -> [String] {
    var jobs: [String] = []
    var inFlight: [Assignment] = []
    while true {
      while inFlight.count < workers, let job = scheduler.nextJob(canStart: scheduler.startedCount < configurations) {
        jobs.append("\(job.trial):\(job.rung)")
        inFlight.append(job)
      }
      scheduler.checkInvariants()
      if inFlight.isEmpty { return jobs }
      let done = inFlight.removeFirst()
      scheduler.complete(done.trial, rung: done.rung, loss: Loss(loss(done.trial.rawValue, done.rung.rawValue)))
    }
  }

  /// The same with events one by one: "?" asks, "? 3:0" asks and expects that job, "? wait" expects none, "?! 3:1"
  /// asks when nothing new can start, "& 3:1" asks whether trial 3 runs on, to rung 1, "& 3 no" expects that it does not,
  /// "3:0=0.5" completes a job, "x 3:0" says that the trial is invalid.
  /// - Returns: the first line that did not come out as it says, with what came instead; nil if all did.
  static func play(_ script: String, on scheduler: inout some TrialScheduler) -> String? {
    for line in script.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[0] == "?" || words[0] == "?!" {
        let job = scheduler.nextJob(canStart: words[0] == "?")
        let answer = job.map { "\($0.trial):\($0.rung)" } ?? "wait"
        if words.count > 1, answer != words[1] { return "\(line): \(answer)" }
      } else if words[0] == "&" {
        guard let trial = words[1].split(separator: ":").first.flatMap({ Int($0) }) else { return "\(line): no trial" }
        let answer = scheduler.continueTrial(TrialID(trial)).map { "\($0.trial):\($0.rung)" } ?? "no"
        if answer != words[words.count - 1] { return "\(line): \(answer)" }
      } else if words[0] == "x" {
        guard let (trial, _) = job(words[1]) else { return "\(line): no job" }
        scheduler.erase(trial)
      } else {
        let sides = line.split(separator: "=")
        guard sides.count == 2, let (trial, rung) = job(sides[0]), let loss = Double(sides[1]) else {
          return "\(line): not understood"
        }
        scheduler.complete(trial, rung: rung, loss: Loss(loss))
      }
      scheduler.checkInvariants()
    }
    return nil
  }

  private static func job(_ text: Substring) -> (TrialID, RungIndex)? {
    let numbers = text.split(separator: ":").compactMap { Int($0) }
    return numbers.count == 2 ? (TrialID(numbers[0]), RungIndex(numbers[1])) : nil
  }
}
