import Files
import Journal
import Reporting
import Search
import Simulation
import StudyFile
import TestSupport
import Text
import TuningTypes

/// A unit of resource takes a second; the lower the trial, the better.
struct SteadyTrainer: SimulatedTrainer {
  var secondsPerResource = 1.0

  func simulate(_ job: Job) -> SimulatedTraining {
    SimulatedTraining(
      report: TrainingReport(loss: Double(job.trial.rawValue) + 1 / Double(job.resource.rawValue)),
      seconds: secondsPerResource * Double(job.resource.rawValue - job.resumeResource.rawValue))
  }
}

/// Losses and times by luck: a function of the job's seed. Some times are equal, some losses are no numbers.
struct LuckyTrainer: SimulatedTrainer {
  func simulate(_ job: Job) -> SimulatedTraining {
    let luck = job.seed >> 11 ^ UInt64(job.resource.rawValue) &* 0x9E37_79B9
    let units = Double(job.resource.rawValue - job.resumeResource.rawValue)
    return SimulatedTraining(
      report: TrainingReport(loss: luck % 17 == 0 ? .nan : Double(luck % 1000)),
      seconds: units * Double(1 + luck % 5) / 2)
  }
}

func makeStudy(
  _ scheduler: String, budget: String, seed: Int = 1, extra: String = "",
  space: String = "x: {type: float, min: 0, max: 1}"
) throws -> Study {
  try Study(
    yaml: """
      seed: \(seed)
      search_space: {\(space)}
      scheduler: {\(scheduler)}
      budget: {\(budget)}
      trainer: {kind: none}
      \(extra)
      """, source: "study.yaml", directory: "/")
}

/// Simulates a study, and gives its journal besides.
func simulateWithJournal(_ study: Study, _ trainer: any SimulatedTrainer, _ cluster: SimulatedCluster) throws
  -> (outcome: SimulationOutcome, journal: [UInt8])
{
  let folder = try TemporaryFolder()
  let path = folder.path + "/journal.jsonl"
  let outcome = try simulate(study, trainer, cluster, journal: path)
  return (outcome, try Disk.read(path) ?? [])
}

func simulate(_ study: Study, _ trainer: any SimulatedTrainer, _ cluster: SimulatedCluster) throws -> SimulationOutcome
{
  try Simulation(study.plan, trainer: trainer, cluster: cluster).run()
}

/// Simulates a study, and writes its journal.
func simulate(_ study: Study, _ trainer: any SimulatedTrainer, _ cluster: SimulatedCluster, journal path: String) throws
  -> SimulationOutcome
{
  var journal = try Journal(creating: path)
  try journal.append(
    header: study.journalHeader(
      started: "1970-01-01T00:00:00Z", workers: cluster.workers, simulatedOn: cluster.json))
  let outcome = try Simulation(study.plan, trainer: trainer, cluster: cluster) { try journal.append($0) }.run()
  try journal.synchronize()
  return outcome
}

/// The results of a journal.
func results(in journal: [UInt8]) throws -> [SearchRecord.Result] {
  try events(in: journal).compactMap { if case .result(let result) = $0 { result } else { nil } }
}

func events(in journal: [UInt8]) throws -> [SearchRecord] {
  try journal.split(separator: UInt8(ascii: "\n")).compactMap { SearchRecord(json: try JSONValue(parsing: Array($0))) }
}
