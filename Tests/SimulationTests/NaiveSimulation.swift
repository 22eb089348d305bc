import Search
import Simulation
import StudyFile
import TuningTypes

/// A simulation without stragglers, drops, losses or latency, as simple as can be: of all running jobs, the one that ends
/// first, ties to the one that began first.
func naiveRecords(_ study: Study, _ trainer: any SimulatedTrainer, workers: Int) throws -> [SearchRecord] {
  var tuner = try Tuner(plan: study.plan)
  var records: [SearchRecord] = []
  var running: [(end: Double, worker: WorkerID, job: Job, training: SimulatedTraining)] = []
  var finished = false
  func handle(_ event: Tuner.Event, at time: Double) {
    var actions: [Tuner.Action] = []
    tuner.handle(event, at: time, into: &actions)
    for action in actions {
      if let event = action.searchRecord(at: time) { records.append(event) }
      switch action {
      case .finish: finished = true
      case .dispatch(let job, let worker):
        let training = trainer.simulate(job)
        running.append((time + training.seconds, worker, job, training))
      default: break
      }
    }
  }
  for worker in 0..<workers { handle(.workerReady(WorkerID(worker)), at: 0) }
  while !finished, let end = running.map(\.end).min(), let at = running.firstIndex(where: { $0.end == end }) {
    let (_, worker, job, training) = running.remove(at: at)
    handle(.result(worker, job.id, training.report, seconds: training.seconds), at: end)
  }
  return records
}
