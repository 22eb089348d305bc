import Search
import StudyFile
import TuningTypes

let flowersStudy = """
  name: flowers
  seed: 7
  search_space:
    learning_rate: {type: float, min: 0.125, max: 0.1250001}
    optimizer: {type: categorical, values: [adam]}
    units: {type: int, min: 64, max: 64}
  scheduler: {reduction_factor: 2, max_resource: 4}
  budget: {configurations: 8}
  retries: 0
  trainer: {kind: none}
  """

/// A tuner after a study on one worker. Trial 5 fails; the others' losses fall with the resource.
func finishedTuner(_ yaml: String = flowersStudy, set overrides: [String] = [], jobs limit: Int = .max) throws -> Tuner
{
  let study = try Study(yaml: yaml, source: "study.yaml", directory: "/", overrides: overrides)
  var tuner = try Tuner(plan: study.plan)
  var event: Tuner.Event? = .workerReady(0)
  var jobs = 0
  while let next = event {
    var actions: [Tuner.Action] = []
    tuner.handle(next, at: Double(jobs), into: &actions)
    event = nil
    guard jobs < limit else { break }
    for case .dispatch(let job, let worker) in actions {
      jobs += 1
      let loss = Double((job.trial.rawValue * 5 + 3) % 8) / 8 + 1 / Double(job.resource.rawValue)
      event =
        job.trial == 5
        ? .failure(worker, job.id, .failed, reason: "out of luck")
        : .result(worker, job.id, TrainingReport(loss: loss, metrics: [.init("error", loss / 10)]), seconds: 0.5)
    }
  }
  return tuner
}
